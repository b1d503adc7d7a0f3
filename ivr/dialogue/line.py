"""What a story needs of a telephone: say things, ask a question, pass the caller on. And what can come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class CallerHungUp(Exception):
    """The caller is gone. Any method of a Line may raise it; stories never catch it, endings.py does, once."""


class LineTrouble(Exception):
    """The line cannot speak: a sound is missing, the voice or the telephone side is broken. Leads to a person."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of prompts/phrases.ru.toml by name, with the values for its slots."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A phrase filled in and verbalised: words only, no digits, ready for a voice."""

    key: str
    text: str
    personal: bool = False
    """Names a patient or his numbers: never kept in the shared cache."""
    slow: bool = False


class Phrasebook(Protocol):
    """Turns phrases into words. Raises KeyError for an unknown phrase or an unfilled slot."""

    wording: str
    """Version of the wording, written in the journal beside every step."""

    def utterance(self, phrase: Phrase, *, slow: bool = False) -> Utterance: ...

    def text(self, key: str) -> str:
        """The phrase as it is written, its slots unfilled: it names nobody."""


@dataclass(frozen=True, slots=True)
class Keypad:
    """How keys are collected for one question; times in seconds (domain 2.4)."""

    longest: int = 1
    first: float = 8.0
    between: float = 5.0
    settle: float = 0.0
    """After `longest` keys wait this long for one key too many or the terminator."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How speech is heard in one question; times in seconds."""

    grammar: str
    """The key under which the recogniser looks up what may be said."""
    barge: bool = True
    """The caller's voice stops the prompt."""
    silence: float = 0.7
    """So much quiet ends the answer."""
    enough: int = 0
    """So many words are a whole answer; 0: unknown."""
    best: int = 3
    """How many readings of the answer are wanted."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What was keyed before the terminator or the pause; may hold `*`. Empty with `ended` for a lone #."""

    keys: str
    ended: bool = False

    def __repr__(self) -> str:
        return f"Keys({len(self.keys)} keys)"


@dataclass(frozen=True, slots=True)
class Words:
    """What was recognised: words in small letters, `[unk]` for each that the question does not know."""

    text: str
    others: tuple[str, ...] = ()
    """Less likely readings, the likeliest first."""

    def __repr__(self) -> str:
        return f"Words({len(self.text)} letters)"


@dataclass(frozen=True, slots=True)
class Silence:
    """Neither keys nor words within the time: no-input."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Somebody spoke and was not understood: no-match."""


@dataclass(frozen=True, slots=True)
class Deaf:
    """The recogniser broke while the question was asked: ask it by keys."""


Answer = Keys | Words | Silence | Unclear | Deaf


class Line(Protocol):
    """One call's telephone. Every method may raise CallerHungUp or LineTrouble."""

    async def play(self, utterances: Sequence[Utterance]) -> None:
        """Speak without listening; returns when all of it has been heard."""

    async def ask(self, utterances: Sequence[Utterance], keypad: Keypad, hearing: Hearing | None = None) -> Answer:
        """Speak and listen at once: the first key stops the speech. An empty sequence only listens.

        With `hearing` a spoken answer counts as well, if speech can be heard now; Silence, Unclear and Deaf may follow.
        """

    async def hears(self) -> bool:
        """Whether speech can be heard now; where it cannot, `ask` takes keys only."""

    async def prepare(self, utterances: Sequence[Utterance]) -> None:
        """Have these ready soon; returns at once and never raises."""

    async def waiting(self) -> int:
        """How many callers wait for a person before this one."""

    async def transfer(self, *, apologise: bool = False, urgent: bool = False) -> None:
        """Hand the caller to a person: the call leaves this program when the story returns. `urgent` goes first."""

    async def hang_up(self) -> None:
        """End the call."""
