"""How spoken answers are heard and read: the grammar of this hospital and prompts/voice.ru.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ivr.dialogue.line import Hearing, Words
from ivr.understand.grammar import QUESTIONS, Grammar, Heard

USUAL = "usual"
_TYPES = {"silence": (int, float), "enough": (int,), "best": (int,), "barge": (bool,)}


class BadHearing(Exception):
    """prompts/voice.ru.toml cannot be used; the message names the place."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a spoken answer."""

    text: str
    heard: Heard

    def __repr__(self) -> str:
        return f"Reading({len(self.text)} letters)"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A spoken answer, its likeliest reading first."""

    readings: Sequence[Reading]

    @property
    def best(self) -> Heard:
        return self.readings[0].heard


class Ears:
    """Questions by name: how to listen, and what an answer means."""

    def __init__(self, grammar: Grammar, hearings: Mapping[str, Hearing]) -> None:
        self._grammar = grammar
        self._hearings = hearings

    def hearing(self, question: str) -> Hearing:
        """How its answer is heard. Raises KeyError."""
        return self._hearings[question]

    def read(self, question: str, words: Words, *, today: date) -> Spoken:
        """Every reading of an answer, understood in the light of its question."""
        texts = (words.text, *words.others)
        return Spoken([Reading(text, self._grammar.hear(question, text, today=today)) for text in texts])


def load_hearings(path: Path) -> Mapping[str, Hearing]:
    """How every question of the grammar is heard. Raises BadHearing."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadHearing(f"{path}: {problem}") from problem
    for name, table in tables.items():
        _check(path, name, table)
    usual = tables.get(USUAL, {})
    return {name: Hearing(name, **(usual | tables.get(name, {}))) for name in QUESTIONS}


def _check(path: Path, name: str, table: object) -> None:
    if name != USUAL and name not in QUESTIONS:
        raise BadHearing(f"{path}: no question {name}; there are {', '.join(QUESTIONS)}")
    if not isinstance(table, dict):
        raise BadHearing(f"{path}: {name}: a table was expected")
    for entry, value in table.items():
        if entry not in _TYPES:
            raise BadHearing(f"{path}: {name}: unknown entry {entry}; known are {', '.join(_TYPES)}")
        if not isinstance(value, _TYPES[entry]) or (isinstance(value, bool) and entry != "barge"):
            raise BadHearing(f"{path}: {name}: {entry} is {value!r}")
