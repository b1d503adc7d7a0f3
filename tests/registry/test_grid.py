"""What each slot is for the patient at the window, on both databases (S2.6)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ivr.domain.slot import Channel, SlotKind
from ivr.services import grid as grids
from ivr.services.desk_booking import page_key
from ivr.services.grid import GridQuery, Mark
from tests.builders import NOW, RULES, at

PAGE = page_key(7, "a")


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


@pytest.fixture
def patient(clinic, doctor):
    return clinic.patient()


def query(patient, **changes):
    standard = GridQuery("therapist", date(2026, 4, 27), date(2026, 5, 12), patient.id, SlotKind.PRIMARY, PAGE)
    return replace(standard, **changes)


def marks(new_work, asked, now=NOW):
    return {cell.slot.id: cell.mark for cell in grids.grid(new_work(), asked, rules=RULES, now=now).cells}


def test_every_slot_of_the_days_says_what_it_is(new_work, clinic, doctor, patient):
    other = clinic.patient()
    free = clinic.slot(doctor, at("10:00"))
    past = clinic.slot(doctor, at("07:30"))
    reserved = clinic.slot(doctor, at("2026-04-28 08:00"), release_at=at("2026-04-28 07:00"))
    repeat = clinic.slot(doctor, at("11:00"), kind=SlotKind.REPEAT, channels=frozenset({Channel.MED_ARM}))
    opened = clinic.slot(doctor, at("11:15"), kind=SlotKind.REPEAT, for_patient=patient.id)
    theirs = clinic.slot(doctor, at("11:30"), kind=SlotKind.REPEAT, for_patient=other.id)
    booked, own = clinic.slots(doctor, [at("12:00"), at("13:00")])
    clinic.book(booked, other)
    clinic.book(own, patient)
    by_call, by_desk, yours = clinic.slots(doctor, [at("14:00"), at("14:15"), at("14:30")])
    for slot, key in ((by_call, "call-9"), (by_desk, page_key(8, "b")), (yours, PAGE)):
        clinic.hold(slot, clinic.patient(), key)
    away = clinic.slot(doctor, at("2026-04-29 10:00"))
    clinic.absence(doctor, date(2026, 4, 29), date(2026, 4, 29))
    last = clinic.slot(doctor, at("2026-05-11 18:00"))
    beyond = clinic.slot(doctor, at("2026-05-12 08:00"))

    assert marks(new_work, query(patient)) == {
        free: Mark.FREE,
        past: Mark.PAST,
        reserved: Mark.RESERVED,
        repeat: Mark.OTHER,
        opened: Mark.FREE,
        theirs: Mark.OTHER,
        booked: Mark.BOOKED,
        own: Mark.OWN,
        by_call: Mark.HELD_BY_CALL,
        by_desk: Mark.HELD_BY_DESK,
        yours: Mark.YOURS,
        away: Mark.CLOSED,
        last: Mark.FREE,
        beyond: Mark.OUTSIDE,
    }


def test_who_may_not_see_patients_is_not_told_whose_visit_it_is(new_work, clinic, doctor, patient):
    visit = clinic.book(clinic.slot(doctor, at("12:00")), clinic.patient())

    (seen,) = grids.grid(new_work(), query(patient), rules=RULES, now=NOW).cells
    (unseen,) = grids.grid(new_work(), query(patient, sees_patients=False), rules=RULES, now=NOW).cells

    assert (seen.booking_id, seen.patient_id) == (visit.id, visit.patient_id)
    assert (unseen.mark, unseen.booking_id, unseen.patient_id) == (Mark.BOOKED, None, None)


def test_a_hold_lapses_by_itself(new_work, clinic, doctor, patient):
    slot = clinic.slot(doctor, at("12:00"))
    clinic.hold(slot, patient, "call-9")

    assert marks(new_work, query(patient)) == {slot: Mark.HELD_BY_CALL}
    assert marks(new_work, query(patient), now=NOW + RULES.hold) == {slot: Mark.FREE}


def test_changed_slots_are_asked_for_by_their_ids(new_work, clinic, doctor, patient):
    clinic.speciality("surgeon")
    first, _ = clinic.slots(doctor, [at("12:00"), at("13:00")])
    elsewhere = clinic.slot(clinic.doctor("surgeon"), at("12:00"))

    seen = grids.cells(new_work(), [first, elsewhere, 999], query(patient), rules=RULES, now=NOW)

    assert [cell.slot.id for cell in seen] == [first]


def test_the_grid_names_the_doctors_who_work_here(new_work, clinic, doctor, patient):
    clinic.doctor(active=False)

    assert [one.id for one in grids.grid(new_work(), query(patient), rules=RULES, now=NOW).doctors] == [doctor]


def test_slots_after_the_last_day_are_not_shown(new_work, clinic, doctor, patient):
    clinic.slot(doctor, NOW + timedelta(days=3))

    assert marks(new_work, query(patient, last=date(2026, 4, 28))) == {}
