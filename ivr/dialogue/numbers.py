"""Numbers keyed or spoken: collected to the terminator or the pause, cleared by *, checked by their own type."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ivr.dialogue.call import Call, Given, TryAgain
from ivr.dialogue.ears import Spoken
from ivr.dialogue.line import Keypad, Keys, Phrase
from ivr.understand import digits

T = TypeVar("T")

SETTLE = 2.0
"""Seconds after the last expected digit in which one digit too many is still noticed (domain 2.4)."""


async def ask_number(
    call: Call,
    step: str,
    *say: str,
    longest: int,
    accept: Callable[[str], T],
    spoken: Callable[[str], list[str]] = digits.readings,
    ways: Mapping[str, T] | None = None,
    rescue: Callable[[Spoken], T | None] | None = None,
    question: str = "number",
    helping: Sequence[str] = (),
) -> T:
    """Ask for digits. `accept` turns them into a value or raises TryAgain; it gets "" for a lone #.

    `spoken` turns words into the digits they can mean, the likeliest first: the first that is accepted counts.
    `ways` are words that are an answer without being a number (menu number_way); `rescue` may make something of an
    answer of which nothing was accepted.
    """
    keypad = Keypad(longest=longest, settle=SETTLE)
    phrases = tuple(Phrase(key) for key in say)

    def value(answer: Given) -> T:
        if isinstance(answer, Keys):
            return accept(_counting(answer))
        way = (ways or {}).get(answer.best.values.get("number_way", ""))
        if way is not None:
            return way
        try:
            return _first_accepted(answer, spoken, accept)
        except TryAgain:
            rescued = rescue(answer) if rescue else None
            if rescued is None:
                raise
            return rescued

    return await call.ask(step, phrases, value, question=question, keypad=keypad, helping=helping)


def _counting(answer: Keys) -> str:
    """What counts of the keys: those after the last *."""
    return answer.keys.rpartition("*")[2]


def _first_accepted(answer: Spoken, spoken: Callable[[str], list[str]], accept: Callable[[str], T]) -> T:
    """Raises TryAgain for the likeliest number where none will do."""
    refusals: list[TryAgain] = []
    for reading in answer.readings:
        for number in spoken(reading.text):
            try:
                return accept(number)
            except TryAgain as refusal:
                refusals.append(refusal)
    raise refusals[0] if refusals else TryAgain("error.not_understood")
