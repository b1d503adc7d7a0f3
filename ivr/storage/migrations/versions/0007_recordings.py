"""Recorded talks with operators: where each part lies, and until when it was kept."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_key", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer()),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="recordings_pkey"),
        sa.UniqueConstraint("call_key", "part", name="recordings_call_key_part_key"),
    )
    op.create_index("recordings_time", "recordings", ["begun_at"])


def downgrade() -> None:
    op.drop_index("recordings_time", "recordings")
    op.drop_table("recordings")
