"""Who has answered, and is it he? Until the year of birth is right nothing is told but the hospital's name (4.2)."""

from dataclasses import dataclass
from functools import partial

from ivr.dialogue.call import TryAgain
from ivr.dialogue.line import Keypad, Phrase
from ivr.dialogue.numbers import ask_number
from ivr.dialogue.outbound.talk import Talk
from ivr.dialogue.turns import Turn
from ivr.domain.patient import Patient
from ivr.understand import birth

WRONG_YEARS = 2
HANDED_OVER = Keypad(first=20.0)
"""So many seconds, three times, for the receiver to reach the other room."""
HAND_OVERS = 3
"""Then it is a game, or a stuck key."""
YEAR_DIGITS = 4


class NotHim(Turn):
    """Somebody else has answered, or nobody who knows the year."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The person who is called to the telephone."""

    person: Patient
    for_child: bool
    """He is the representative of a child whom the call is about."""


async def prove(talk: Talk, asked: Asked) -> None:
    """Return when the right person has named his year of birth. Raises NotHim, or the Turns of any question."""
    await _called(talk, asked.person)
    await _known_by_year(talk, asked)


async def _called(talk: Talk, person: Patient) -> None:
    """Yes, no, or «I pass the receiver»: then the same question for the other person, and patience (P121, P122)."""
    named = Phrase("outbound.person", {"person": person})
    answer = await talk.choose("right_person", named, Phrase("outbound.hand_over"))
    for _ in range(HAND_OVERS):
        if answer != "hand_over":
            break
        talk.call.say("outbound.waiting")
        answer = await talk.choose("right_person", Phrase("outbound.hello"), named, keypad=HANDED_OVER)
    if answer != "yes":
        raise NotHim


async def _known_by_year(talk: Talk, asked: Asked) -> None:
    for attempt in range(WRONG_YEARS):
        if attempt:
            talk.call.say("outbound.year_wrong")
        if await _year(talk, for_child=asked.for_child) == str(asked.person.birth_date.year):
            return
        talk.call.note("year", "wrong")
    raise NotHim


async def _year(talk: Talk, *, for_child: bool) -> str:
    """A representative is asked for his own year, so that he does not key the child's."""
    call = talk.call
    return await ask_number(
        call,
        "year",
        "outbound.own_year" if for_child else "outbound.year",
        longest=YEAR_DIGITS,
        accept=_four,
        spoken=partial(birth.years, today=call.today()),
        question="birth",
    )


def _four(digits: str) -> str:
    if len(digits) != YEAR_DIGITS:
        raise TryAgain("error.group_length")
    return digits
