"""Calls that the hospital makes: attempts, offers of freed slots, who wants no calls; what the robot does."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN_OFFER = sa.text("status = 'OPEN'")
RINGING = sa.text("ended_at IS NULL")
OF_ROBOT = sa.text("status = 'OPEN' AND robot")


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, nullable=False)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "slot_offers",
        _id(),
        sa.Column("slot_id", Id, sa.ForeignKey("slots.id", name="slot_offers_slot_id_fkey"), nullable=False),
        sa.Column(
            "entry_id", Id, sa.ForeignKey("waiting_entries.id", name="slot_offers_entry_id_fkey"), nullable=False
        ),
        _moment("made_at", nullable=False),
        _moment("until", nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        _moment("ended_at"),
        sa.PrimaryKeyConstraint("id", name="slot_offers_pkey"),
    )
    for name, column in (("slot", "slot_id"), ("entry", "entry_id")):
        op.create_index(
            f"slot_offers_one_of_{name}",
            "slot_offers",
            [column],
            unique=True,
            sqlite_where=OPEN_OFFER,
            postgresql_where=OPEN_OFFER,
        )
    op.create_index("slot_offers_slot", "slot_offers", ["slot_id"])
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(sa.Column("robot", sa.Boolean(), nullable=False, server_default=sa.false()))
        tasks.add_column(_moment("until"))
        tasks.add_column(sa.Column("offer_id", Id, sa.ForeignKey("slot_offers.id", name="tasks_offer_id_fkey")))
    op.create_index("tasks_robot", "tasks", ["due_at"], sqlite_where=OF_ROBOT, postgresql_where=OF_ROBOT)
    op.create_table(
        "dial_attempts",
        _id(),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("task_id", Id, sa.ForeignKey("tasks.id", name="dial_attempts_task_id_fkey"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(16), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        _moment("begun_at", nullable=False),
        _moment("leased_until", nullable=False),
        _moment("answered_at"),
        _moment("ended_at"),
        sa.Column("outcome", sa.String()),
        sa.Column("result", sa.String()),
        sa.Column("cause", sa.Integer()),
        sa.Column("tech_cause", sa.String()),
        sa.PrimaryKeyConstraint("id", name="dial_attempts_pkey"),
        sa.UniqueConstraint("key", name="dial_attempts_key_key"),
        sa.UniqueConstraint("task_id", "number", name="dial_attempts_task_id_number_key"),
    )
    op.create_index(
        "dial_attempts_one_of_phone",
        "dial_attempts",
        ["phone"],
        unique=True,
        sqlite_where=RINGING,
        postgresql_where=RINGING,
    )
    op.create_index("dial_attempts_begun", "dial_attempts", ["begun_at"])
    op.create_table(
        "opt_outs",
        sa.Column("phone", sa.String(16), nullable=False),
        _moment("at", nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("call_key", sa.String()),
        sa.PrimaryKeyConstraint("phone", name="opt_outs_pkey"),
    )


def downgrade() -> None:
    op.drop_table("opt_outs")
    op.drop_table("dial_attempts")
    op.drop_index("tasks_robot", "tasks")
    with op.batch_alter_table("tasks") as tasks:
        for name in ("offer_id", "until", "robot"):
            tasks.drop_column(name)
    op.drop_table("slot_offers")
