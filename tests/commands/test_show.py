"""`ivr show`: masked unless revealed, and revealing is noted."""

import json

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from ivr.commands.show import show_app
from ivr.storage import tables
from tests.importing.hospital import NOW, a_demo_clinic

LISTS = ("bookings", "slots", "waiting", "calls", "patients")


@pytest.fixture
def clinic(tmp_path):
    clinic = a_demo_clinic(tmp_path)
    with clinic.work() as work:
        row = {
            "call_key": "k1",
            "caller": "+70000000101",
            "line": "main",
            "node": "one",
            "begun_at": NOW,
            "seen_at": NOW,
        }
        work.connection.execute(tables.calls.insert().values(**row, progress={}))
        work.commit()
    return clinic


def shown(clinic, *arguments):
    result = CliRunner().invoke(show_app, [*arguments, "--json"], obj=clinic)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def audited(clinic):
    with clinic.work().reading() as work:
        return work.connection.execute(select(tables.audit)).all()


@pytest.mark.parametrize("what", LISTS)
def test_nothing_personal_is_shown_in_full(clinic, what):
    for arguments in ([what], [what, "--json"]):
        output = CliRunner().invoke(show_app, arguments, obj=clinic, env={"COLUMNS": "300"}).output

        for personal in ("Стендовая", "Демина", "Тестова", "6256410854009015", "90000100792", "0000000101", "100001"):
            assert personal not in output

    assert audited(clinic) == []


def test_names_are_initials_and_numbers_their_last_four(clinic):
    anna = shown(clinic, "patients")[0]

    assert (anna["name"], anna["oms"], anna["phone"], anna["birth_date"]) == ("Т. А. И.", "…9015", "…0101", 1985)
    assert shown(clinic, "calls")[0]["caller"] == "…0101"


def test_what_is_revealed_is_written_to_the_audit_log(clinic):
    anna = shown(clinic, "patients", "--reveal", "--limit", "1")[0]

    assert (anna["name"], anna["oms"]) == ("Тестова Анна Ивановна", "6256410854009015")
    (row,) = audited(clinic)
    assert row.who
    assert (row.action, row.at) == ("show --reveal", NOW)
    assert row.detail == {"list": "patients", "day": None, "rows": 1}


def test_a_day_is_a_local_day_in_either_spelling(clinic):
    iso, russian = (shown(clinic, "slots", "--day", day) for day in ("2026-11-24", "24.11.2026"))

    assert iso == russian
    assert {slot["starts_at"][:10] for slot in iso} == {"2026-11-24"}


def test_the_limit_is_kept_and_an_impossible_day_or_limit_is_refused(clinic):
    assert len(shown(clinic, "slots", "--limit", "7")) == 7
    for wrong in (["slots", "--day", "31.02.2026"], ["slots", "--day", "0000-01-01"], ["slots", "--limit", "0"]):
        assert CliRunner().invoke(show_app, wrong, obj=clinic).exit_code == 2


def test_bookings_and_the_waiting_list_show_what_the_demo_holds(clinic):
    assert [row["speciality"] for row in shown(clinic, "bookings")] == ["therapist", "ophthalmologist"]
    assert [row["speciality"] for row in shown(clinic, "waiting")] == ["ent"]
