"""The policy number, keyed or spoken: one digit heard wrong is repaired, and never believed before it was read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ivr.dialogue.call import CORRECTIONS, Call, TryAgain
from ivr.dialogue.ears import Spoken
from ivr.dialogue.numbers import ask_number
from ivr.domain.identifiers import BadNumber, Certificate, Claim, OmsNumber, Snils
from ivr.domain.refusals import CallerLocked
from ivr.services import identification
from ivr.understand import digits

OMS = 16
GROUP = 4


class Way(Enum):
    """Answers to the question for a number that are not a number."""

    SNILS = "snils"
    NO_POLICY = "no_policy"


WAYS: Mapping[str, Any] = {way.value: way for way in Way}


@dataclass(frozen=True, slots=True)
class Misheard:
    """Sixteen digits whose check digit is wrong."""

    digits: str = field(repr=False)


async def ask_policy(call: Call) -> Claim | Way | None:
    """OMS number, SNILS, temporary certificate, or a way without them; None where what was spoken made no sense."""
    said: Claim | Way | Misheard = await ask_number(
        call,
        "oms",
        "oms.ask",
        longest=OMS,
        accept=_claim,
        spoken=_spoken,
        ways=WAYS,
        rescue=_misheard,
        helping=("oms.help", "oms.snils_way"),
    )
    if isinstance(said, Misheard):
        return await _repaired(call, said.digits)
    return said


async def corrected(call: Call, number: OmsNumber) -> OmsNumber | None:
    """Read back by groups of four; the caller corrects one of them. None where it does not become right."""
    spoken = number.digits
    for left in reversed(range(CORRECTIONS + 1)):
        if await call.yes("number.groups", number=spoken):
            try:
                return OmsNumber(spoken)
            except BadNumber:
                call.say("error.number_checksum")
        if not left:
            break
        begin = (int(await call.choose("group")) - 1) * GROUP
        group = await ask_number(call, "group_digits", "group.ask", longest=GROUP, accept=_group, spoken=_four)
        spoken = spoken[:begin] + group + spoken[begin + GROUP :]
    return None


async def _repaired(call: Call, misheard: str) -> OmsNumber | None:
    """The one number of the register that differs in one digit; counted as an attempt, for it tells who is known."""
    call.note("oms", "repair")
    try:
        found = await call.do(
            identification.misheard, misheard, caller=call.caller, rules=call.rules, now=call.desk.now()
        )
    except CallerLocked:
        found = None
    if found is None:
        call.say("error.number_checksum")
    return found


def _claim(number: str) -> Claim | Way | Misheard:
    if number == "1":
        return Way.SNILS
    try:
        match len(number):
            case 16:
                return OmsNumber(number)
            case 11:
                return Snils(number)
            case 9:
                return Certificate(number)
    except BadNumber:
        raise TryAgain("error.number_checksum") from None
    if not number:
        raise TryAgain("oms.help")
    raise TryAgain("error.oms_length", n=len(number))


def _misheard(answer: Spoken) -> Misheard | None:
    for reading in answer.readings:
        for number in digits.readings(reading.text, frozenset({OMS})):
            return Misheard(number)
    return None


def _spoken(text: str) -> list[str]:
    return digits.readings(text, frozenset({OMS, 11, 9})) or digits.readings(text)[:1]


def _four(text: str) -> list[str]:
    return digits.readings(text, frozenset({GROUP}))


def _group(number: str) -> str:
    if len(number) != GROUP:
        raise TryAgain("error.group_length")
    return number
