"""Booking by a person: holds of pages, calls taken over, rules set aside, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.domain.booking import BookingStatus
from ivr.domain.override import Override, Waiver
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyBooked,
    NotAdmitted,
    NotAttached,
    NotFound,
    OutsideHorizon,
    ReasonNeeded,
    SlotTaken,
)
from ivr.domain.slot import Channel
from ivr.services import booking, calls, desk_booking, purposes
from ivr.services.booking import BookingCommand
from ivr.services.desk_booking import Beside, page_key
from ivr.services.purposes import Ending
from tests.builders import CALLER, NOW, RULES, at

PAGE = page_key(7, "a")
WHO = "user:7"
BEYOND = at("2026-05-12 08:00")


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


@pytest.fixture
def patient(clinic, doctor):
    return clinic.patient()


def command(patient, slot=0, waived=(), reason="врач согласен принять", **changes):
    override = Override(frozenset(waived), reason) if waived else None
    standard = BookingCommand("k-1", slot, patient.id, Purpose.ILLNESS, PAGE, Channel.REG, by=WHO, override=override)
    return replace(standard, **changes)


def book(new_work, wanted, now=NOW):
    return booking.book(new_work(), wanted, rules=RULES, now=now)


def hold(new_work, slot, patient, key=PAGE, **changes):
    named = {"patient_id": patient.id, "key": key, "channel": Channel.REG, "rules": RULES, "now": NOW} | changes
    return desk_booking.hold(new_work(), slot, **named)


def test_a_page_holds_and_books_and_the_log_says_who_did(new_work, clinic, doctor, patient):
    slot = clinic.slot(doctor, at("08:05"))  # no lead time at the window

    assert hold(new_work, slot, patient).until == NOW + RULES.hold
    booked = book(new_work, command(patient, slot))

    assert (booked.status, booked.channel) == (BookingStatus.BOOKED, Channel.REG)
    (row,) = clinic.rows("audit")
    assert (row.who, row.action) == (WHO, "booking.made")
    assert row.detail == {"booking": booked.id, "patient": patient.id, "moved": None}


def test_two_pages_and_a_call_want_one_slot_and_one_gets_it(new_work, clinic, doctor):
    slot = clinic.slot(doctor, at("10:00"))
    people = [clinic.patient() for _ in range(3)]
    keys = [page_key(7, "a"), page_key(8, "b"), "call-1"]

    def take(number):
        try:
            hold(new_work, slot, people[number], keys[number])
            return book(new_work, command(people[number], slot, key=f"k{number}", call_key=keys[number]))
        except SlotTaken as refusal:
            return refusal

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(take, range(3)))

    assert sum(isinstance(result, SlotTaken) for result in results) == 2
    assert len(clinic.rows("bookings")) == 1


def test_a_call_that_is_taken_over_brings_what_was_entered_and_the_slot_it_holds(new_work, clinic, doctor, patient):
    slot = clinic.slot(doctor, at("10:00"))
    calls.begin(new_work(), call_key="call-1", caller=CALLER, line="inbound", now=NOW)
    clinic.hold(slot, patient, "call-1")
    entered = {"patient_id": patient.id, "purpose": "ILLNESS", "speciality": "therapist", "slot_id": slot}
    calls.keep(new_work(), "call-1", entered=entered)
    calls.finish(new_work(), "call-1", outcome="operator", detail=None, now=NOW)

    came = desk_booking.brought(new_work(), "call-1", now=NOW)

    assert (came.patient_id, came.purpose, came.speciality) == (patient.id, Purpose.ILLNESS, "therapist")
    assert came.held is not None
    assert (came.held.slot.id, came.held.until) == (slot, NOW + RULES.hold)
    booked = book(new_work, command(patient, slot, call_key="call-1", channel=Channel.CC))
    assert booked.slot.id == slot
    assert desk_booking.held(new_work(), "call-1", now=NOW) is None


def test_an_unknown_call_brings_nothing(new_work):
    with pytest.raises(NotFound):
        desk_booking.brought(new_work(), "nobody", now=NOW)


def test_d08_a_person_decides_about_attachment_and_a_robot_does_not(new_work, clinic, doctor):
    stranger = clinic.patient(attached=False)
    slot = clinic.slot(doctor, at("10:00"))

    with pytest.raises(NotAttached):
        book(new_work, command(stranger, slot, channel=Channel.CC, by=None))
    assert book(new_work, command(stranger, slot, channel=Channel.CC)).slot.id == slot


def test_d01_nothing_behind_the_horizon_is_held_or_booked(new_work, clinic, doctor, patient):
    slot = clinic.slot(doctor, BEYOND)

    with pytest.raises(OutsideHorizon):
        hold(new_work, slot, patient)
    with pytest.raises(OutsideHorizon):
        book(new_work, command(patient, slot))


def test_the_horizon_may_be_set_aside_with_a_reason_that_stays(new_work, clinic, doctor, patient):
    slot = clinic.slot(doctor, BEYOND)

    hold(new_work, slot, patient, beyond=True)
    booked = book(new_work, command(patient, slot, [Waiver.HORIZON]))

    assert (booked.overrides, booked.override_reason) == ("HORIZON", "врач согласен принять")
    (row,) = clinic.rows("audit")
    assert (row.detail["overrides"], row.detail["reason"]) == ("HORIZON", "врач согласен принять")


def test_the_age_rule_may_be_set_aside_with_a_reason(new_work, clinic, doctor):
    child = clinic.patient(birth_date=at("2015-01-01").date())
    slot = clinic.slot(doctor, at("10:00"))

    with pytest.raises(NotAdmitted):
        book(new_work, command(child, slot))
    assert book(new_work, command(child, slot, [Waiver.ADMISSION])).overrides == "ADMISSION"


@pytest.mark.parametrize("reason", ["", "    ", "ну да"[:4]])
def test_no_rule_is_set_aside_without_a_reason(reason):
    with pytest.raises(ReasonNeeded):
        Override(frozenset({Waiver.HORIZON}), reason)


def test_an_occupied_time_is_booked_beside_as_often_as_it_must(new_work, clinic, doctor, patient):
    taken = clinic.slot(doctor, at("10:00"))
    clinic.book(taken, clinic.patient())
    beside = Beside(doctor, at("10:00"), 15)

    def overbook(who, key):
        wanted = command(who, waived=[Waiver.OVERBOOK], key=key)
        return desk_booking.overbook(new_work(), wanted, beside, rules=RULES, now=NOW)

    first = overbook(patient, "k-1")
    second = overbook(clinic.patient(), "k-2")

    assert overbook(patient, "k-1") == first
    assert {f"{one.slot.starts_at:%H:%M}" for one in (first, second)} == {"07:00"}
    assert first.slot.minutes == second.slot.minutes == 15
    assert first.slot.extra
    assert len({taken, first.slot.id, second.slot.id}) == 3


def test_a_slot_made_for_one_visit_is_nobodys_when_that_is_cancelled(new_work, clinic, doctor, patient):
    wanted = command(patient, waived=[Waiver.OVERBOOK])
    visit = desk_booking.overbook(new_work(), wanted, Beside(doctor, at("10:00"), 15), rules=RULES, now=NOW)

    booking.cancel(
        new_work(), visit.id, patient_id=patient.id, key="c", rules=RULES, now=NOW, reason="передумал", by=WHO
    )

    assert [row.state for row in clinic.rows("slots")] == ["CLOSED"]
    assert [row.kind for row in clinic.rows("tasks", status="OPEN")] == []


def test_one_patient_is_not_booked_twice_with_a_speciality_even_with_a_reason(new_work, clinic, doctor, patient):
    clinic.book(clinic.slot(doctor, at("10:00")), patient)

    wanted = command(patient, waived=[Waiver.OVERBOOK])
    with pytest.raises(AlreadyBooked):
        desk_booking.overbook(new_work(), wanted, Beside(doctor, at("12:00"), 15), rules=RULES, now=NOW)

    assert len(clinic.rows("slots")) == 1


@pytest.mark.parametrize("waived", [[], [Waiver.HORIZON]])
def test_no_slot_is_made_without_the_right_waiver(new_work, doctor, patient, waived):
    wanted = command(patient, waived=waived)
    with pytest.raises(ReasonNeeded):
        desk_booking.overbook(new_work(), wanted, Beside(doctor, at("10:00"), 15), rules=RULES, now=NOW)


def test_no_slot_is_made_in_the_past(new_work, doctor, patient):
    wanted = command(patient, waived=[Waiver.OVERBOOK])
    with pytest.raises(SlotTaken):
        desk_booking.overbook(new_work(), wanted, Beside(doctor, NOW - timedelta(minutes=1), 15), rules=RULES, now=NOW)


def test_a_cancelled_visit_keeps_its_reason_and_who_cancelled_it(new_work, clinic, doctor, patient):
    visit = clinic.book(clinic.slot(doctor, at("10:00")), patient)

    closed = booking.cancel(
        new_work(),
        visit.id,
        patient_id=patient.id,
        key="c",
        rules=RULES,
        now=NOW,
        status=BookingStatus.CANCELLED_BY_CLINIC,
        reason="врач заболел",
        by=WHO,
    )

    assert (closed.status, closed.close_reason) == (BookingStatus.CANCELLED_BY_CLINIC, "врач заболел")
    (row,) = clinic.rows("audit", action="booking.cancelled")
    assert (row.who, row.detail["booking"], row.detail["reason"]) == (WHO, visit.id, "врач заболел")


def test_s2_3_that_both_messages_were_shown_is_in_the_audit_log(new_work, clinic):
    purposes.no_policy(new_work(), patient_id=None, who=WHO, now=NOW)

    (row,) = clinic.rows("audit", action="no_policy.told")
    assert row.detail == {"patient": None, "messages": ["urgent_care", "insurer"]}


@pytest.mark.parametrize("purpose", Purpose)
def test_s2_5_each_purpose_leads_to_a_kind_of_slot_or_to_an_ending(new_work, clinic, patient, purpose):
    route = purposes.settle(new_work(), purpose, patient_id=patient.id, who=WHO, now=NOW)

    assert (route.kind is None) is (route.ending is not None)
    assert len(clinic.rows("audit")) == (route.ending is not None)


def test_s2_5_a_certificate_needs_no_booking(new_work, patient):
    route = purposes.settle(new_work(), Purpose.PAPER, patient_id=patient.id, who=WHO, now=NOW)

    assert route.ending is Ending.NURSE_POST
