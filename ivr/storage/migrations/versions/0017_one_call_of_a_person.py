"""One call at a time to a person, whichever of his telephones it is."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GOES_ON = sa.text("ended_at IS NULL")


def upgrade() -> None:
    person = sa.Column("person_id", Id, sa.ForeignKey("patients.id", name="dial_attempts_person_id_fkey"))
    with op.batch_alter_table("dial_attempts") as attempts:
        attempts.add_column(person)
    op.create_index(
        "dial_attempts_one_of_person",
        "dial_attempts",
        ["person_id"],
        unique=True,
        sqlite_where=GOES_ON,
        postgresql_where=GOES_ON,
    )


def downgrade() -> None:
    op.drop_index("dial_attempts_one_of_person", "dial_attempts")
    with op.batch_alter_table("dial_attempts") as attempts:
        attempts.drop_column("person_id")
