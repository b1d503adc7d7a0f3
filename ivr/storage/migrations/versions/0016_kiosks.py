"""Kiosks in the hall: machines that were let in, and who stands before each."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def _reference(column: str, table: str, *, needed: bool) -> sa.Column[int]:
    return sa.Column(column, Id, sa.ForeignKey(f"{table}.id", name=f"kiosk_visits_{column}_fkey"), nullable=not needed)


def upgrade() -> None:
    op.create_table(
        "kiosks",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pass_digest", sa.String(64)),
        sa.Column("pass_until", Moment),
        sa.Column("device_digest", sa.String(64)),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("admitted_at", Moment),
        sa.Column("revoked_at", Moment),
        sa.PrimaryKeyConstraint("id", name="kiosks_pkey"),
        sa.UniqueConstraint("name", name="kiosks_name_key"),
        sa.UniqueConstraint("pass_digest", name="kiosks_pass_digest_key"),
        sa.UniqueConstraint("device_digest", name="kiosks_device_digest_key"),
    )
    op.create_table(
        "kiosk_visits",
        _reference("kiosk_id", "kiosks", needed=True),
        sa.Column("id", sa.String(32), nullable=False),
        _reference("patient_id", "patients", needed=True),
        sa.Column("seen_at", Moment, nullable=False),
        _reference("booking_id", "bookings", needed=False),
        sa.PrimaryKeyConstraint("kiosk_id", name="kiosk_visits_pkey"),
    )


def downgrade() -> None:
    op.drop_table("kiosk_visits")
    op.drop_table("kiosks")
