"""Working days and the hospital's days (6.4, 1.4, D-01)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.rules import Rules
from tests.builders import CALENDAR, RULES, at


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 4, 27), 14, date(2026, 5, 19)),
        (date(2026, 12, 22), 14, date(2027, 1, 20)),
        (date(2026, 4, 30), 3, date(2026, 5, 6)),
        (date(2026, 4, 27), 0, date(2026, 4, 27)),
    ],
)
def test_working_days_are_counted_without_the_day_of_the_request(start, count, end):
    assert CALENDAR.add_working_days(start, count) == end


def test_a_working_saturday_counts_and_an_ordinary_one_does_not():
    saturday = date(2027, 11, 13)
    assert not WorkingCalendar().is_working(saturday)
    assert WorkingCalendar(working_weekends=frozenset({saturday})).is_working(saturday)


def test_the_working_day_before_the_may_holidays():
    assert CALENDAR.working_day_before(date(2026, 5, 12)) == date(2026, 5, 8)
    assert CALENDAR.working_day_before(date(2027, 1, 11)) == date(2026, 12, 30)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 1)), st.integers(1, 30))
def test_adding_working_days_ends_on_one_and_passes_exactly_so_many(start, count):
    end = CALENDAR.add_working_days(start, count)

    passed = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert CALENDAR.is_working(end)
    assert sum(map(CALENDAR.is_working, passed)) == count


def test_today_is_the_hospitals_day():
    assert RULES.today(at("2026-04-27 00:00")) == date(2026, 4, 27)
    assert RULES.today(datetime(2026, 4, 26, 20, 59, tzinfo=UTC)) == date(2026, 4, 26)
    assert RULES.today(datetime(2026, 4, 26, 21, 0, tzinfo=UTC)) == date(2026, 4, 27)


def test_a_local_day_is_as_long_as_the_clock_makes_it():
    assert RULES.span(date(2026, 4, 27)) == (at("2026-04-27 00:00"), at("2026-04-28 00:00"))
    first, after = Rules(zone=ZoneInfo("Europe/Berlin")).span(date(2026, 3, 29))
    assert after - first == timedelta(hours=23)


def test_d01_the_last_day_is_counted_from_tomorrow():
    assert RULES.last_day(date(2026, 4, 27)) == date(2026, 5, 11)
    assert RULES.last_day(date(2026, 4, 27), 30) == date(2026, 5, 27)
