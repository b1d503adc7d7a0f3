"""`ivr fer-client` against a far end on a loopback port."""

import json

import pytest
from typer.testing import CliRunner

from ivr.cli import app
from ivr.desk import utc_now
from ivr.domain.purpose import Purpose
from ivr.services import booking, search
from ivr.services.booking import BookingCommand
from ivr.services.region import Unsettled
from ivr.services.search import SlotQuery
from ivr.storage.work import SqlWork
from tests.builders import RULES, Clinic
from tests.regional.far_end import MO_OID
from tests.regional.near import region_at


@pytest.fixture
def clinic(sqlite_database, far, monkeypatch, tmp_path):
    """A hospital that books there, as the settings of the command have it."""
    for name, value in {
        "IVR_DATABASE__URL": sqlite_database.url,
        "IVR_FOLDERS__VAR": str(tmp_path / "var"),
        "IVR_SCHEDULE__PROVIDER": "fer",
        "IVR_SCHEDULE__URL": far.url,
        "IVR_SCHEDULE__MO_OID": MO_OID,
    }.items():
        monkeypatch.setenv(name, value)
    clinic = Clinic(sqlite_database.new_work)
    clinic.speciality("therapist", post_code="110")
    return clinic


def told(*words: str):
    done = CliRunner().invoke(app, ["fer-client", *words, "--json"])
    return done.exit_code, json.loads(done.stdout) if done.stdout.startswith("{") else done.output


def a_lost_booking(far, clinic, engine) -> int:
    """A visit of which nobody knows whether it was made."""
    far.slot(utc_now().replace(minute=0, second=0, microsecond=0) + RULES.lead_time * 48)
    patient = clinic.patient()
    region = region_at(far.url, utc_now)
    work = SqlWork(engine, region)
    slot = search.nearest(work, SlotQuery("therapist", patient.id), rules=RULES, now=utc_now())
    far.repeats_are_known = False
    far.will("CreateAppointment", "drop_after")
    with pytest.raises(Unsettled):
        booking.book(
            work, BookingCommand("k", slot.id, patient.id, Purpose.ILLNESS, "call"), rules=RULES, now=utc_now()
        )
    region.close()
    return clinic.rows("bookings")[0].id


def test_check_says_whether_the_far_end_answers(clinic, far):
    assert told("check") == (0, {"answers": True})

    far.stop()
    assert told("check") == (1, {"answers": False})


def test_check_for_a_patient_shows_organisation_posts_and_doctors(clinic, far):
    far.slot(utc_now() + RULES.lead_time * 48)
    patient = clinic.patient()

    code, said = told("check", "--patient", str(patient.id))

    assert code == 0
    assert said["organisations"][0]["oid"] == MO_OID
    assert said["organisations"][0]["posts"] == [
        {"code": "110", "name": None, "doctors": [{"name": "Удалённая Вера Павловна", "free": 1}]}
    ]


def test_slots_lists_free_times_and_says_nothing_of_the_patient(clinic, far):
    slot = far.slot(utc_now() + RULES.lead_time * 48)
    patient = clinic.patient()

    code, said = told("slots", "--patient", str(patient.id))

    assert code == 0
    assert [each["id"] for doctor in said["doctors"] for each in doctor["slots"]] == [slot]
    assert patient.surname not in str(said)


def test_why_a_patient_is_shown_nothing_is_told_in_the_far_ends_own_word(clinic, far):
    far.slot(utc_now() + RULES.lead_time * 48)
    patient = str(clinic.patient().id)
    far.will("GetMOResourceInfo", *["PATIENT_NOT_ATTACHED"] * 2)

    code, said = told("slots", "--patient", patient)
    checked, shown = told("check", "--patient", patient)

    assert (code, checked) == (1, 0)
    assert "PATIENT_NOT_ATTACHED" in said
    assert shown["organisations"][0]["posts"][0]["doctors"] == [{"error": "PATIENT_NOT_ATTACHED"}]


def test_a_post_that_the_far_end_does_not_have_is_told_as_such(clinic, far):
    far.slot(utc_now() + RULES.lead_time * 48)

    code, said = told("slots", "--patient", str(clinic.patient().id), "--post", "zzz")

    assert code == 2
    assert "shows no post zzz to this patient; it shows 110" in said


def test_where_a_post_has_no_free_time_or_no_posts_are_told_that_is_said(clinic, far):
    patient = str(clinic.patient().id)
    nothing_at_all = told("slots", "--patient", patient, "--post", "zzz")
    far.slot(utc_now() + RULES.lead_time * 5000)

    assert nothing_at_all == told("slots", "--patient", patient) == (0, {"doctors": []})


def test_settle_leaves_what_nobody_can_know_and_takes_what_a_person_has_found_out(clinic, far, sqlite_database):
    visit = a_lost_booking(far, clinic, sqlite_database.engine)

    code, said = told("settle", "--booking", str(visit), "--booked", far.ours[0])

    assert (code, said["left"]) == (0, [])
    assert clinic.rows("bookings")[0].status == "BOOKED"
    assert clinic.rows("audit", action="booking.found_out")[0].who.startswith("server:")


def test_settle_frees_what_is_known_not_to_be_booked(clinic, far, sqlite_database):
    visit = a_lost_booking(far, clinic, sqlite_database.engine)

    code, _ = told("settle", "--booking", str(visit), "--not-booked")

    assert (code, clinic.rows("bookings")[0].status) == (0, "NOT_MADE")
    assert told("settle", "--booking", str(visit), "--not-booked")[0] == 2


@pytest.mark.parametrize(
    "words",
    [("--booking", "1"), ("--booked", "x"), ("--not-booked",), ("--booking", "1", "--booked", "x", "--not-booked")],
)
def test_half_an_answer_is_none(clinic, words):
    assert told("settle", *words)[0] == 2


def test_a_card_that_there_is_not_is_told(clinic):
    code, said = told("slots", "--patient", "999")

    assert code == 2
    assert "`ivr show patients` lists them" in said


def test_where_the_schedule_is_our_own_there_is_nothing_to_ask(clinic, monkeypatch):
    monkeypatch.setenv("IVR_SCHEDULE__PROVIDER", "own")

    code, said = told("check")

    assert code == 2
    assert "schedule.provider" in said
