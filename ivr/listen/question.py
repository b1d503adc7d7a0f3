"""One question to a caller, as the recogniser sees it: which words may come, and when the answer is over."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

Vocabulary = Callable[[str], Sequence[str]]
"""The phrases that may answer the question with this key; none: any words the model knows. Raises LookupError for a key
it does not know. It is called in a thread and may read a database."""


def any_words(step: str) -> Sequence[str]:
    """A vocabulary for questions without one: whatever the model knows."""
    return ()


UNKNOWN = "[unk]"
"""What Vosk says for words that are not among the phrases."""


class BadOption(ValueError):
    """An option of a question cannot be used; the message says which values can."""


@dataclass(frozen=True, slots=True)
class Question:
    """How to listen to one answer. Times are seconds."""

    phrases: tuple[str, ...] = ()
    barge: bool = False
    """Tell at once that the caller speaks, so that the prompt stops."""
    prompt: float = 0.0
    """So long from the beginning nothing but known words may stop the prompt."""
    echo: bool = False
    """And nothing is heard in that time: the line brings the prompt back."""
    silence: float = 0.7
    """So much quiet ends the answer. A number dictated in groups needs 1.5 to 2."""
    enough: int = 0
    """So many words are a whole answer: a short quiet ends it. 0: unknown."""
    best: int = 1
    """How many readings of the answer are wanted."""
    longest: float = 20.0
    """An answer is ended after so long."""

    def with_options(self, options: Mapping[str, str]) -> Self:
        """With options as Asterisk sends them; foreign names and empty values are passed over. Raises BadOption."""
        changes = {name: read(name, options[name]) for name, read in _OPTIONS.items() if options.get(name)}
        return type(self)(**(asdict(self) | changes))

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        values = json.loads(data)
        return cls(**(values | {"phrases": tuple(values["phrases"])}))


def _switch(name: str, value: str) -> bool:
    if value not in ("0", "1"):
        raise BadOption(f"{name}: write 0 or 1")
    return value == "1"


def _milliseconds(name: str, value: str) -> float:
    return _whole(name, value, 100, 60_000) / 1000


def _length(name: str, value: str) -> float:
    return _whole(name, value, 0, 900_000) / 1000


def _count(name: str, value: str) -> int:
    return _whole(name, value, 0, 50)


def _alternatives(name: str, value: str) -> int:
    return _whole(name, value, 1, 10)


def _whole(name: str, value: str, least: int, most: int) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 8 and least <= int(value) <= most):
        raise BadOption(f"{name}: write a whole number from {least} to {most}")
    return int(value)


_OPTIONS: dict[str, Callable[[str, str], bool | float | int]] = {
    "barge": _switch,
    "prompt": _length,
    "echo": _switch,
    "silence": _milliseconds,
    "longest": _milliseconds,
    "enough": _count,
    "best": _alternatives,
}
OPTIONS = tuple(_OPTIONS)
"""What SPEECH_ENGINE(name) may set beside `step`."""
