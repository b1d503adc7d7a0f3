"""The list of people's work: what came of a task, who did it, when to try again. What reports look for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WORDS = ("result", "note", "done_by")
MOMENTS = ("done_at", "tried_at", "not_before")
REPORTED = (("bookings", "call", "call_key"), ("bookings", "made", "created_at"), ("calls", "begun", "begun_at"))


def upgrade() -> None:
    for name in WORDS:
        op.add_column("tasks", sa.Column(name, sa.String()))
    for name in MOMENTS:
        op.add_column("tasks", sa.Column(name, sa.DateTime(timezone=True)))
    having = sa.text("entry_id IS NOT NULL")
    op.create_index("tasks_entry", "tasks", ["entry_id"], sqlite_where=having, postgresql_where=having)
    for table, name, column in REPORTED:
        op.create_index(f"{table}_{name}", table, [column])


def downgrade() -> None:
    for table, name, _ in reversed(REPORTED):
        op.drop_index(f"{table}_{name}", table)
    op.drop_index("tasks_entry", "tasks")
    for name in (*reversed(MOMENTS), *reversed(WORDS)):
        op.drop_column("tasks", name)
