"""Phrases as an administrator sees and hears them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class BadReading(ValueError):
    """A word or its reading cannot be spoken; the message says why, in Russian."""


class VoiceDown(Exception):
    """Nothing can be spoken now."""


@dataclass(frozen=True, slots=True)
class SpokenPhrase:
    key: str
    text: str
    """As it stands in the file."""
    said: str
    """With the values of an example, in words."""


class Spoken(Protocol):
    """The voice that callers hear, for listening to it; safe from any thread."""

    def phrases(self) -> Sequence[SpokenPhrase]: ...

    def sound(self, key: str, readings: Mapping[str, str]) -> bytes:
        """A WAV of one phrase as callers hear it with these readings. Raises KeyError, VoiceDown."""

    def check(self, word: str, reading: str) -> None:
        """Raises BadReading."""
