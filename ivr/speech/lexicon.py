"""Stress and readings that an engine would get wrong: prompts/lexicon.toml applied to whole words."""

import re
from collections.abc import Mapping
from pathlib import Path

from ivr.speech.wording import LEXICON, PROMPTS, BadWording, read_tables

_WORD = re.compile(r"[а-яё]+", re.IGNORECASE)
_ENTRY = re.compile(r"(?P<stem>[а-яё]+)(?:\{(?P<endings>[а-яё,]+)\})?")
_SAID = re.compile(r"(?:[а-яё-]|\+(?=[аеёиоуыэюя]))+")


class Lexicon:
    """Knows single words by heart; everything else is left to the engine."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    @classmethod
    def load(cls, folder: Path = PROMPTS) -> "Lexicon":
        """Raises BadWording, naming the word."""
        path = folder / LEXICON
        words: dict[str, str] = {}
        for pattern, said in read_tables(path).get("words", {}).items():
            words |= _forms(pattern, said, f"{path.name}: {pattern}")
        return cls(words)

    def with_words(self, readings: Mapping[str, str]) -> "Lexicon":
        """These words, too, or read otherwise. Raises BadWording, naming the word."""
        words = dict(self._words)
        for pattern, said in readings.items():
            words |= _forms(pattern, said, pattern)
        return Lexicon(words)

    def __contains__(self, word: str) -> bool:
        return word.lower() in self._words

    def marked(self, text: str) -> str:
        """With + before stressed vowels, as RHVoice reads it."""
        return _WORD.sub(lambda word: self._words.get(word[0].lower(), word[0]), text)

    def for_engine(self, engine: str, text: str) -> str:
        """The text as this engine is to get it; espeak says «плюс» for a +."""
        marked = self.marked(text)
        return marked if engine == "rhvoice" else marked.replace("+", "")


def _forms(pattern: str, said: object, place: str) -> dict[str, str]:
    found = _ENTRY.fullmatch(pattern)
    if not found:
        raise BadWording(f"{place}: a word is small Russian letters, endings in braces: «полис{{,а,у}}»")
    if not isinstance(said, str) or not _SAID.fullmatch(said):
        raise BadWording(f"{place}: its reading is Russian letters and + before a vowel: «п+олис»")
    endings = (found["endings"] or "").split(",")
    return {found["stem"] + ending: said + ending for ending in endings}
