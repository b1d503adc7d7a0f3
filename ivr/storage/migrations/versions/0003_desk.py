"""The desk: users and their log-ins, operators' calls and states, changes for open pages, settings of run time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _user(*, nullable: bool) -> sa.Column[int]:
    return sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("must_change", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        _moment("locked_until"),
        _moment("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        sa.UniqueConstraint("login", name=op.f("users_login_key")),
    )
    op.create_table(
        "web_sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        _user(nullable=False),
        _moment("begun_at", nullable=False),
        _moment("seen_at", nullable=False),
        _moment("ended_at"),
        sa.PrimaryKeyConstraint("digest", name=op.f("web_sessions_pkey")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("web_sessions_user_id_fkey")),
    )
    _partial("web_sessions_live", "web_sessions", ["user_id"], "ended_at IS NULL")
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("changes_pkey")),
    )
    op.create_table(
        "operator_calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_key", sa.String(), nullable=False),
        _user(nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        _moment("rang_at", nullable=False),
        sa.Column("waited_s", sa.Integer(), server_default="0", nullable=False),
        _moment("answered_at"),
        _moment("ended_at"),
        _moment("wrapped_at"),
        sa.Column("result", sa.String()),
        sa.Column("note", sa.String()),
        sa.PrimaryKeyConstraint("id", name=op.f("operator_calls_pkey")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("operator_calls_user_id_fkey")),
    )
    op.create_index("operator_calls_call", "operator_calls", ["call_key"])
    op.create_index("operator_calls_user", "operator_calls", ["user_id", "rang_at"])
    op.create_index("operator_calls_time", "operator_calls", ["rang_at"])
    op.create_table(
        "operator_states",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _user(nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        _moment("since", nullable=False),
        _moment("until"),
        sa.PrimaryKeyConstraint("id", name=op.f("operator_states_pkey")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("operator_states_user_id_fkey")),
    )
    op.create_index("operator_states_user", "operator_states", ["user_id", "since"])
    _partial("operator_states_open", "operator_states", ["user_id"], "until IS NULL", unique=True)
    op.create_table(
        "run_settings",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        _moment("changed_at", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("run_settings_pkey")),
    )


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    clause = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=clause, postgresql_where=clause)


def downgrade() -> None:
    for table in ("run_settings", "operator_states", "operator_calls", "changes", "web_sessions", "users"):
        op.drop_table(table)
