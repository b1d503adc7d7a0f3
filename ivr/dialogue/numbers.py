"""Numbers keyed by the caller: collected to the terminator, cleared by *, checked by their own type."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ivr.dialogue.call import Call, TryAgain
from ivr.dialogue.line import Keypad, Keys, Phrase, Words

T = TypeVar("T")

SETTLE = 2.0
"""Seconds after the last expected digit in which one digit too many is still noticed (domain 2.4)."""


async def ask_number(
    call: Call,
    step: str,
    *say: str,
    longest: int,
    accept: Callable[[str], T],
    helping: Sequence[str] = (),
) -> T:
    """Ask for digits. `accept` turns them into a value or raises TryAgain; it gets "" for a lone #."""
    keypad = Keypad(longest=longest, settle=SETTLE)
    phrases = tuple(Phrase(key) for key in say)
    return await call.ask(step, phrases, lambda answer: accept(digits_of(answer)), keypad=keypad, helping=helping)


def digits_of(answer: Keys | Words) -> str:
    """What counts of the keys: those after the last *. Words must be digits alone for now."""
    if isinstance(answer, Keys):
        return answer.keys.rpartition("*")[2]
    digits = answer.text.replace(" ", "")
    if not digits.isdecimal():
        raise TryAgain("error.not_understood")
    return digits
