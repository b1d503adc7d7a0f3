"""Bookings, slots and what follows from them: pure rules."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.domain.booking import FILLS_A_SLOT, NEXT, Booking, BookingStatus
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import TooLate, WrongTurn
from ivr.domain.slot import REMOTE, Channel, Hold, Slot, SlotKind
from ivr.domain.tasks import TaskOwner, feedback
from tests.builders import NOW, RULES, at


def a_slot(start="10:00", minutes=15, **changes):
    standard = Slot(1, 1, "therapist", at(start), minutes, SlotKind.PRIMARY, REMOTE, "21")
    return replace(standard, **changes)


VISIT = Booking(1, "12345678", a_slot(), 1, Purpose.ILLNESS, Channel.CC, BookingStatus.BOOKED, NOW)


@pytest.mark.parametrize("status", BookingStatus)
def test_a_booking_makes_only_the_moves_of_the_table(status):
    for target in BookingStatus:
        visit = replace(VISIT, status=status)
        if target in NEXT.get(status, ()):
            assert visit.becomes(target).status is target
        else:
            with pytest.raises(WrongTurn):
                visit.becomes(target)


def test_a_slot_is_filled_by_a_booking_that_was_not_given_up():
    given_up = {BookingStatus.CANCELLED_BY_PATIENT, BookingStatus.CANCELLED_BY_CLINIC, BookingStatus.MOVED}
    given_up.add(BookingStatus.NOT_MADE)
    assert set(BookingStatus) - given_up == FILLS_A_SLOT


def test_d13_a_visit_has_begun_from_its_first_second():
    VISIT.must_not_have_begun(at("09:59:59"))
    with pytest.raises(TooLate):
        VISIT.must_not_have_begun(at("10:00"))


def test_a_hold_lives_before_its_end():
    hold = Hold(a_slot(), "call-1", until=NOW)
    assert hold.is_live(NOW - timedelta(microseconds=1))
    assert not hold.is_live(NOW)


@pytest.mark.parametrize(
    ("start", "minutes", "clashes"),
    [("09:30", 15, False), ("09:31", 15, True), ("10:29", 15, True), ("10:30", 15, False), ("09:15", 46, True)],
)
def test_visits_clash_when_they_begin_within_half_an_hour_or_overlap(start, minutes, clashes):
    one, other = a_slot(), a_slot(start, minutes)
    gap = timedelta(minutes=30)
    assert one.clashes_with(other, gap) is other.clashes_with(one, gap) is clashes


def test_d03_a_slot_is_competitive_when_all_remote_channels_see_it():
    assert a_slot().is_competitive
    assert a_slot(channels=REMOTE | {Channel.MED_ARM}).is_competitive
    assert not a_slot(channels=REMOTE - {Channel.EPGU}).is_competitive


@pytest.mark.parametrize(
    ("visit", "now", "by", "due"),
    [
        ("2026-05-06 10:00", "2026-04-27 08:00", "CALL", "2026-05-05 10:00"),
        ("2026-05-12 10:00", "2026-04-27 08:00", "CALL", "2026-05-08 10:00"),  # long holidays before
        ("2026-04-29 12:00", "2026-04-28 11:00", "CALL", "2026-04-28 11:00"),
        ("2026-04-29 12:00", "2026-04-28 12:00", "CALL", "2026-04-28 12:00"),
        ("2026-04-29 12:00", "2026-04-28 12:01", "SMS", "2026-04-28 12:01"),
        ("2026-05-04 12:00", "2026-04-30 18:00", "SMS", "2026-04-30 18:00"),  # nobody calls on the days between
    ],
)
def test_a_visit_is_confirmed_on_the_working_day_before_or_by_sms_at_once(visit, now, by, due):
    assert feedback(at(visit), RULES, at(now)) == (by, at(due))


def test_s4_3_feedback_has_one_owner():
    assert TaskOwner.under(centralised=True) is TaskOwner.CALL_CENTRE
    assert TaskOwner.under(centralised=False) is TaskOwner.REGISTRY
