"""Sounds made ahead of the first call: all fixed phrases, the usual filled ones, and what Asterisk says itself."""

import shutil
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

from ivr.dialogue.line import Phrase, Utterance
from ivr.speech.cache import ENDINGS, is_there
from ivr.speech.lexicon import Lexicon
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.recordings import usable
from ivr.speech.sounds import Voice, VoiceConfig
from ivr.speech.usage import ASTERISK_SOUNDS
from ivr.speech.verbalise.digits import DIGITS
from ivr.speech.verbalise.numbers import cardinal
from ivr.speech.voice.settings import choices
from ivr.speech.wording import PROMPTS, BadWording

APOLOGY = "trouble.backend"
"""What a caller hears when nothing else works; kept with the sources, ready to play."""
_SECOND = {".alaw": b"\xd5" * 8000, ".sln16": bytes(32000)}

Progress = Callable[[], None]


def open_voice(
    folder: Path,
    *,
    rhvoice: Path | None,
    voice: str = "anna",
    prompts: Path = PROMPTS,
    most_bytes: int = 2_000_000_000,
) -> Voice:
    """A voice with everything the prompts say about it. Raises BadWording, BadVoice."""
    book = Phrasebook.load(prompts)
    config = VoiceConfig(folder, most_bytes=most_bytes, fragments=book.fragments(), recordings=usable(book, prompts))
    return Voice(choices(rhvoice=rhvoice, voice=voice), Lexicon.load(prompts), config)


def usual(book: Phrasebook, *, today: date, days: int = 15) -> list[Utterance]:
    """Everything fixed, the ten digits, and the filled phrases most callers hear in the next days."""
    filled = (book.utterance(phrase) for phrase in _filled(book, today, days))
    said = {utterance.text: utterance for utterance in (*book.static(), *filled)}
    alone = [Utterance("digit", digit) for digit in DIGITS]
    return [*alone, *said.values()]


async def build(voice: Voice, utterances: Sequence[Utterance], progress: Progress = lambda: None) -> None:
    """Make what is not there yet. Raises SoundMissing."""
    for utterance in utterances:
        await voice.sounds(utterance)
        progress()


async def build_asterisk_sounds(folder: Path, voice: Voice, book: Phrasebook, names: Path = ASTERISK_SOUNDS) -> int:
    """Write folder/ru/<name>.{alaw,sln16}: queue, numbers, a second of silence. Returns how many."""
    sounds = _named(names, book)
    for name, words in sounds.items():
        await _put(voice, Utterance(name, words), folder / "ru" / name)
    for ending, data in _SECOND.items():
        path = folder / "ru" / "silence" / f"1{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return len(sounds) + 1


def missing_asterisk_sounds(folder: Path, book: Phrasebook, names: Path = ASTERISK_SOUNDS) -> list[str]:
    """Names of the sounds that `build_asterisk_sounds` has not made there."""
    return [name for name in _named(names, book) if not is_there(folder / "ru" / name)]


async def build_apology(place: Path, voice: Voice, book: Phrasebook) -> None:
    """Write place.alaw and place.sln16, to be kept with the sources."""
    await _put(voice, book.utterance(Phrase(APOLOGY)), place)


async def _put(voice: Voice, utterance: Utterance, place: Path) -> None:
    (made,) = await voice.sounds(utterance)
    place.parent.mkdir(parents=True, exist_ok=True)
    for ending in reversed(ENDINGS):
        # Two set-ups may fill one folder at once.
        beside = place.with_name(f"{place.name}{ending}.{uuid4().hex}.part")
        shutil.copyfile(f"{made}{ending}", beside)
        beside.replace(place.with_name(f"{place.name}{ending}"))


def _named(path: Path, book: Phrasebook) -> dict[str, str]:
    """Names of Asterisk's sounds and their words. Raises BadWording."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        phrases = {name: book.utterance(Phrase(key)).text for name, key in table.get("phrases", {}).items()}
    except (OSError, tomllib.TOMLDecodeError, KeyError) as problem:
        raise BadWording(f"{path.name}: {problem}") from problem
    numbers = {
        f"digits/{number}": cardinal(number) for number in (*range(21), *range(30, 100, 10), *range(100, 1000, 100))
    }
    return numbers | phrases | dict(table.get("words", {}))


def _filled(book: Phrasebook, today: date, days: int) -> Iterator[Phrase]:
    """Phrases whose values are known beforehand: days, specialities, places in the queue."""
    ahead = [today + timedelta(days=n) for n in range(days)]
    ranges: dict[frozenset[str], list[dict[str, object]]] = {
        frozenset({"day"}): [{"day": day} for day in ahead],
        frozenset({"spec"}): [{"spec": key} for key in book.specialities],
        frozenset({"position"}): [{"position": place} for place in range(1, 21)],
        frozenset({"n"}): [{"n": number} for number in range(1, 20)],
        frozenset({"day", "time"}): [{"day": day, "time": at} for day in ahead[1:4] for at in _quarters()],
    }
    for entry in book.entries.values():
        if not entry.personal:
            names = frozenset(slot.name for slot in entry.template.slots)
            yield from (Phrase(entry.key, values) for values in ranges.get(names, []))


def _quarters() -> list[time]:
    """Of the hours of a clinic."""
    first = datetime(2000, 1, 1, 8)  # noqa: DTZ001  only its time is used
    return [(first + timedelta(minutes=15 * n)).time() for n in range(40)]
