"""Names of months and days of the week in the forms in which they are said."""

from functools import cache

from ivr.understand.forms import forms
from ivr.understand.words import plain

MONTHS = "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь".split()
WEEKDAYS = "понедельник вторник среда четверг пятница суббота воскресенье".split()


@cache
def months() -> dict[str, int]:
    """A form to its month, 1 to 12."""
    return {plain(form): number for number, name in enumerate(MONTHS, 1) for form in forms(name)}


@cache
def weekdays() -> dict[str, int]:
    """A form to its day, Monday is 0."""
    return {plain(form): number for number, name in enumerate(WEEKDAYS) for form in forms(name)}
