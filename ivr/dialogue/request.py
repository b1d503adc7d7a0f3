"""Several answers in one breath: «запишите меня к терапевту на завтра утром». Confirmed before they are used."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from ivr.dialogue.call import Call
from ivr.dialogue.line import Phrase
from ivr.dialogue.turns import GoBack
from ivr.domain.waiting_list import PartOfDay
from ivr.domain.window import Window
from ivr.understand.clock import Clock, Hours
from ivr.understand.days import Days

FIRST_HOUR = 8
"""No doctor begins earlier: of two times that a number can mean, the later one is meant then."""


async def take_up(call: Call) -> None:
    """Put into the form what was said beyond the questions, once the caller has confirmed it; else forget it."""
    wanted, surname, window = _taken(call.overheard)
    form = call.form
    if wanted == form.wanted:  # said again
        wanted = None
    if wanted is None and surname is None and window is None:
        return
    _read_back(call, wanted, surname, window)
    try:
        right = await call.yes("request.right")
    except GoBack:
        right = False
    if right:
        form.wanted, form.wanted_doctor = wanted or form.wanted, surname or form.wanted_doctor
        form.window = window or form.window
        call.entered()
    else:
        call.say("request.anew")


def _taken(said: dict[str, Any]) -> tuple[str | None, str | None, Window | None]:
    """Speciality, doctor and window; what means any of them is nothing to ask for."""
    wanted, surname, window = said.pop("speciality", None), said.pop("doctor", None), window_of(said)
    for kind in ("day", "time"):
        said.pop(kind, None)
    return None if wanted == "others" else wanted, None if surname == "any" else surname, window


def window_of(said: Mapping[str, object]) -> Window | None:
    """The days and hours among what was said; None where any will do."""
    day, at = said.get("day"), said.get("time")
    first, last = (day.first, day.last) if isinstance(day, Days) else (None, None)
    since, before = _hours(at)
    window = Window(first, last, since, before)
    return None if window == Window() else window


def _hours(at: object) -> tuple[time | None, time | None]:
    match at:
        case Hours(since, before):
            return since, before
        case Clock(times):
            begins = next((each for each in times if each.hour >= FIRST_HOUR), times[0])
            return begins, begins.replace(second=59)
    return None, None


def _read_back(call: Call, wanted: str | None, surname: str | None, window: Window | None) -> None:
    if wanted is not None:
        call.say("request.speciality", spec=wanted)
    if surname is not None:
        call.say("request.doctor", doctor=surname)
    if window is not None:
        for phrase in _in_words(window):
            call.say(phrase.key, **phrase.values)


def _in_words(window: Window) -> list[Phrase]:
    return [*_days_in_words(window), *_hours_in_words(window)]


def _days_in_words(window: Window) -> list[Phrase]:
    if window.first is None:
        return []
    if window.first == window.last:
        return [Phrase("request.day", {"day": window.first})]
    return [Phrase("request.days", {"first": window.first, "last": window.last})]


_PART_WORDS = {
    PartOfDay.MORNING: "request.morning",
    PartOfDay.DAY: "request.day_part",
    PartOfDay.EVENING: "request.evening",
}


def _hours_in_words(window: Window) -> list[Phrase]:
    since, before = window.since, window.before
    for part in _PART_WORDS:
        if (since, before) == part.edges:
            return [Phrase(_PART_WORDS[part])]
    if since is not None and before is not None:
        if before == since.replace(second=59):
            return [Phrase("request.time", {"time": since})]
        return [Phrase("request.between", {"since": since, "before": before})]
    if since is not None:
        return [Phrase("request.since", {"time": since})]
    return [] if before is None else [Phrase("request.before", {"time": before})]
