"""The waiting list's state machine and its limits (1.4, 1.5)."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from ivr.domain.refusals import WrongTurn
from ivr.domain.waiting_list import (
    NEXT,
    OPEN,
    PartOfDay,
    WaitingEntry,
    WaitingReason,
    WaitingStatus,
    deadline,
)
from tests.builders import NOW, RULES, at

ENTRY = WaitingEntry(
    1, 1, "ent", None, PartOfDay.ANY, WaitingReason.NO_SLOTS, WaitingStatus.ACTIVE, NOW, NOW, date(2026, 5, 27)
)


@pytest.mark.parametrize("status", WaitingStatus)
def test_an_entry_makes_only_the_moves_of_the_table(status):
    for target in WaitingStatus:
        entry = replace(ENTRY, status=status)
        if target in NEXT.get(status, ()):
            assert entry.becomes(target).status is target
        else:
            with pytest.raises(WrongTurn):
                entry.becomes(target)


@pytest.mark.parametrize("status", sorted(OPEN))
def test_an_open_entry_can_be_left_and_is_closed_by_another_booking(status):
    assert NEXT[status] >= {WaitingStatus.CANCELLED_BY_PATIENT, WaitingStatus.CLOSED_OTHER_BOOKING}


def test_a_closed_entry_stays_closed():
    assert not set(WaitingStatus) - OPEN & set(NEXT)


@pytest.mark.parametrize(
    ("asked", "due"),
    [("2026-04-27 08:00", "2026-05-19 23:59:59"), ("2026-12-22 08:00", "2027-01-20 23:59:59")],
)
def test_a_specialist_is_due_on_the_14th_working_day(asked, due):
    assert deadline(at(asked), RULES, district=False) == at(due)


def test_a_suspicion_is_due_on_the_3rd_working_day():
    due = deadline(at("2026-04-30 08:00"), RULES, district=False, suspicion=True)

    assert due == at("2026-05-06 23:59:59")


def test_a_district_doctor_is_due_in_24_hours_also_on_a_holiday():
    assert deadline(at("2026-05-01 10:00"), RULES, district=True) == at("2026-05-02 10:00")


def test_an_escalated_entry_stays_with_a_person():
    far = replace(ENTRY, deadline=NOW + timedelta(days=60))
    assert not far.is_escalating(RULES, NOW)
    assert replace(far, status=WaitingStatus.ESCALATED).is_escalating(RULES, NOW)


@pytest.mark.parametrize(
    ("moment", "part"),
    [
        (time(0, 0), PartOfDay.MORNING),
        (time(11, 59), PartOfDay.MORNING),
        (time(12, 0), PartOfDay.DAY),
        (time(16, 59), PartOfDay.DAY),
        (time(17, 0), PartOfDay.EVENING),
        (time(23, 59), PartOfDay.EVENING),
    ],
)
def test_each_time_is_in_one_part_of_the_day(moment, part):
    assert [each for each in PartOfDay if each.holds(moment)] == [part, PartOfDay.ANY]
