"""The phrasebook: phrases of prompts/ by name, filled and put into words."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ivr.dialogue.line import Phrase, Utterance
from ivr.speech.filters import Filter, filters
from ivr.speech.template import Template
from ivr.speech.verbalise.specialities import read_specialities
from ivr.speech.wording import PHRASES, PROMPTS, SPECIALITIES, BadWording, only, read_tables, text_of

_KNOWN = frozenset({"id", "use", "text", "example", "expect", "personal"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A phrase as it stands in the file."""

    key: str
    text: str
    template: Template
    use: str = ""
    number: str = ""
    """Its number in the hospital's list."""
    example: Mapping[str, object] = field(default_factory=dict)
    expect: str | None = None
    personal: bool = False

    @property
    def is_static(self) -> bool:
        return not self.template.slots


class Phrasebook:
    """Implements ivr.dialogue.line.Phrasebook. Raises KeyError for an unknown phrase or an unfilled slot."""

    def __init__(
        self, entries: Mapping[str, Entry], known: Mapping[str, Filter], wording: str, specialities: tuple[str, ...]
    ) -> None:
        self.entries = entries
        self.specialities = specialities
        self.wording = wording
        self._filters = known
        self._static = lru_cache(maxsize=None)(self._filled_static)

    @classmethod
    def load(cls, folder: Path = PROMPTS) -> "Phrasebook":
        """Read the folder of prompts. Raises BadWording, naming file, key and slot."""
        specialities = read_specialities(folder / SPECIALITIES)
        known = filters(specialities)
        path = folder / PHRASES
        entries = {key: _entry(key, table, known, path.name) for key, table in read_tables(path).items()}
        return cls(entries, known, _version(path, folder / SPECIALITIES), tuple(specialities))

    def utterance(self, phrase: Phrase, *, slow: bool = False) -> Utterance:
        entry = self._entry(phrase.key)
        text = self._static(phrase.key) if entry.is_static else self._filled(entry, phrase.values)
        return Utterance(phrase.key, text, personal=entry.personal, slow=slow)

    def text(self, key: str) -> str:
        return self._entry(key).text

    def static(self) -> Iterator[Utterance]:
        """Every phrase without slots."""
        return (self.utterance(Phrase(key)) for key, entry in self.entries.items() if entry.is_static)

    def fragments(self) -> frozenset[str]:
        """Words that stand in the file as they are: they tell nothing about anybody."""
        return frozenset(words for entry in self.entries.values() for words in entry.template.words)

    def _entry(self, key: str) -> Entry:
        try:
            return self.entries[key]
        except KeyError:
            raise KeyError(f"no phrase {key!r} in {PHRASES}") from None

    def _filled_static(self, key: str) -> str:
        return self._filled(self.entries[key], {})

    def _filled(self, entry: Entry, values: Mapping[str, object]) -> str:
        return entry.template.fill(values, self._filters, entry.key)


def _entry(key: str, table: Mapping[str, object], known: Mapping[str, Filter], file: str) -> Entry:
    place = f"{file}: {key}"
    only(table, _KNOWN, place)
    text = text_of(table, "text", place)
    example = table.get("example", {})
    if not isinstance(example, dict):
        raise BadWording(f"{place}: example must be a table of values: example = {{ day = 2026-11-25 }}")
    return Entry(
        key=key,
        text=text,
        template=Template.parse(text, known, place),
        use=text_of(table, "use", place),
        number=text_of(table, "id", place),
        example=example,
        expect=text_of(table, "expect", place) if "expect" in table else None,
        personal=table.get("personal") is True,
    )


def _version(*files: Path) -> str:
    """Changes with any letter of the files; short, for it stands in every row of the journal."""
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in files))
    return digest.hexdigest()[:12]
