"""Other systems: clients with tokens, what their commands were answered with, events and who is told of them."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("status = 'WAITING'")


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, nullable=False)


def _of(table: str, name: str, other: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, Id, sa.ForeignKey(f"{other}.id", name=f"{table}_{name}_fkey"), nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int | None = None, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def upgrade() -> None:
    _clients()
    _events()


def _clients() -> None:
    op.create_table(
        "clients",
        _id(),
        _text("name", 60),
        _text("digest", 64),
        _text("channel"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("hosts", sa.JSON(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("revoked_at"),
        sa.PrimaryKeyConstraint("id", name="clients_pkey"),
        sa.UniqueConstraint("name", name="clients_name_key"),
        sa.UniqueConstraint("digest", name="clients_digest_key"),
    )
    op.create_table(
        "client_patients",
        _of("client_patients", "client_id", "clients"),
        _of("client_patients", "patient_id", "patients"),
        sa.Column("told", sa.Boolean(), nullable=False),
        _moment("until", nullable=False),
        sa.PrimaryKeyConstraint("client_id", "patient_id", name="client_patients_pkey"),
    )
    op.create_table(
        "client_commands",
        _of("client_commands", "client_id", "clients"),
        _text("key", 255),
        _text("fingerprint", 64),
        _moment("sent_at", nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.JSON()),
        sa.PrimaryKeyConstraint("client_id", "key", name="client_commands_pkey"),
    )
    op.create_index("client_commands_sent", "client_commands", ["sent_at"])


def _events() -> None:
    op.create_table(
        "events",
        _id(),
        _text("kind"),
        _moment("at", nullable=False),
        _of("events", "client_id", "clients", nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="events_pkey"),
    )
    op.create_index("events_client", "events", ["client_id", "id"])
    op.create_table(
        "subscriptions",
        _id(),
        _of("subscriptions", "client_id", "clients"),
        _text("key", 255),
        _text("url"),
        _text("secret"),
        sa.Column("kinds", sa.JSON(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("ended_at"),
        _count("failures"),
        _moment("rests_until"),
        _text("problem", nullable=True),
        sa.PrimaryKeyConstraint("id", name="subscriptions_pkey"),
        sa.UniqueConstraint("client_id", "key", name="subscriptions_client_id_key_key"),
    )
    op.create_table(
        "deliveries",
        _id(),
        _of("deliveries", "event_id", "events"),
        _of("deliveries", "subscription_id", "subscriptions"),
        _text("status"),
        _count("attempts"),
        _moment("leased_until"),
        _moment("expires_at", nullable=False),
        _moment("settled_at"),
        sa.PrimaryKeyConstraint("id", name="deliveries_pkey"),
        sa.UniqueConstraint("event_id", "subscription_id", name="deliveries_event_id_subscription_id_key"),
    )
    columns = ["subscription_id", "id"]
    op.create_index("deliveries_waiting", "deliveries", columns, sqlite_where=WAITING, postgresql_where=WAITING)


def downgrade() -> None:
    for name in ("deliveries", "subscriptions", "events", "client_commands", "client_patients", "clients"):
        op.drop_table(name)
