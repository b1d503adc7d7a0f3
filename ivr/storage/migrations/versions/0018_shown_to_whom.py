"""What the regional system shows is shown to one patient: when it was asked for him, and what he was shown."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def _looks(*whose: sa.Column[int]) -> None:
    """Anew, since nothing is lost by that: a search looks again."""
    op.drop_table("far_looks")
    op.create_table(
        "far_looks",
        sa.Column(
            "speciality",
            sa.String(),
            sa.ForeignKey("specialities.key", name="far_looks_speciality_fkey"),
            nullable=False,
        ),
        *whose,
        sa.Column("looked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("speciality", *(column.name for column in whose), name="far_looks_pkey"),
    )


def upgrade() -> None:
    _looks(sa.Column("patient_id", Id, sa.ForeignKey("patients.id", name="far_looks_patient_id_fkey"), nullable=False))
    op.create_table(
        "far_shown",
        sa.Column("patient_id", Id, sa.ForeignKey("patients.id", name="far_shown_patient_id_fkey"), nullable=False),
        sa.Column(
            "slot_id",
            Id,
            sa.ForeignKey("slots.id", name="far_shown_slot_id_fkey", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("shown_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "slot_id", name="far_shown_pkey"),
    )
    op.create_index("far_shown_slot", "far_shown", ["slot_id"])
    op.create_index("far_shown_at", "far_shown", ["shown_at"])


def downgrade() -> None:
    op.drop_table("far_shown")
    _looks()
