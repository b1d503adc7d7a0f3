"""Transcripts of calls: text that a nurse can read, played against the stories.

Title, one or more lines.

@ now 2026-11-24 10:00          the hospital's clock
@ caller +70000000101           the telephone; absent: hidden
@ given no_slots therapist      a state of the world, known to whoever plays the tape
@ story callback                the story that is told; absent: inbound
@ queue 3                       how many callers wait for an operator
>> oms.ask   Введите …          what the caller hears: phrase and words
<< 6256410854009015#            what he keys
<< "к терапевту | терапевту"    what he says; other readings of it behind strokes
<< (молчит) / (неясно) / (сбой речи) / (кладёт трубку)
-- operator not_identified      how the call ends
== booked T01 therapist …       what has changed in the database
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivr.dialogue.line import (
    Answer,
    CallerHungUp,
    Deaf,
    Hearing,
    Keypad,
    Keys,
    Silence,
    Unclear,
    Utterance,
    Words,
)
from ivr.domain.identifiers import PhoneNumber

STORIES = ("inbound", "callback", "unserved", "outbound")
SILENT, UNCLEAR, DEAF, HANGS_UP = "(молчит)", "(неясно)", "(сбой речи)", "(кладёт трубку)"


class BadTape(Exception):
    """The transcript cannot be read; the message names the line."""


@dataclass(slots=True)
class Tape:
    """A transcript taken apart."""

    title: str
    settings: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """Everything from the first line of talk on, marks included."""

    @property
    def keyed(self) -> list[str]:
        """What the caller does, in order."""
        return [line[3:].strip() for line in self.lines if line.startswith("<< ")]

    def setting(self, name: str) -> str | None:
        return next((value for key, value in self.settings if key == name), None)

    def written(self, lines: Iterable[str]) -> str:
        """The transcript with other lines of talk, as a file."""
        head = [self.title, "", *(f"@ {key} {value}".rstrip() for key, value in self.settings)]
        return "\n".join([*head, *lines]) + "\n"


def read_tape(text: str, *, name: str = "tape") -> Tape:
    """Read a transcript; raises BadTape with the place."""
    title, blank, rest = text.partition("\n\n")
    if not blank:
        raise BadTape(f"{name}: a title, an empty line and the talk were expected")
    tape = Tape(title.strip())
    for number, line in enumerate(rest.splitlines(), title.count("\n") + 3):
        try:
            _read_line(tape, line.rstrip())
        except BadTape as problem:
            raise BadTape(f"{name}:{number}: {problem}") from None
    return tape


def _read_line(tape: Tape, line: str) -> None:
    match line[:3].split(" ")[0]:
        case "@":
            key, _, value = line[2:].strip().partition(" ")
            tape.settings.append((key, _checked(key, value.strip())))
        case "<<":
            _check_done(line[3:].strip())
            tape.lines.append(line)
        case ">>" | "--" | "==":
            tape.lines.append(line)
        case _ if line:
            raise BadTape(f"a line begins with @, >>, <<, -- or ==, not {line[:10]!r}")


def moment(text: str) -> datetime:
    """A local time, YYYY-MM-DD HH:MM, from 2000 to 2099. Raises ValueError."""
    found = datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - the hospital's zone is added later
    if not 2000 <= found.year < 2100:
        raise ValueError("the year is none of this century")
    return found


def _something(text: str) -> None:
    if not text:
        raise ValueError


def _number(text: str) -> None:
    if not re.fullmatch("[0-9]{1,3}", text):
        raise ValueError


_SETTINGS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "now": (moment, "YYYY-MM-DD HH:MM from 2000 to 2099"),
    "caller": (PhoneNumber.parse, "a telephone number"),
    "given": (_something, "a state of the world"),
    "story": (STORIES.index, " or ".join(STORIES)),
    "queue": (_number, "how many callers wait"),
}
"""How each is read, and what to write."""


def _checked(key: str, value: str) -> str:
    if key not in _SETTINGS:
        raise BadTape(f"unknown setting {key}; known are {', '.join(_SETTINGS)}")
    read, expected = _SETTINGS[key]
    try:
        read(value)
    except ValueError:
        raise BadTape(f"{key}: {value!r} was found and {expected} expected") from None
    return value


def _check_done(done: str) -> None:
    if not _is_voiced(done) and done not in (SILENT, HANGS_UP):
        _keyed(done, Keypad())


def _is_voiced(done: str) -> bool:
    return done.startswith('"') or done in (UNCLEAR, DEAF)


def heard(utterance: Utterance) -> str:
    """One line of a transcript."""
    return f">> {utterance.key:<24} {utterance.text}".rstrip()


def key_of(line: str) -> str:
    """A line without the words on the right: what transcripts are compared by."""
    return " ".join(line.split()[:2]) if line.startswith(">> ") else line


class TapeLine:
    """A telephone whose caller follows a transcript. Implements Line."""

    def __init__(self, keyed: Sequence[str], *, waiting: int = 0) -> None:
        self.talk: list[str] = []
        self.ended: str | None = None
        self._keyed: Iterator[str] = iter(keyed)
        self._speaks = any(map(_is_voiced, keyed))
        self._waiting = waiting
        self.listened = 0.0
        """Seconds the caller was silent so far: a virtual clock may add them."""

    async def play(self, utterances: Sequence[Utterance]) -> None:
        self._must_be_there()
        self.talk += map(heard, utterances)

    async def hears(self) -> bool:
        """Where the caller only keys, the line is one without a recogniser."""
        return self._speaks

    async def ask(self, utterances: Sequence[Utterance], keypad: Keypad, hearing: Hearing | None = None) -> Answer:
        await self.play(utterances)
        done = next(self._keyed, HANGS_UP)
        self.talk.append(f"<< {done}")
        match done:
            case "(молчит)":
                self.listened += keypad.first
                return Silence()
            case "(неясно)":
                return Unclear()
            case "(сбой речи)":
                return Deaf()
            case "(кладёт трубку)":
                self.ended = "hangup"
                raise CallerHungUp
        if done.startswith('"'):
            text, *others = (reading.strip() for reading in done.strip('"').split("|"))
            return Words(text, tuple(others))
        return _keyed(done, keypad)

    async def prepare(self, utterances: Sequence[Utterance]) -> None:
        pass

    async def waiting(self) -> int:
        return self._waiting

    async def transfer(self, *, apologise: bool = False, urgent: bool = False) -> None:
        self._must_be_there()
        self.ended = "apology" if apologise else "transfer"

    async def hang_up(self) -> None:
        self._must_be_there()
        self.ended = "hangup"

    def _must_be_there(self) -> None:
        if self.ended is not None:
            raise CallerHungUp


def _keyed(done: str, keypad: Keypad) -> Keys:
    """What the exchange would collect of these keys: up to the terminator, one key in a menu."""
    keys = done.replace(" ", "")
    if bad := keys.strip("0123456789*#"):
        raise BadTape(f"no telephone has the key {bad[0]!r}")
    body, ended, _ = keys.partition("#")
    if keypad.longest == 1:
        return Keys(body[:1], ended=bool(ended) and not body)
    return Keys(body, ended=bool(ended))
