"""A phrase as it is written, {slots:with(filters)} among the words, and how it is filled."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ivr.speech.filters import Filter, Values, WrongValue, menu
from ivr.speech.wording import BadWording

_SLOT = re.compile(r"\{(?P<name>[a-z_][a-z0-9_]*):(?P<filter>[a-z]+)(?:\((?P<args>[^(){}]*)\))?\}")
_SENTENCE = re.compile(r"(?:^|[.!?]\s+)[а-яё]")


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    filter: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """Words and slots in turn."""

    parts: tuple[str | Slot, ...]

    @classmethod
    def parse(cls, text: str, known: Mapping[str, Filter], place: str) -> "Template":
        """Raises BadWording for braces that are no slot, and for an unknown filter."""
        parts: list[str | Slot] = []
        end = 0
        for found in _SLOT.finditer(text):
            parts += [text[end : found.start()], _slot(found, known, place)]
            end = found.end()
        parts.append(text[end:])
        for part in parts:
            if isinstance(part, str) and ("{" in part or "}" in part):
                raise BadWording(f"{place}: a slot is written {{name:filter}} or {{name:filter(a,b)}}: see {part!r}")
        return cls(tuple(part for part in parts if part))

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @property
    def words(self) -> tuple[str, ...]:
        """What is between the slots."""
        return tuple(part.strip() for part in self.parts if isinstance(part, str))

    def fill(self, values: Values, known: Mapping[str, Filter], key: str) -> str:
        """The whole text in words. Raises KeyError for an unfilled slot or a value that does not fit."""
        said = "".join(part if isinstance(part, str) else _said(part, values, known, key) for part in self.parts)
        return _SENTENCE.sub(lambda start: start[0].upper(), said)


def _slot(found: re.Match[str], known: Mapping[str, Filter], place: str) -> Slot:
    if found["filter"] not in known:
        raise BadWording(f"{place}: slot {found['name']}: no filter {found['filter']!r}; known are {', '.join(known)}")
    args = tuple(arg.strip() for arg in found["args"].split(",")) if found["args"] else ()
    return Slot(found["name"], found["filter"], args)


def _said(slot: Slot, values: Values, known: Mapping[str, Filter], key: str) -> str:
    try:
        value = values[slot.name]
    except KeyError:
        raise KeyError(f"phrase {key}: slot {slot.name} has no value") from None
    try:
        if isinstance(value, Sequence) and slot.name == "options":
            return menu([known[slot.filter](item, slot.args, values) for item in value])
        return known[slot.filter](value, slot.args, values)
    except (WrongValue, TypeError, ValueError) as problem:
        raise KeyError(f"phrase {key}: slot {slot.name}: {problem}") from problem
