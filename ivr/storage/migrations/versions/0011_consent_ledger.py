"""Consents become a ledger: who wrote an answer down, what it takes back, its very words; rows only grow."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WITHDRAWING = sa.text("withdraws IS NOT NULL")
ONLY_GROW = "consents only grow: a withdrawal is a new row"
# What clerks asked before the words were kept.
DESK_1 = """
INSERT INTO consent_wordings (version, purpose, text, since)
SELECT 'desk-1', purpose, 'Напомнить о приёме звонком или сообщением?', MIN(at)
FROM consents WHERE wording = 'desk-1' GROUP BY purpose
"""
# Who had opted out by key before that was in the ledger; what the call was about says who he is.
OPTED_OUT = """
INSERT INTO consents (patient_id, purpose, given, method, phone, channel, proof, wording, call_key, at)
SELECT COALESCE(tasks.patient_id, bookings.patient_id, waiting_entries.patient_id), 'ROBOT_CALLS', false, 'CALL',
       opt_outs.phone, 'CC', 'key:outbound.opt_out', 'unknown', opt_outs.call_key, opt_outs.at
FROM opt_outs
JOIN dial_attempts ON dial_attempts.key = opt_outs.call_key
JOIN tasks ON tasks.id = dial_attempts.task_id
LEFT JOIN bookings ON bookings.id = tasks.booking_id
LEFT JOIN waiting_entries ON waiting_entries.id = tasks.entry_id
WHERE COALESCE(tasks.patient_id, bookings.patient_id, waiting_entries.patient_id) IS NOT NULL
"""


def upgrade() -> None:
    with op.batch_alter_table("consents") as consents:
        consents.add_column(sa.Column("noted_by", sa.String()))
        consents.add_column(sa.Column("withdraws", Id, sa.ForeignKey("consents.id", name="consents_withdraws_fkey")))
    op.create_index("consents_at", "consents", ["at"])
    op.create_index(
        "consents_one_withdrawal",
        "consents",
        ["withdraws"],
        unique=True,
        sqlite_where=WITHDRAWING,
        postgresql_where=WITHDRAWING,
    )
    op.create_table(
        "consent_wordings",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", "purpose", name="consent_wordings_pkey"),
    )
    op.execute(DESK_1)
    op.execute(OPTED_OUT)
    _guard()


def _guard() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION consents_only_grow() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{ONLY_GROW}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER consents_only_grow BEFORE UPDATE OR DELETE ON consents "
            "FOR EACH ROW EXECUTE FUNCTION consents_only_grow()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER consents_no_{change.lower()} BEFORE {change} ON consents "
            f"BEGIN SELECT RAISE(ABORT, '{ONLY_GROW}'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER consents_only_grow ON consents")
        op.execute("DROP FUNCTION consents_only_grow()")
    else:
        op.execute("DROP TRIGGER consents_no_update")
        op.execute("DROP TRIGGER consents_no_delete")
    op.drop_table("consent_wordings")
    op.drop_index("consents_one_withdrawal", "consents")
    op.drop_index("consents_at", "consents")
    with op.batch_alter_table("consents") as consents:
        consents.drop_column("withdraws")
        consents.drop_column("noted_by")
