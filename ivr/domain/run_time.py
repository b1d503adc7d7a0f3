"""What an administrator may change while the program runs, over what the settings files say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.hospital import Hospital
from ivr.domain.hours import Hours
from ivr.domain.rules import Rules


class DayKind(StrEnum):
    OFF = "off"
    WORKED = "worked"
    SHORT = "short"
    """An hour shorter."""


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number within limits, and where it goes in the rules."""

    title: str
    least: int
    most: int
    of: Callable[[Rules], int]
    put: Callable[[Rules, int], Rules]


def _days(name: str) -> tuple[Callable[[Rules], int], Callable[[Rules, int], Rules]]:
    return lambda rules: getattr(rules, name), lambda rules, value: replace(rules, **{name: value})


def _spans(name: str, **unit: int) -> tuple[Callable[[Rules], int], Callable[[Rules, int], Rules]]:
    one = timedelta(**unit)
    return lambda rules: getattr(rules, name) // one, lambda rules, value: replace(rules, **{name: value * one})


NUMBERS: Mapping[str, Number] = {
    "horizon_days": Number("Горизонт записи, дней", 1, 90, *_days("horizon_days")),
    "lead_minutes": Number("Не позже чем за столько минут до приёма", 0, 10_080, *_spans("lead_time", minutes=1)),
    "hold_seconds": Number("Бронь на время разговора, секунд", 30, 3_600, *_spans("hold", seconds=1)),
    "max_active": Number("Действующих записей у пациента", 1, 100, *_days("max_active")),
    "min_gap_minutes": Number("Между двумя приёмами пациента, минут", 0, 1_440, *_spans("min_gap", minutes=1)),
    "lock_after": Number("Неудачных опознаний до блокировки телефона", 1, 1_000, *_days("lock_after")),
    "lock_minutes": Number("Блокировка телефона, минут", 1, 43_200, *_spans("lock_for", minutes=1)),
    "resume_minutes": Number("Прерванный звонок продолжают, минут", 0, 1_440, *_spans("resume_within", minutes=1)),
    "waiting_window_days": Number("Лист ожидания: срок по умолчанию, дней", 1, 366, *_days("waiting_window_days")),
}
"""The same limits as in the settings files."""
CENTRALISED = "centralised"
DAYS = "days"
LEXICON = "lexicon"
"""Words with their stress, as the voice is to read them."""
HOURS: Mapping[str, str] = {
    "operator_hours": "Операторы",
    "adult_hours": "Взрослая поликлиника",
    "child_hours": "Детская поликлиника",
    "nurse_hours": "Доврачебный кабинет",
    "home_hours": "Приём вызовов на дом",
}


def adjusted_rules(rules: Rules, stored: Mapping[str, Any]) -> Rules:
    """The rules of the files with what was changed since. Raises ValueError for what nobody could have stored."""
    for key, number in NUMBERS.items():
        if key in stored:
            rules = number.put(rules, within(number, stored[key]))
    if CENTRALISED in stored:
        rules = replace(rules, centralised=bool(stored[CENTRALISED]))
    return replace(rules, calendar=_calendar(rules.calendar, days_of(stored)))


def adjusted_hospital(hospital: Hospital, stored: Mapping[str, Any]) -> Hospital:
    """The facts of the files with other hours. Raises ValueError."""
    hours: dict[str, Any] = {key: Hours.parse(stored[key]) for key in HOURS if key in stored}
    return replace(hospital, **hours)


def within(number: Number, value: Any) -> int:
    """The value itself; raises ValueError outside the limits."""
    if isinstance(value, bool) or not isinstance(value, int) or not number.least <= value <= number.most:
        raise ValueError(f"От {number.least} до {number.most}.")
    return value


def days_of(stored: Mapping[str, Any]) -> dict[date, DayKind]:
    """Single days that differ from the calendar of the files."""
    return {date.fromisoformat(day): DayKind(kind) for day, kind in dict(stored.get(DAYS, {})).items()}


def _calendar(calendar: WorkingCalendar, days: Mapping[date, DayKind]) -> WorkingCalendar:
    off = {day for day, kind in days.items() if kind is DayKind.OFF}
    worked = set(days) - off
    weekends = {day for day in worked if day.weekday() > 4}
    short = {day for day, kind in days.items() if kind is DayKind.SHORT}
    return WorkingCalendar(
        days_off=(calendar.days_off | off) - worked,
        working_weekends=(calendar.working_weekends | weekends) - off,
        short_days=(calendar.short_days - set(days)) | short,
    )
