"""Listed phrases and what they mean; the longest one that fits is the one that was said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ivr.understand.forms import forms
from ivr.understand.words import BETWEEN, Words, split

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A value and how many words said it."""

    value: T
    length: int
    weak: bool = False
    """Counts only where nothing else was said: «запись» in «отменить запись»."""


class Recogniser(Protocol[T]):
    """Finds values of one kind among words."""

    def at(self, words: Words, start: int) -> Match[T] | None:
        """The longest match that begins there."""

    def phrases(self) -> Iterable[str]:
        """Everything that may be said, as the recogniser of speech needs it."""


def _length(parts: list[frozenset[str]], words: Words, start: int) -> int:
    """How many words say these parts, with small words between them; 0 where they do not."""
    at = start
    for part in parts:
        while at > start and at < len(words) and words[at] in BETWEEN and words[at] not in part:
            at += 1
        if at == len(words) or words[at] not in part:
            return 0
        at += 1
    return at - start


class Lexicon(Generic[T]):
    """Phrases for values. Nouns and adjectives are written in the nominative and heard in every case.

    A phrase that ends with ? is weak; one that begins with = is heard as it is written, in no other case.
    """

    def __init__(self, said: Iterable[tuple[str, T]]) -> None:
        self._by_first: dict[str, list[tuple[list[frozenset[str]], T, bool]]] = {}
        self._phrases: dict[str, None] = {}
        for phrase, value in said:
            self._add(phrase.rstrip("?"), value, weak=phrase.endswith("?"))

    def at(self, words: Words, start: int) -> Match[T] | None:
        found = [
            Match(value, length, weak)
            for parts, value, weak in self._by_first.get(words[start], ())
            if (length := _length(parts, words, start))
        ]
        return max(found, key=lambda match: (match.length, not match.weak), default=None)

    def phrases(self) -> Iterator[str]:
        return iter(self._phrases)

    def _add(self, phrase: str, value: T, *, weak: bool) -> None:
        exact = phrase.startswith("=")
        written = phrase.lstrip("=").lower().replace("-", " ").split()
        said = [(word,) if exact else forms(word) for word in written]
        parts = [frozenset(split(" ".join(each))) for each in said]
        for first in parts[0]:
            self._by_first.setdefault(first, []).append((parts, value, weak))
        self._phrases[" ".join(written)] = None
        if not exact:
            self._phrases.update(dict.fromkeys(form for each in said for form in each))
