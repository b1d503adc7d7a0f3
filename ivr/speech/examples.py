"""The examples of the phrase file as values a story would pass."""

from dataclasses import dataclass

from ivr.dialogue.line import Phrase
from ivr.speech.phrasebook import Entry


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in an example; a doctor of the hospital has the same names."""

    surname: str
    given_name: str
    sex: str
    patronymic: str | None = None


def example_of(entry: Entry) -> Phrase:
    """The phrase with the values of its example; TOML knows neither pairs nor persons."""
    pairs = {slot.name for slot in entry.template.slots if slot.filter == "hours"}
    values = {name: tuple(_list(value)) if name in pairs else _value(value) for name, value in entry.example.items()}
    return Phrase(entry.key, values)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _value(value: object) -> object:
    if isinstance(value, list):
        return [_value(item) for item in value]
    return Person(**value) if isinstance(value, dict) else value
