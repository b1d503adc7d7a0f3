"""`ivr show`: masked unless revealed, and revealing is noted."""

import json
from datetime import timedelta

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
    call(clinic, "k1")
    return clinic


def call(clinic, key, *, begun_at=NOW, caller="+70000000101"):
    """A call that stands in the database."""
    row = {"call_key": key, "caller": caller, "line": "main", "node": "one", "begun_at": begun_at, "seen_at": begun_at}
    with clinic.work() as work:
        work.connection.execute(tables.calls.insert().values(**row, progress={}))
        work.commit()


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
    days = ("31.02.2026", "0000-01-01", "0001-01-01", "9999-12-31", "1899-12-31")
    for wrong in (*(["slots", "--day", day] for day in days), ["slots", "--limit", "0"]):
        assert CliRunner().invoke(show_app, wrong, obj=clinic).exit_code == 2


def test_bookings_and_the_waiting_list_show_what_the_demo_holds(clinic):
    to_come = [row["speciality"] for row in shown(clinic, "bookings") if row["status"] == "BOOKED"]
    assert to_come == ["therapist", "ophthalmologist"]
    assert [row["speciality"] for row in shown(clinic, "waiting")] == ["ent"]


def test_the_order_of_the_waiting_list_is_explained_without_a_word_about_people(clinic):
    with clinic.work() as work:
        (first,) = work.connection.execute(select(tables.waiting_entries)).mappings()
        others = {"therapist": timedelta(days=1), "surgeon": timedelta(0)}
        for number, (speciality, later) in enumerate(others.items()):
            row = {**first, "key": f"other-{number}", "speciality": speciality, "deadline": first["deadline"] + later}
            del row["id"]
            row["entered_at"] = first["entered_at"] + timedelta(hours=1)
            work.connection.execute(tables.waiting_entries.insert().values(row))
        work.commit()

    rows = shown(clinic, "waiting", "--why")

    assert [(row["speciality"], row["why"]) for row in rows] == [
        ("ent", "first: nearest legal deadline"),
        ("surgeon", f"same deadline; {first['id']} came earlier"),
        ("therapist", f"legal deadline later than that of {rows[1]['entry']}"),
    ]
    assert {*rows[0]} == {"entry", "speciality", "status", "deadline", "offers", "why"}


def test_a_closed_entry_of_the_waiting_list_is_not_shown(clinic):
    with clinic.work() as work:
        work.connection.execute(tables.waiting_entries.update().values(status="CLOSED", closed_at=NOW))
        work.commit()

    assert shown(clinic, "waiting") == []


def test_the_latest_call_comes_first(clinic):
    assert [call["call_key"] for call in shown(clinic, "calls")] == ["k1"]
    call(clinic, "earlier", begun_at=NOW - timedelta(days=1))
    call(clinic, "later", begun_at=NOW + timedelta(hours=1))

    assert [call["call_key"] for call in shown(clinic, "calls")] == ["later", "k1", "earlier"]


def test_visits_of_the_past_are_left_out_unless_their_day_is_asked_for(clinic):
    with clinic.work() as work:
        slots, first = tables.slots, select(tables.slots.c.id).order_by(tables.slots.c.id).limit(1)
        past = {"starts_at": NOW - timedelta(days=2), "ends_at": NOW - timedelta(days=2) + timedelta(minutes=12)}
        work.connection.execute(slots.update().where(slots.c.id == first.scalar_subquery()).values(past))
        work.commit()

    assert shown(clinic, "slots", "--limit", "1")[0]["starts_at"] >= "2026-11-23"
    assert [slot["starts_at"][:10] for slot in shown(clinic, "slots", "--day", "2026-11-21")] == ["2026-11-21"]


def test_a_number_too_short_to_be_masked_is_not_shown_at_all(clinic):
    call(clinic, "short", caller="+112")
    call(clinic, "hidden", caller=None)

    assert {call["call_key"]: call["caller"] for call in shown(clinic, "calls")} == {
        "k1": "…0101",
        "short": "…",
        "hidden": None,
    }


def test_signs_that_colour_a_screen_are_shown_as_they_are(clinic):
    with clinic.work() as work:
        work.connection.execute(tables.slots.update().values(room="[/x][red]13"))
        work.commit()

    output = CliRunner().invoke(show_app, ["slots"], obj=clinic).output

    assert "[/x][red]13" in output


def test_nothing_is_revealed_where_it_cannot_be_noted(clinic):
    with clinic.work() as work:
        trigger = "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'closed'); END"
        work.connection.exec_driver_sql(trigger)
        work.commit()

    result = CliRunner().invoke(show_app, ["patients", "--reveal"], obj=clinic)

    assert result.exit_code == 2
    assert "Тестова" not in result.output
    assert "nothing is revealed" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
