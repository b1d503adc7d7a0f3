"""The state portal: doctors have a SNILS, by which it knows them, and its sessions are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("doctors", sa.Column("snils", sa.String(11)))
    op.create_table(
        "portal_sessions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("patient_id", Id, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("contact", sa.String(16)),
        sa.Column("email", sa.String()),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="portal_sessions_pkey"),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name="portal_sessions_patient_id_fkey"),
    )
    op.create_index("portal_sessions_until", "portal_sessions", ["until"])


def downgrade() -> None:
    op.drop_index("portal_sessions_until", "portal_sessions")
    op.drop_table("portal_sessions")
    op.drop_column("doctors", "snils")
