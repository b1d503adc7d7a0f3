"""Doctors log in, and what they arrange after a visit is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WITH_SLOT = sa.text("slot_id IS NOT NULL")


def _reference(column: str, table: str, *, needed: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{table}.id", name=f"follow_ups_{column}_fkey")
    return sa.Column(column, Id, key, nullable=not needed)


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("doctor_id", Id, sa.ForeignKey("doctors.id", name="users_doctor_id_fkey")))
    op.create_table(
        "follow_ups",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        _reference("visit_id", "bookings", needed=True),
        _reference("doctor_id", "doctors", needed=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _reference("booking_id", "bookings"),
        _reference("slot_id", "slots"),
        _reference("entry_id", "waiting_entries"),
        _reference("referral_id", "referrals"),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="follow_ups_pkey"),
        sa.UniqueConstraint("key", name="follow_ups_key_key"),
    )
    op.create_index("follow_ups_visit", "follow_ups", ["visit_id"])
    op.create_index("follow_ups_slot", "follow_ups", ["slot_id"], sqlite_where=WITH_SLOT, postgresql_where=WITH_SLOT)


def downgrade() -> None:
    op.drop_table("follow_ups")
    with op.batch_alter_table("users") as users:
        users.drop_column("doctor_id")
