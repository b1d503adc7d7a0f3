"""Transcripts of calls: text that a nurse can read, played against the stories.

Title, one or more lines.

@ now 2026-11-24 10:00          the hospital's clock
@ caller +70000000101           the telephone; absent: hidden
@ given no_slots therapist      a state of the world, known to whoever plays the tape
>> oms.ask   Введите …          what the caller hears: phrase and words
<< 6256410854009015#            what he keys
<< "к терапевту"                what he says
<< (молчит) / (неясно) / (кладёт трубку)
-- operator not_identified      how the call ends
== booked T01 therapist …       what has changed in the database
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ivr.dialogue.line import (
    Answer,
    CallerHungUp,
    Keypad,
    Keys,
    Silence,
    Unclear,
    Utterance,
    Words,
)

SILENT, UNCLEAR, HANGS_UP = "(молчит)", "(неясно)", "(кладёт трубку)"


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
        if line.startswith("@ "):
            key, _, value = line[2:].strip().partition(" ")
            tape.settings.append((key, value.strip()))
        elif line[:3] in (">> ", "<< ", "-- ", "== "):
            tape.lines.append(line.rstrip())
        elif line.strip():
            raise BadTape(f"{name}:{number}: a line begins with @, >>, <<, -- or ==, not {line[:10]!r}")
    return tape


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
        self._waiting = waiting
        self.listened = 0.0
        """Seconds the caller was silent so far: a virtual clock may add them."""

    async def play(self, utterances: Sequence[Utterance]) -> None:
        self._must_be_there()
        self.talk += map(heard, utterances)

    async def ask(self, utterances: Sequence[Utterance], keypad: Keypad) -> Answer:
        await self.play(utterances)
        done = next(self._keyed, HANGS_UP)
        self.talk.append(f"<< {done}")
        match done:
            case "(молчит)":
                self.listened += keypad.first
                return Silence()
            case "(неясно)":
                return Unclear()
            case "(кладёт трубку)":
                self.ended = "hangup"
                raise CallerHungUp
        if done.startswith('"'):
            return Words(done.strip('"'))
        return _keyed(done, keypad)

    async def prepare(self, utterances: Sequence[Utterance]) -> None:
        pass

    async def waiting(self) -> int:
        return self._waiting

    async def transfer(self, *, apologise: bool = False) -> None:
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
    if bad := set(keys) - set("0123456789*#"):
        raise BadTape(f"no telephone has the key {bad.pop()!r}")
    body, ended, _ = keys.partition("#")
    if keypad.longest == 1:
        return Keys(body[:1], ended=bool(ended) and not body)
    return Keys(body, ended=bool(ended))
