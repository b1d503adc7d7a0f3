"""Messages to patients, and what shows that somebody has agreed to them."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = (
    ("notices_due", "due_at", "status = 'WAITING'"),
    ("notices_provider", "provider_id", "provider_id IS NOT NULL"),
    ("notices_booking", "booking_id", "booking_id IS NOT NULL"),
)


def _of(name: str, table: str) -> sa.Column[int]:
    return sa.Column(name, Id, sa.ForeignKey(f"{table}.id", name=f"notices_{name}_fkey"))


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", Id, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("key", "kind", "method", "address", "status")),
        *(_moment(name, nullable=False) for name in ("created_at", "due_at", "expires_at")),
        _of("patient_id", "patients"),
        _of("booking_id", "bookings"),
        _of("task_id", "tasks"),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        _moment("leased_until"),
        sa.Column("provider_id", sa.String()),
        _moment("sent_at"),
        _moment("settled_at"),
        sa.Column("problem", sa.String()),
        sa.PrimaryKeyConstraint("id", name="notices_pkey"),
        sa.UniqueConstraint("key", name="notices_key_key"),
    )
    for name, column, where in INDEXES:
        clause = sa.text(where)
        op.create_index(name, "notices", [column], sqlite_where=clause, postgresql_where=clause)
    op.add_column("consents", sa.Column("email", sa.String()))
    op.add_column("consents", sa.Column("channel", sa.String(), nullable=False, server_default="CC"))
    op.add_column("consents", sa.Column("proof", sa.String()))


def downgrade() -> None:
    for name in ("proof", "channel", "email"):
        op.drop_column("consents", name)
    op.drop_table("notices")
