"""What is wrong with the words, before a caller hears it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from ivr.dialogue.menus import Menu, load_menus
from ivr.speech.examples import example_of
from ivr.speech.lexicon import Lexicon
from ivr.speech.phrasebook import Entry, Phrasebook
from ivr.speech.recordings import Take, takes, text_hash
from ivr.speech.usage import MENUS, Use, uses_in_asterisk, uses_in_menus, uses_in_stories
from ivr.speech.wording import PROMPTS

LONGEST = 168
"""Characters: twelve seconds of speech (domain 5.1)."""
_FOREIGN = re.compile(r"\d+|[A-Za-z]+|№|%")
_SHORTENED = re.compile(r"\b(?:ул|г|д|корп|каб|стр|кв|тел|руб|мин|им|т\.\s?д|т\.\s?е)\.", re.IGNORECASE)
_CAPITALS = re.compile(r"\b[А-ЯЁ]{2,}\b")
_WITHOUT_YO = re.compile(
    r"\b(?:еще|прием\w{0,3}|звездочк\w|решетк\w|ребен\w{1,4}|ее|нее|причем|займет|придет|найдет|ждем|подождем|дает"
    r"|выдает|ведет|идет|начнет|пройдет|восьмерк\w|четверт\w{2,3}|истек|принес|свое|мое|твое|учет\w?|расчет\w?"
    r"|прикрепленн\w{1,3}|определенн\w{1,3}|включен|отменен|перенесен|сохранен|создает\w{0,2}|передаем|зовем)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    place: str
    message: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.level}: {self.place}: {self.message} [{self.rule}]"


def lint(book: Phrasebook, lexicon: Lexicon, uses: Sequence[Use], takes: Sequence[Take] = ()) -> list[Finding]:
    """All findings, errors first."""
    found = [*_usage(book, uses), *_recordings(book, takes)]
    for entry in book.entries.values():
        found += [*_letters(entry.key, " ".join(entry.template.words), lexicon), *_golden(book, entry)]
    return sorted(found, key=lambda finding: (finding.level, finding.place))


def lint_folder(folder: Path = PROMPTS, heard: Mapping[str, str] = MappingProxyType({})) -> list[Finding]:
    """All findings in a folder of prompts, and in texts from elsewhere by their place. Raises BadWording, BadMenu."""
    book, lexicon, menus = Phrasebook.load(folder), Lexicon.load(folder), load_menus(folder / MENUS)
    uses = [*uses_in_stories(), *uses_in_menus(menus), *uses_in_asterisk()]
    elsewhere = [finding for place, words in heard.items() for finding in _letters(place, words, lexicon)]
    return [*lint(book, lexicon, uses, takes(folder)), *_specialities(book, menus), *elsewhere]


def missing_sounds(keys: Sequence[str]) -> list[Finding]:
    """Of phrases that `ivr prompts build` has not made yet."""
    text = "no sound yet: run `ivr prompts build`"
    return [Finding("missing-sound", key, text, "warning") for key in keys]


def _usage(book: Phrasebook, uses: Sequence[Use]) -> Iterator[Finding]:
    said = {use.key for use in uses}
    said |= {f"{key}_more" for key in said}  # further pages are named after the first
    for use in uses:
        if use.key not in book.entries:
            yield Finding("no-words", use.where, f"phrase {use.key} is not in the phrase file: add it there")
        elif use.values is not None:
            yield from _values(book.entries[use.key], use, use.values)
    for key in book.entries:
        if key not in said:
            yield Finding("unused", key, "nobody says it", "warning")


def _values(entry: Entry, use: Use, values: frozenset[str]) -> Iterator[Finding]:
    for slot in entry.template.slots:
        if slot.name not in values:
            passed = ", ".join(sorted(values)) or "nothing"
            yield Finding(
                "unknown-slot", entry.key, f"slot {slot.name} gets no value at {use.where}: it passes {passed}"
            )


def _specialities(book: Phrasebook, menus: Mapping[str, Menu]) -> Iterator[Finding]:
    for option in sorted({*menus["speciality"].keys.values()} - {*book.specialities, "others"}):
        yield Finding(
            "no-speciality", f"{MENUS}: speciality", f"{option} is not in specialities.toml, nor is it others"
        )


def _letters(place: str, words: str, lexicon: Lexicon) -> Iterator[Finding]:
    for found in _FOREIGN.finditer(words):
        yield Finding("foreign", place, f"{found[0]!r}: write it in Russian words")
    for found in _SHORTENED.finditer(words):
        yield Finding("abbreviation", place, f"{found[0]!r}: write it in full")
    for found in _CAPITALS.finditer(words):
        if found[0] not in lexicon:
            yield Finding("abbreviation", place, f"{found[0]!r}: add its reading to lexicon.toml")
    for found in _WITHOUT_YO.finditer(words):
        yield Finding("yo", place, f"{found[0]!r}: is it written with ё?", "warning")


def _golden(book: Phrasebook, entry: Entry) -> Iterator[Finding]:
    if entry.is_static:
        yield from _length(entry.key, entry.text)
        return
    if not entry.example or entry.expect is None:
        yield Finding("no-example", entry.key, "a phrase with slots needs an example and what to expect of it")
        return
    try:
        said = book.utterance(example_of(entry)).text
    except (KeyError, TypeError) as problem:
        yield Finding("bad-example", entry.key, str(problem.args[0]))
        return
    if said != entry.expect:
        yield Finding("expect", entry.key, f"says «{said}», its author expects «{entry.expect}»")
    yield from _length(entry.key, said)


def _length(key: str, said: str) -> Iterator[Finding]:
    if len(said) > LONGEST:
        yield Finding("too-long", key, f"{len(said)} characters; a listener remembers {LONGEST}: split it")


def _recordings(book: Phrasebook, takes: Sequence[Take]) -> Iterator[Finding]:
    for take in takes:
        if take.fault:
            yield Finding("bad-take", take.key, f"{take.fault}: the synthesiser is heard instead; record it again")
        entry = book.entries.get(take.key)
        if entry is None:
            yield Finding(
                "stale-take", take.path.name, "no phrase has this name: the recording is never heard", "warning"
            )
        elif take.read != text_hash(entry.text):
            text = "the text has changed since it was read, or manifest.toml does not name it: the synthesiser is heard"
            yield Finding("stale-take", take.key, text, "warning")
