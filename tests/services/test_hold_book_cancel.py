"""Holding, booking, moving and cancelling, on both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ivr.domain.booking import BookingStatus
from ivr.domain.patient import Sex, Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyBooked,
    HoldLost,
    NotAdmitted,
    NotAttached,
    NotFound,
    NotYours,
    Overlaps,
    ReferralNeeded,
    ReferralNotFound,
    SlotTaken,
    TooLate,
    TooManyBookings,
    WrongTurn,
)
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.speciality import Access
from ivr.services import booking
from tests.builders import NOW, RULES, at, every


@pytest.fixture
def patient(clinic):
    clinic.speciality()
    return clinic.patient()


@pytest.fixture
def doctor(clinic, patient):
    return clinic.doctor()


def cancel(new_work, visit, key="cancel-1", now=NOW, patient_id=None):
    return booking.cancel(
        new_work(), visit.id, patient_id=patient_id or visit.patient_id, key=key, rules=RULES, now=now
    )


def test_d14_a_hold_lasts_180_seconds(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("10:00"))

    held = clinic.hold(slot, patient)

    assert held.slot.id == slot
    assert held.until == NOW + timedelta(seconds=180)


def test_a_slot_held_by_another_call_is_taken(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("10:00"))
    clinic.hold(slot, patient, "call-1")

    with pytest.raises(SlotTaken):
        clinic.hold(slot, clinic.patient(), "call-2")


def test_a_lapsed_hold_frees_the_slot_for_the_next_caller(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("10:00"))
    clinic.hold(slot, patient, "call-1")

    clinic.hold(slot, clinic.patient(), "call-2", now=NOW + timedelta(seconds=180))

    assert clinic.rows("slots")[0].held_by == "call-2"


def test_a_call_holds_one_slot_at_a_time(clinic, patient, doctor):
    first, second = clinic.slots(doctor, every(15, at("10:00"), 2))
    clinic.hold(first, patient)

    clinic.hold(second, patient)

    assert [row.held_by for row in clinic.rows("slots")] == [None, "call-1"]


def test_a_call_that_loses_the_race_for_a_slot_keeps_its_earlier_hold(clinic, patient, doctor):
    first, second = clinic.slots(doctor, every(15, at("10:00"), 2))
    clinic.hold(first, patient)
    clinic.hold(second, clinic.patient(), "call-2")

    with pytest.raises(SlotTaken):
        clinic.hold(second, patient)

    assert [row.held_by for row in clinic.rows("slots")] == ["call-1", "call-2"]


def test_a_live_call_renews_its_hold_and_a_release_may_be_repeated(clinic, patient, doctor, new_work):
    slot = clinic.slot(doctor, at("10:00"))
    clinic.hold(slot, patient)

    booking.renew(new_work(), "call-1", rules=RULES, now=NOW + timedelta(seconds=100))
    assert clinic.rows("slots")[0].held_until == NOW + timedelta(seconds=280)

    for _ in range(2):
        booking.release(new_work(), "call-1")
    assert clinic.rows("slots")[0].held_by is None


def test_a_slot_near_another_visit_is_not_held_and_the_earlier_hold_stays(clinic, patient, doctor):
    clinic.speciality("ent")
    clinic.book(clinic.slot(clinic.doctor("ent"), at("10:00")), patient)
    far, near = clinic.slots(doctor, [at("12:00"), at("10:15")])[::-1]
    clinic.hold(far, patient)

    with pytest.raises(Overlaps):
        clinic.hold(near, patient)

    assert [row.id for row in clinic.rows("slots", held_by="call-1")] == [far]


def test_a_booking_takes_the_held_slot(clinic, patient, doctor, new_work):
    slot = clinic.slot(doctor, at("10:00"))
    clinic.hold(slot, patient)

    visit = clinic.book(slot, patient, key="key-1", contact=patient.phone)

    assert visit.status is BookingStatus.BOOKED
    assert visit.slot.id == slot
    assert visit.contact == patient.phone
    assert visit.ticket.isdigit() and len(visit.ticket) == 8
    (row,) = clinic.rows("slots")
    assert (row.state, row.held_by, row.held_until) == ("BOOKED", None, None)
    assert booking.result_of(new_work(), "key-1") == visit
    assert booking.doctor_of(new_work(), visit).id == doctor


def test_a_hold_that_another_caller_took_over_is_lost(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("10:00"))
    clinic.hold(slot, patient, "call-1")
    later = NOW + timedelta(seconds=200)
    clinic.hold(slot, clinic.patient(), "call-2", now=later)

    with pytest.raises(HoldLost):
        clinic.book(slot, patient, now=later)


def test_a_booked_slot_is_taken_and_nothing_is_left_of_the_attempt(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("10:00"))
    clinic.book(slot, patient)

    with pytest.raises(SlotTaken):
        clinic.book(slot, clinic.patient())

    assert len(clinic.rows("bookings")) == 1
    assert len(clinic.rows("tasks")) == 1


def test_a_repeated_key_returns_the_first_booking(clinic, patient, doctor):
    first, second = clinic.slots(doctor, every(60, at("10:00"), 2))

    visit = clinic.book(first, patient, key="same")

    assert clinic.book(second, patient, key="same") == visit
    assert len(clinic.rows("bookings")) == len(clinic.rows("tasks")) == 1


def test_a_key_of_somebody_else_tells_nothing(clinic, patient, doctor):
    slot, other = clinic.slots(doctor, every(60, at("10:00"), 2))
    clinic.book(slot, patient, key="same")

    with pytest.raises(NotYours):
        clinic.book(other, clinic.patient(), key="same")


def test_a_patient_has_one_active_booking_per_speciality(clinic, patient, doctor):
    first, second = clinic.slots(doctor, every(60, at("10:00"), 2))
    visit = clinic.book(first, patient)

    with pytest.raises(AlreadyBooked) as refusal:
        clinic.book(second, patient)

    assert refusal.value.booking_id == visit.id


def test_a_visit_that_is_over_stands_in_the_way_of_no_new_one(clinic, patient, doctor):
    first, second = clinic.slots(doctor, [at("10:00"), at("2026-04-28 10:00")])
    clinic.book(first, patient)

    clinic.book(second, patient, now=at("10:15"))

    assert [row.status for row in clinic.rows("bookings")] == ["PASSED", "BOOKED"]


def test_a_patient_has_at_most_four_active_bookings(clinic, patient):
    for number in range(5):
        key = clinic.speciality(f"speciality-{number}")
        slot = clinic.slot(clinic.doctor(key), at("10:00") + timedelta(hours=number))
        if number < 4:
            clinic.book(slot, patient)

    with pytest.raises(TooManyBookings):
        clinic.book(slot, patient)


def test_two_visits_of_a_patient_begin_at_least_30_minutes_apart(clinic, patient, doctor):
    clinic.speciality("ent")
    clinic.book(clinic.slot(clinic.doctor("ent"), at("10:00")), patient)

    with pytest.raises(Overlaps):
        clinic.book(clinic.slot(doctor, at("10:29")), patient)
    clinic.book(clinic.slot(doctor, at("10:30")), patient)


@pytest.mark.parametrize(
    ("limits", "person"),
    [
        ({"age_to": 17, "age_from": 0}, {}),
        ({"age_from": 60}, {}),
        ({"sex": Sex.MALE}, {}),
        ({"age_from": 18}, {"birth_date": date(2008, 4, 29)}),  # eighteen the day after the visit
    ],
)
def test_age_and_sex_must_fit_the_speciality_on_the_day_of_the_visit(clinic, limits, person):
    clinic.speciality("narrow", **limits)
    slot = clinic.slot(clinic.doctor("narrow"), at("2026-04-28 10:00"))

    with pytest.raises(NotAdmitted):
        clinic.book(slot, clinic.patient(**person))


def test_d08_a_planned_visit_needs_attachment_an_urgent_one_and_the_registry_do_not(clinic, patient, doctor):
    first, second = clinic.slots(doctor, every(60, at("10:00"), 2))
    detached = clinic.patient(attached=False)

    with pytest.raises(NotAttached):
        clinic.book(first, detached)
    clinic.book(first, detached, purpose=Purpose.URGENT)
    clinic.book(second, clinic.patient(attached=False), channel=Channel.REG)


@pytest.fixture
def cardiologist(clinic, patient):
    clinic.speciality("cardiologist", access=Access.REFERRAL)
    return clinic.doctor("cardiologist")


def test_d11_a_speciality_by_referral_needs_one_that_is_open(clinic, patient, cardiologist):
    slot = clinic.slot(cardiologist, at("10:00"))
    clinic.referral(patient, "cardiologist", "1", valid_until=date(2026, 4, 26))
    clinic.referral(patient, "therapist", "2")

    with pytest.raises(ReferralNeeded):
        clinic.book(slot, patient)
    with pytest.raises(ReferralNotFound):
        clinic.book(slot, patient, referral_number="1")
    with pytest.raises(ReferralNeeded):
        clinic.book(slot, patient, referral_number="2")


def test_a_referral_is_used_once_moves_with_its_booking_and_is_given_back(clinic, patient, cardiologist, new_work):
    first, second = clinic.slots(cardiologist, every(60, at("10:00"), 2))
    referral = clinic.referral(patient, "cardiologist", "1", valid_until=date(2026, 4, 27))

    visit = clinic.book(first, patient, referral_number="1")
    assert clinic.rows("referrals")[0].used_by == visit.id

    moved = clinic.book(second, patient, moves=visit.id)
    assert moved.referral_number == "1"
    assert clinic.rows("referrals")[0].used_by == moved.id

    cancel(new_work, moved)
    assert clinic.rows("referrals")[0].used_by is None
    assert clinic.book(first, patient, referral_number=referral.number)


def test_s4_2_a_slot_the_doctor_opened_for_the_patient_needs_no_referral(clinic, patient, cardiologist):
    doctors_only = frozenset({Channel.MED_ARM})
    slot = clinic.slot(cardiologist, at("10:00"), kind=SlotKind.REPEAT, channels=doctors_only, for_patient=patient.id)

    with pytest.raises(ReferralNeeded):
        clinic.book(slot, clinic.patient())
    assert clinic.book(slot, patient, purpose=Purpose.REPEAT).slot.kind is SlotKind.REPEAT


def test_s4_2_a_repeat_slot_cannot_be_held_or_booked_by_its_number(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("10:00"), kind=SlotKind.REPEAT, channels=frozenset(Channel))

    with pytest.raises(SlotTaken):
        clinic.hold(slot, patient)
    with pytest.raises(SlotTaken):
        clinic.book(slot, patient)


def test_a_move_frees_the_old_slot_in_the_commit_of_the_new_booking(clinic, patient, doctor):
    first, second = clinic.slots(doctor, every(15, at("10:00"), 2))
    visit = clinic.book(first, patient)

    moved = clinic.book(second, patient, moves=visit.id)

    assert moved.replaces_id == visit.id
    assert [row.status for row in clinic.rows("bookings")] == ["MOVED", "BOOKED"]
    assert [row.state for row in clinic.rows("slots")] == ["FREE", "BOOKED"]
    open_tasks = [(row.kind, row.booking_id) for row in clinic.rows("tasks", status="OPEN")]
    assert sorted(open_tasks) == [("FEEDBACK", moved.id), ("SLOT_FREED", visit.id)]


def test_a_move_to_a_lost_slot_leaves_the_old_booking_as_it_was(clinic, patient, doctor):
    first, second = clinic.slots(doctor, every(15, at("10:00"), 2))
    visit = clinic.book(first, patient)
    clinic.book(second, clinic.patient())

    with pytest.raises(SlotTaken):
        clinic.book(second, patient, moves=visit.id)

    assert [row.status for row in clinic.rows("bookings")] == ["BOOKED", "BOOKED"]
    assert clinic.rows("tasks", kind="SLOT_FREED") == []


def test_only_an_own_active_booking_is_moved(clinic, patient, doctor, new_work):
    first, second, third = clinic.slots(doctor, every(60, at("10:00"), 3))
    visit = clinic.book(first, patient)

    with pytest.raises(NotYours):
        clinic.book(second, clinic.patient(), moves=visit.id)
    cancel(new_work, visit)
    with pytest.raises(WrongTurn):
        clinic.book(third, patient, moves=visit.id)


def test_a_cancelled_booking_frees_its_slot_for_the_waiting_list(clinic, patient, doctor, new_work):
    visit = clinic.book(clinic.slot(doctor, at("10:00")), patient)

    cancelled = cancel(new_work, visit)

    assert cancelled.status is BookingStatus.CANCELLED_BY_PATIENT
    assert clinic.rows("slots")[0].state == "FREE"
    freed, *_ = clinic.rows("tasks", kind="SLOT_FREED")
    assert (freed.slot_id, freed.due_at, freed.owner) == (visit.slot.id, NOW, "CALL_CENTRE")
    assert clinic.rows("tasks", kind="FEEDBACK")[0].status == "DROPPED"
    assert clinic.book(visit.slot.id, patient).id != visit.id


def test_a_repeated_cancel_changes_nothing_and_another_one_is_refused(clinic, patient, doctor, new_work):
    visit = clinic.book(clinic.slot(doctor, at("10:00")), patient)
    cancelled = cancel(new_work, visit, key="one")
    clinic.book(visit.slot.id, clinic.patient())

    assert cancel(new_work, visit, key="one") == cancelled
    with pytest.raises(WrongTurn):
        cancel(new_work, visit, key="two")

    assert clinic.rows("slots")[0].state == "BOOKED"
    assert len(clinic.rows("tasks", kind="SLOT_FREED")) == 1


def test_d13_a_visit_is_cancelled_until_it_begins(clinic, patient, doctor, new_work):
    visit = clinic.book(clinic.slot(doctor, at("10:00")), patient)

    with pytest.raises(TooLate):
        cancel(new_work, visit, now=at("10:00"))
    cancel(new_work, visit, now=at("10:00") - timedelta(seconds=1))


def test_nobody_cancels_the_visit_of_another(clinic, patient, doctor, new_work):
    visit = clinic.book(clinic.slot(doctor, at("10:00")), patient)

    with pytest.raises(NotYours):
        cancel(new_work, visit, patient_id=clinic.patient().id)
    with pytest.raises(NotFound):
        booking.cancel(new_work(), visit.id + 1, patient_id=patient.id, key="x", rules=RULES, now=NOW)


@pytest.mark.parametrize(("centralised", "owner"), [(True, "CALL_CENTRE"), (False, "REGISTRY")])
def test_s4_3_the_model_decides_who_owns_the_feedback(clinic, patient, doctor, new_work, centralised, owner):
    """One owner per booking, whatever its channel (S1.8, S3.7)."""
    slot = clinic.slot(doctor, at("2026-05-06 10:00"))

    visit = clinic.book(slot, patient, rules=replace(RULES, centralised=centralised))

    (task,) = clinic.rows("tasks")
    assert (task.kind, task.owner, task.booking_id) == ("FEEDBACK", owner, visit.id)
    assert (task.due_at, task.payload) == (at("2026-05-05 10:00"), {"by": "CALL", "owner": owner})

    cancel(new_work, visit)  # the model may have changed meanwhile: the owner of the booking has not
    assert clinic.rows("tasks", kind="SLOT_FREED")[0].owner == owner


def test_upcoming_visits_are_told_in_order_without_those_others_booked_with_a_sensitive_doctor(
    clinic, patient, doctor, new_work
):
    clinic.speciality("psychiatrist", sensitive=True)
    clinic.speciality("ent")
    late = clinic.book(clinic.slot(doctor, at("15:00")), patient, subject=Subject.OTHER)
    early = clinic.book(clinic.slot(clinic.doctor("ent"), at("10:00")), patient)
    hidden = clinic.book(clinic.slot(clinic.doctor("psychiatrist"), at("12:00")), patient, subject=Subject.OTHER)

    told = booking.upcoming(new_work(), patient.id, now=at("10:14"))

    assert [visit.id for visit in told] == [early.id, late.id]
    assert booking.by_ticket(new_work(), hidden.ticket, patient_id=patient.id, now=NOW) == hidden


def test_a_ticket_names_a_visit_of_its_own_patient_while_it_is_not_over(clinic, patient, doctor, new_work):
    visit = clinic.book(clinic.slot(doctor, at("10:00")), patient)

    def found(patient_id, now=NOW, ticket=visit.ticket):
        return booking.by_ticket(new_work(), ticket, patient_id=patient_id, now=now)

    assert found(patient.id) == visit
    with pytest.raises(NotFound):
        found(clinic.patient().id)
    with pytest.raises(NotFound):
        found(patient.id, now=at("10:15"))
    with pytest.raises(NotFound):
        found(patient.id, ticket="0")
    cancel(new_work, visit)
    with pytest.raises(NotFound):
        found(patient.id)
