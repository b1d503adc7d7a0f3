"""A visit that the hospital moves: the patient is rung up; one that he moves himself: nobody rings (P135)."""

from dataclasses import replace

import pytest

from ivr.domain.refusals import ReasonNeeded, SlotTaken
from ivr.domain.slot import Channel
from ivr.services import consent, outreach
from tests.builders import CALLER, NOW, RULES, STRANGER, at

ROBOT = replace(RULES, robot_calls=True)
CALLING = at("2026-04-27 10:00")
WHY = "врач в операционной"


@pytest.fixture
def slots(clinic):
    clinic.speciality()
    return clinic.slots(clinic.doctor(), [at("2026-04-30 12:00"), at("2026-05-06 12:00"), at("2026-05-07 12:00")])


@pytest.fixture
def visit(clinic, slots):
    return clinic.book(slots[0], clinic.patient(), rules=ROBOT, contact=CALLER)


def move(clinic, visit, slot, why, **changes):
    with clinic.new_work().reading() as work:
        patient = work.patients.get(visit.patient_id)
    desk = {"channel": Channel.REG, "by": "user:7", "call_key": "desk-7-page", "contact": None}
    return clinic.book(slot, patient, rules=ROBOT, moves=visit.id, clinic_reason=why, **(desk | changes))


def tasks(clinic, visit):
    return [(row.kind, row.status) for row in clinic.rows("tasks", booking_id=visit.id)]


def claim(new_work, now=CALLING):
    return outreach.claim(new_work(), node="dial", rules=ROBOT, now=now)


def test_the_patient_is_rung_up_about_the_new_time_at_the_number_from_which_he_booked(clinic, new_work, visit, slots):
    moved = move(clinic, visit, slots[1], WHY)

    assert tasks(clinic, moved) == [("FEEDBACK", "DROPPED"), ("CLINIC_MOVED", "OPEN")]
    dial = claim(new_work)
    assert (dial.kind, dial.phone) == ("CLINIC_MOVED", CALLER.e164)
    assert outreach.briefing(new_work(), dial.key, rules=ROBOT, now=CALLING).booking.slot.id == slots[1]
    assert clinic.rows("bookings", id=visit.id)[0].close_reason == WHY
    assert clinic.rows("audit", action="booking.made")[0].detail["moved_for"] == WHY


def test_a_move_that_the_patient_wants_is_told_by_nobody(clinic, new_work, visit, slots):
    moved = move(clinic, visit, slots[1], None)

    assert tasks(clinic, moved) == [("FEEDBACK", "OPEN")]
    assert claim(new_work) is None
    assert clinic.rows("bookings", id=visit.id)[0].close_reason is None


def test_the_number_that_he_agreed_to_comes_first(clinic, new_work, visit, slots):
    told = {"purpose": "REMINDER", "given": True, "method": "CALL", "phone": STRANGER, "wording": "w", "call_key": "c"}
    consent.record(new_work(), patient_id=visit.patient_id, booking_id=visit.id, now=NOW, **told)

    move(clinic, visit, slots[1], WHY)

    assert claim(new_work).phone == STRANGER.e164


def test_who_left_no_number_is_told_by_a_person(clinic, new_work, slots):
    visit = clinic.book(slots[0], clinic.patient(), rules=ROBOT, channel=Channel.REG)

    moved = move(clinic, visit, slots[1], WHY)

    assert claim(new_work) is None
    (task,) = clinic.rows("tasks", booking_id=moved.id, kind="CLINIC_MOVED")
    assert (task.robot, task.owner, task.status) == (False, "REGISTRY", "OPEN")


def test_a_second_move_leaves_one_call_about_the_last_time(clinic, new_work, visit, slots):
    first = move(clinic, visit, slots[1], WHY)
    second = move(clinic, first, slots[2], WHY)

    assert ("CLINIC_MOVED", "DROPPED") in tasks(clinic, first)
    assert claim(new_work).task_id == clinic.rows("tasks", booking_id=second.id, kind="CLINIC_MOVED")[0].id


def test_who_moves_it_himself_before_the_call_is_not_rung_up(clinic, new_work, visit, slots):
    by_clinic = move(clinic, visit, slots[1], WHY)
    move(clinic, by_clinic, slots[2], None)

    assert claim(new_work) is None


def test_a_move_that_fails_tells_nobody(clinic, new_work, visit, slots):
    clinic.book(slots[1], clinic.patient(), rules=ROBOT)
    before = clinic.rows("tasks")

    with pytest.raises(SlotTaken):
        move(clinic, visit, slots[1], WHY)

    assert clinic.rows("tasks") == before


def test_the_hospital_says_why_and_only_what_is_booked_is_moved(clinic, visit, slots):
    with pytest.raises(ReasonNeeded):
        move(clinic, visit, slots[1], " да  ")
    with pytest.raises(ValueError, match="moves"):
        clinic.book(slots[1], clinic.patient(), clinic_reason=WHY)
