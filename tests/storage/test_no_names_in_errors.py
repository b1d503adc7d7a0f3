"""What the database complains of is logged with its traceback: no name of a patient may come into the log by it."""

import traceback

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ivr.log import masked
from ivr.storage.tables import metadata


def test_a_refused_row_does_not_bring_the_patient_into_the_log(database):
    patients = metadata.tables["patients"]

    with pytest.raises(IntegrityError) as refused, database.engine.begin() as connection:
        values = {"surname": "Сложная", "given_name": "Фамилия"}
        connection.execute(insert(patients).values(values))

    # Lines of our own code are quoted in a traceback; what the exceptions say is looked at.
    said = masked("".join(_told(refused.value)))
    assert "Сложная" not in said
    assert "Фамилия" not in said
    assert "INSERT INTO patients" in said


def _told(problem: BaseException) -> list[str]:
    """What each exception of the chain says, as a traceback prints it."""
    chain: list[str] = []
    link: BaseException | None = problem
    while link is not None:
        chain += traceback.format_exception_only(link)
        link = link.__cause__ or link.__context__
    return chain
