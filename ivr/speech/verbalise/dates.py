"""Dates in words: day and month in a case, the year, the weekday, and the days that have a name of their own."""

from datetime import date, timedelta

from ivr.speech.verbalise.numbers import Case, ordinal

_MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_ON_WEEKDAYS = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")
_NEAR = ("сегодня", "завтра", "послезавтра")


def day_and_month(day: date, case: Case = "n") -> str:
    """«двадцать пятое ноября», genitive «двадцать пятого ноября» (when)."""
    return f"{ordinal(day.day, case, 'n')} {_MONTHS[day.month - 1]}"


def with_year(day: date, case: Case = "n") -> str:
    """«первое мая тысяча девятьсот девяносто второго года»."""
    return f"{day_and_month(day, case)} {ordinal(day.year, 'g')} года"


def with_weekday(day: date, case: Case = "n") -> str:
    """Nominative «двадцать пятое ноября, среда»; otherwise «двадцать пятого ноября, в среду»."""
    return f"{day_and_month(day, case)}, {weekday(day) if case == 'n' else on_weekday(day)}"


def weekday(day: date) -> str:
    return _WEEKDAYS[day.weekday()]


def on_weekday(day: date) -> str:
    """«во вторник», «в среду»."""
    return _ON_WEEKDAYS[day.weekday()]


def near(day: date, today: date) -> str | None:
    """«сегодня», «завтра», «послезавтра»; None for any other day."""
    ahead = (day - today).days
    return _NEAR[ahead] if 0 <= ahead < len(_NEAR) else None


def birth_parts() -> frozenset[str]:
    """Days with their months, and years, as a birth date is read back: each alone tells nothing about anybody."""
    leap_year = (date(2000, 1, 1) + timedelta(days=n) for n in range(366))
    years = (f"{ordinal(year, 'g')} года" for year in range(1900, 2051))
    return frozenset((*map(day_and_month, leap_year), *years))
