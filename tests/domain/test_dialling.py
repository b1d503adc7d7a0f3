"""When the hospital may ring, what an attempt was, when the next one follows (1.6, section 4)."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.dialling import PLANS, CallingHours, Outcome, Tried, calling_hours, failed, next_try
from ivr.domain.rules import Rules
from ivr.domain.tasks import TaskKind, feedback

MOSCOW = ZoneInfo("Europe/Moscow")
# The first days of May 2026 (6.4).
CALENDAR = WorkingCalendar(days_off=frozenset({date(2026, 5, 1), date(2026, 5, 11)}))
HOURS = CallingHours(calendar=CALENDAR)
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001 - by the strategy
ZONES = st.sampled_from(["Europe/Moscow", "Europe/Kaliningrad", "Asia/Kamchatka", "America/New_York"]).map(ZoneInfo)


def at(text: str) -> datetime:
    """A moment of Moscow."""
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("moment", "next_moment"),
    [
        ("2026-04-28 09:59:59", "2026-04-28 10:00"),
        ("2026-04-28 10:00", "2026-04-28 10:00"),
        ("2026-04-28 17:59:59", "2026-04-28 17:59:59"),
        ("2026-04-28 18:00", "2026-04-29 10:00"),
        ("2026-04-30 18:00", "2026-05-04 10:00"),  # the first of May, a Saturday, a Sunday
        ("2026-05-08 20:00", "2026-05-12 10:00"),
    ],
)
def test_the_robot_rings_on_working_days_from_ten_to_six(moment, next_moment):
    assert HOURS.next(at(moment)) == at(next_moment)


@given(MOMENTS, ZONES)
def test_the_next_moment_is_allowed_and_none_before_it_is(moment, zone):
    hours = CallingHours(zone=zone, calendar=CALENDAR)
    found = hours.next(moment)

    assert hours.allow(found)
    assert found == moment or not hours.allow(found - timedelta(microseconds=1))
    assert found >= moment
    assert found.astimezone(zone).time() >= time(10)


@pytest.mark.parametrize("wrong", [(time(8, 59), time(18)), (time(10), time(20, 1)), (time(12), time(12))])
def test_nobody_is_rung_before_nine_or_after_eight(wrong):
    with pytest.raises(ValueError, match=r"between 09:00 and 20:00"):
        CallingHours(*wrong)


@pytest.mark.parametrize(
    ("cause", "tech", "rang", "outcome"),
    [
        (17, "486", True, Outcome.BUSY),
        (19, "", True, Outcome.NO_ANSWER),
        (19, "", False, Outcome.TRUNK),
        (1, "404", False, Outcome.NO_SUCH_NUMBER),
        (21, "", False, Outcome.REJECTED),
        (16, "608", False, Outcome.REJECTED),
        (20, "480", False, Outcome.UNREACHABLE),
        (34, "503", False, Outcome.TRUNK),
        (0, "", False, Outcome.TRUNK),
        (127, "", False, Outcome.TRUNK),
    ],
)
def test_what_a_call_was_that_nobody_answered(cause, tech, rang, outcome):
    assert failed(cause, tech_cause=tech, rang=rang) is outcome


def next_of(kind, number, outcome, ended, until=None):
    return next_try(kind, Tried(number, outcome, at(ended)), HOURS, None if until is None else at(until))


def test_who_did_not_answer_in_the_morning_is_rung_in_the_afternoon():
    assert next_of(TaskKind.FEEDBACK, 1, Outcome.NO_ANSWER, "2026-04-28 10:05") == at("2026-04-28 14:00")


def test_who_did_not_answer_in_the_afternoon_is_rung_the_next_morning():
    assert next_of(TaskKind.FEEDBACK, 1, Outcome.NO_ANSWER, "2026-04-28 15:00") == at("2026-04-29 10:00")


def test_a_busy_line_is_tried_again_after_an_hour_and_a_half_whatever_the_half_of_the_day():
    assert next_of(TaskKind.FEEDBACK, 1, Outcome.BUSY, "2026-04-28 10:05") == at("2026-04-28 11:35")


def test_no_call_comes_when_it_is_of_no_use_any_more():
    late = ("2026-04-28 15:00", "2026-04-29 10:00")

    assert next_of(TaskKind.FEEDBACK, 1, Outcome.NO_ANSWER, *late) is None


def test_the_third_attempt_is_the_last():
    assert next_of(TaskKind.FEEDBACK, 2, Outcome.BUSY, "2026-04-28 10:00") is not None
    assert next_of(TaskKind.FEEDBACK, 3, Outcome.BUSY, "2026-04-28 10:00") is None


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.NO_SUCH_NUMBER, Outcome.NOT_NEEDED])
def test_what_another_call_would_not_change_is_final(outcome):
    assert next_of(TaskKind.FEEDBACK, 1, outcome, "2026-04-28 10:00") is None


def test_a_failing_trunk_costs_the_patient_no_attempt():
    assert next_of(TaskKind.FEEDBACK, 3, Outcome.TRUNK, "2026-04-28 10:00") == at("2026-04-28 10:05")


def test_an_offer_is_tried_twice_while_its_slot_is_held():
    assert next_of(TaskKind.OFFER, 1, Outcome.NO_ANSWER, "2026-04-28 10:01", "2026-04-28 10:30") == at(
        "2026-04-28 10:11"
    )
    assert next_of(TaskKind.OFFER, 2, Outcome.NO_ANSWER, "2026-04-28 10:11", "2026-04-28 10:30") is None


@given(st.sampled_from(sorted(PLANS)), st.sampled_from(Outcome), MOMENTS, st.integers(1, 4))
def test_a_next_attempt_is_later_within_the_hours_and_in_the_other_half_where_it_must_be(kind, outcome, ended, number):
    found = next_try(kind, Tried(number, outcome, ended), HOURS, None)
    if found is None:
        return

    assert HOURS.allow(found)
    assert found > ended
    again = PLANS[kind].again.get(outcome)
    if again is not None:
        assert found - ended >= again.after
        if again.other_half:
            assert (found.astimezone(MOSCOW).hour >= 14) != (ended.astimezone(MOSCOW).hour >= 14)


RULES = Rules(calendar=CALENDAR)
ENDS = [outcome for outcome in Outcome if outcome is not Outcome.DONE]


@pytest.mark.parametrize("zone", ["Europe/Kaliningrad", "Europe/Moscow", "Asia/Vladivostok"])
def test_ninety_days_pass_in_a_second_and_nobody_is_rung_when_he_may_not_be_or_too_often(zone):
    """A visit is booked every hour, for one to fourteen days ahead; every call of its reminder ends in another way."""
    rules, chance = replace(RULES, zone=ZoneInfo(zone)), random.Random(zone)  # noqa: S311 - ends of calls
    hours, rung = calling_hours(rules), Counter()
    for hour in range(90 * 24):
        booked = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour)
        starts = booked + timedelta(hours=chance.randint(2, 14 * 24))
        asked = feedback(starts, rules, booked)
        assert asked.due_at >= booked
        if asked.by == "SMS":
            assert starts - booked < timedelta(days=1) or hours.next(booked).date() >= starts.date()
            continue
        until, moment, counted = starts - timedelta(hours=2), hours.next(asked.due_at), 0
        while moment is not None and moment < until:
            assert hours.allow(moment)
            rung[rules.calendar.is_working(rules.today(moment))] += 1
            outcome = chance.choice(ENDS)
            counted += outcome is not Outcome.TRUNK
            moment = next_try(TaskKind.FEEDBACK, Tried(counted, outcome, moment), hours, until)
        assert counted <= PLANS[TaskKind.FEEDBACK].tries

    assert rung[True] > 2000
    assert rung[False] == 0
