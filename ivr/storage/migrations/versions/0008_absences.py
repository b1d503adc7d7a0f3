"""Why a doctor is absent, as whoever noted it wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("absences") as absences:
        absences.add_column(sa.Column("reason", sa.String()))


def downgrade() -> None:
    with op.batch_alter_table("absences") as absences:
        absences.drop_column("reason")
