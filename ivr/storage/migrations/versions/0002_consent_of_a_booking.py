"""A consent is given for one visit: who books for another must not speak for all visits of that patient."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("consents") as consents:
        consents.add_column(sa.Column("booking_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
        consents.create_foreign_key(op.f("consents_booking_id_fkey"), "bookings", ["booking_id"], ["id"])
        consents.drop_index("consents_patient")
        consents.create_index("consents_patient", ["patient_id", "booking_id", "purpose", "at"])


def downgrade() -> None:
    with op.batch_alter_table("consents") as consents:
        consents.drop_index("consents_patient")
        consents.create_index("consents_patient", ["patient_id", "purpose", "at"])
        consents.drop_constraint(op.f("consents_booking_id_fkey"), type_="foreignkey")
        consents.drop_column("booking_id")
