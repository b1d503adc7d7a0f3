"""Phrases with what they mean, as files say it: `kind: words -> value`; today is Tuesday 24 November 2026."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ivr.domain import identifiers
from ivr.phone.config import PROJECT
from ivr.understand import birth, digits
from ivr.understand.clock import Clock, Hours
from ivr.understand.days import Days
from ivr.understand.grammar import Grammar, Heard
from tests.dialogue.world import a_grammar

TODAY = date(2026, 11, 24)
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of a file."""

    kind: str
    words: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"


def phrases(path: Path) -> Iterator[Phrase]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            kind, _, rest = line.partition(": ")
            words, _, value = rest.rpartition(" -> ")
            yield Phrase(kind.strip(), words.strip(), value.strip())


def grammar() -> Grammar:
    return a_grammar(PROJECT / "prompts")


def read(own: Grammar, phrase: Phrase) -> str:
    """What the grammar makes of the words, written as in the files."""
    kind, _, argument = phrase.kind.partition(" ")
    return _KINDS[kind](own, phrase.words, argument)


def _heard(own: Grammar, question: str, words: str) -> Heard:
    return own.hear(question, words, today=TODAY)


def _yes(own: Grammar, words: str, _: str) -> str:
    heard = _heard(own, "yes", words)
    return NOTHING if heard.unknown else heard.values.get("yes", NOTHING)


def _number(own: Grammar, words: str, length: str) -> str:
    found = digits.readings(words, frozenset({int(length)}))
    if not found and length == "10":  # a telephone with its eight
        found = [number[1:] for number in digits.readings(words, frozenset({11})) if number[0] == "8"]
    return found[0] if found else NOTHING


def _born(own: Grammar, words: str, _: str) -> str:
    for reading in birth.readings(words, today=TODAY):
        try:
            return identifiers.birth_date(reading, today=TODAY).isoformat()
        except identifiers.BadNumber:
            continue
    return NOTHING


def _day(own: Grammar, words: str, _: str) -> str:
    return day_text(_heard(own, "day", words).values.get("day"))


def _time(own: Grammar, words: str, _: str) -> str:
    return time_text(_heard(own, "time", words).values.get("time"))


def _value(question: str) -> Callable[[Grammar, str, str], str]:
    def read_it(own: Grammar, words: str, _: str) -> str:
        said = _heard(own, question, words).values.get(question, NOTHING)
        return "ANY" if said == "any" else str(said)

    return read_it


def _menu(own: Grammar, words: str, menu: str) -> str:
    from ivr.dialogue.menus import load_menus

    heard = _heard(own, menu, words)
    keys = load_menus(PROJECT / "prompts/menus.ru.toml")[menu].keys
    return str(heard.values.get(menu) or keys.get(heard.key or "", NOTHING))


def _everywhere(own: Grammar, words: str, _: str) -> str:
    return _heard(own, "yes", words).command or NOTHING


def _request(own: Grammar, words: str, _: str) -> str:
    values = dict(_heard(own, "main", words).values)
    action = values.pop("main", None)
    if action is None and values.keys() & {"speciality", "doctor", "day", "time"}:
        action = "book"
    said: dict[str, Any] = {
        "action": action,
        "purpose": values.get("purpose"),
        "subject": values.get("subject"),
        "speciality": values.get("speciality"),
        "doctor": "ANY" if values.get("doctor") == "any" else values.get("doctor"),
        "day": day_text(values["day"]) if "day" in values else None,
        "time": time_text(values["time"]) if "time" in values else None,
    }
    return " ".join(f"{name}={value}" for name, value in said.items() if value is not None) or NOTHING


def day_text(day: Any) -> str:
    match day:
        case Days(first, last):
            return first.isoformat() if first == last else f"{first}..{last}"
        case str():
            return day.upper()
    return NOTHING


def time_text(at: Any) -> str:
    match at:
        case Clock(times):
            return "|".join(f"{each:%H:%M}" for each in times)
        case Hours(since, before):
            return f"{_hour(since)}..{_hour(before)}"
        case str():
            return at.upper()
    return NOTHING


def _hour(at: Any) -> str:
    return "" if at is None else datetime.combine(TODAY, at).strftime("%H:%M")


_KINDS: dict[str, Callable[[Grammar, str, str], str]] = {
    "yes": _yes,
    "number": _number,
    "born": _born,
    "day": _day,
    "time": _time,
    "speciality": _value("speciality"),
    "doctor": _value("doctor"),
    "menu": _menu,
    "everywhere": _everywhere,
    "request": _request,
}
