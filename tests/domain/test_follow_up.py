"""Whom a doctor may send on, and to which slots (S4.2)."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.follow_up import must_be_for_doctors, must_be_own, must_have_come
from ivr.domain.post import CHANNELS
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import CompetitiveSlot, NotFound, VisitNeeded
from ivr.domain.slot import REMOTE, Channel, Slot, SlotKind

TODAY = date(2026, 4, 27)
BEFORE, AFTER = date(2026, 4, 26), date(2026, 4, 28)
MOMENT = datetime(2026, 4, 27, 7, tzinfo=UTC)


def a_slot(kind: SlotKind, speciality: str = "therapist", **changes) -> Slot:
    return replace(Slot(1, 7, speciality, MOMENT, 15, kind, CHANNELS[kind], "21"), **changes)


def a_visit(status: BookingStatus) -> Booking:
    slot = a_slot(SlotKind.PRIMARY)
    return Booking(1, "12345678", slot, 5, Purpose.ILLNESS, Channel.CC, status, MOMENT)


def test_s4_2_another_doctors_patient_is_not_there():
    must_be_own(a_visit(BookingStatus.VISITED), 7)

    with pytest.raises(NotFound):
        must_be_own(a_visit(BookingStatus.VISITED), 8)


@pytest.mark.parametrize(
    ("status", "day", "seen"),
    [
        (BookingStatus.VISITED, TODAY, True),
        (BookingStatus.VISITED, BEFORE, True),
        (BookingStatus.PASSED, BEFORE, True),
        (BookingStatus.BOOKED, TODAY, True),
        (BookingStatus.BOOKED, BEFORE, True),
        (BookingStatus.BOOKED, AFTER, False),
        (BookingStatus.NO_SHOW, TODAY, False),
        (BookingStatus.CANCELLED_BY_PATIENT, TODAY, False),
        (BookingStatus.CANCELLED_BY_CLINIC, BEFORE, False),
        (BookingStatus.MOVED, TODAY, False),
    ],
)
def test_s4_2_only_after_a_visit_is_anybody_sent_on(status, day, seen):
    with nullcontext() if seen else pytest.raises(VisitNeeded):
        must_have_come(a_visit(status), day, TODAY)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("kind", SlotKind)
def test_s4_2_each_purpose_has_its_kind_and_no_competitive_slot_is_a_doctors(purpose, kind):
    fits = {
        Purpose.REPEAT: SlotKind.REPEAT,
        Purpose.REFERRAL: SlotKind.REFERRAL,
        Purpose.OBSERV: SlotKind.OBSERVATION,
    }
    slot = a_slot(kind)

    if fits.get(purpose) is kind:
        must_be_for_doctors(slot, purpose, "therapist")
        slot = replace(slot, channels=REMOTE | {Channel.MED_ARM})  # d03: open to all remote channels

    with pytest.raises(CompetitiveSlot):
        must_be_for_doctors(slot, purpose, "therapist")


def test_s4_2_another_specialist_takes_referrals_and_no_repeat_visits_of_ours():
    must_be_for_doctors(a_slot(SlotKind.REFERRAL, "cardiologist"), Purpose.REFERRAL, "therapist")

    with pytest.raises(CompetitiveSlot):
        must_be_for_doctors(a_slot(SlotKind.REPEAT, "cardiologist"), Purpose.REPEAT, "therapist")
