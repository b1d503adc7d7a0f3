"""A schedule that the regional system keeps: its slots pictured here, its visits, and what it is still to be asked."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FILLING = {
    True: "status IN ('PENDING', 'BOOKED', 'PASSED', 'VISITED', 'NO_SHOW')",
    False: "status IN ('BOOKED', 'PASSED', 'VISITED', 'NO_SHOW')",
}
ONE = {
    True: "status = 'BOOKED' OR (status = 'PENDING' AND replaces_id IS NULL)",
    False: "status = 'BOOKED'",
}


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = True) -> None:
    clause = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=clause, postgresql_where=clause)


def _guards(*, pending: bool) -> None:
    """One visit a slot, one a speciality: with visits that are still asked for, or without."""
    for name, columns, where in (
        ("bookings_one_of_slot", ["slot_id"], FILLING[pending]),
        ("bookings_one_of_speciality", ["patient_id", "speciality"], ONE[pending]),
    ):
        op.drop_index(name, "bookings")
        _index(name, "bookings", columns, where)


def upgrade() -> None:
    op.add_column("slots", sa.Column("far_id", sa.String()))
    op.add_column("bookings", sa.Column("far_id", sa.String()))
    _index("slots_far", "slots", ["far_id"], "far_id IS NOT NULL")
    _index("bookings_far", "bookings", ["far_id"], "far_id IS NOT NULL")
    _index("bookings_one_move", "bookings", ["replaces_id"], "status = 'PENDING'")
    _guards(pending=True)
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "errands",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("booking_id", Id, sa.ForeignKey("bookings.id", name="errands_booking_id_fkey"), nullable=False),
        sa.Column("session", sa.String(36), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("leased_until", moment),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("unknown_since", moment),
        sa.Column("problem", sa.String()),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("call_key", sa.String(), nullable=False),
        sa.Column("by", sa.String()),
        sa.Column("clinic_reason", sa.String()),
        sa.PrimaryKeyConstraint("id", name="errands_pkey"),
        sa.UniqueConstraint("booking_id", "kind", name="errands_booking_id_kind_key"),
    )
    _index("errands_due", "errands", ["due_at"], "status = 'OPEN'", unique=False)
    op.create_table(
        "far_looks",
        sa.Column(
            "speciality",
            sa.String(),
            sa.ForeignKey("specialities.key", name="far_looks_speciality_fkey"),
            nullable=False,
        ),
        sa.Column("looked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("speciality", name="far_looks_pkey"),
    )


def downgrade() -> None:
    op.drop_table("far_looks")
    op.drop_table("errands")
    _guards(pending=False)
    for name, table in (("bookings_one_move", "bookings"), ("bookings_far", "bookings"), ("slots_far", "slots")):
        op.drop_index(name, table)
    op.drop_column("bookings", "far_id")
    op.drop_column("slots", "far_id")
