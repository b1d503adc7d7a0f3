"""The registry: identity documents, visits beside the timetable, reasons of whoever set a rule aside or cancelled."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REASONS = ("close_reason", "overrides", "override_reason")


def upgrade() -> None:
    op.create_table(
        "patient_documents",
        sa.Column("id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("series", sa.String(length=10), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("patient_documents_patient_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_documents_pkey")),
        sa.UniqueConstraint("kind", "series", "number", name=op.f("patient_documents_kind_series_number_key")),
    )
    op.create_index("patient_documents_patient", "patient_documents", ["patient_id"])
    op.create_index("patients_birth_date", "patients", ["birth_date"])
    having = sa.text("phone IS NOT NULL")
    op.create_index("patients_phone", "patients", ["phone"], sqlite_where=having, postgresql_where=having)
    # Columns are added one by one: a table is not made anew, which on SQLite would lose its checks.
    op.add_column("slots", sa.Column("extra", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in REASONS:
        op.add_column("bookings", sa.Column(name, sa.String()))


def downgrade() -> None:
    for name in reversed(REASONS):
        op.drop_column("bookings", name)
    op.drop_column("slots", "extra")
    op.drop_index("patients_phone", "patients")
    op.drop_index("patients_birth_date", "patients")
    op.drop_table("patient_documents")
