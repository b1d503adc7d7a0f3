"""Who the visit is for: a number and the birth date, read back, both matching one record (S2.1, D-05)."""

from datetime import date
from functools import partial
from typing import NoReturn

from ivr.dialogue.call import CORRECTIONS, Call, TryAgain
from ivr.dialogue.numbers import ask_number
from ivr.dialogue.policy import WAYS, Way, ask_policy, corrected
from ivr.dialogue.turns import ToOperator
from ivr.domain import identifiers
from ivr.domain.identifiers import BadNumber, Claim, OmsNumber, Snils
from ivr.domain.patient import Patient
from ivr.domain.refusals import CallerLocked, CertificateExpired, NotIdentified
from ivr.services import identification
from ivr.understand import birth, digits

TRIES = 3


async def identify(call: Call) -> Patient:
    """Ask until number and birth date name one patient; three failures lead to a person (S3.2, D-06)."""
    await _unless_locked(call)
    call.say("greeting.data_use")
    for _ in range(TRIES):
        claim = await _number(call)
        born = await _birth_date(call)
        try:
            patient = await call.do(
                identification.identify, claim, born, caller=call.caller, rules=call.rules, now=call.desk.now()
            )
        except NotIdentified:
            call.say("identified.mismatch")
        except CertificateExpired:
            call.say("certificate.expired")
            raise ToOperator("certificate_expired") from None
        except CallerLocked:
            _locked(call)
        else:
            call.say("identified.thanks")
            return patient
    call.say("identified.failed")
    raise ToOperator("not_identified")


async def is_the_same(call: Call, patient_id: int) -> bool:
    """Whether the caller knows the birth date of whom the cut call was about; before, nothing is told of him (4.2)."""
    born = await _asked_birth(call)
    try:
        await call.do(
            identification.confirm, patient_id, born, caller=call.caller, rules=call.rules, now=call.desk.now()
        )
    except NotIdentified:
        call.say("identified.mismatch")
        return False
    except CallerLocked:
        _locked(call)
    return True


async def unless_strange(call: Call, patient: Patient, reason: str) -> None:
    """What the hospital knows is told only on a telephone that is the patient's (4.2); on another a person asks."""
    known = await call.do(
        identification.may_hear_bookings, patient, caller=call.caller, rules=call.rules, now=call.desk.now()
    )
    if not known:
        call.say("error.operator")
        raise ToOperator(reason)


async def _unless_locked(call: Call) -> None:
    try:
        await call.do(identification.refuse_locked, call.caller, rules=call.rules, now=call.desk.now())
    except CallerLocked:
        _locked(call)


def _locked(call: Call) -> NoReturn:
    """Too many wrong numbers from this telephone: only a person helps now (D-06)."""
    call.say("error.locked")
    raise ToOperator("locked") from None


async def _number(call: Call) -> Claim:
    """OMS number, or SNILS, or temporary certificate; read back by the last four."""
    for _ in range(CORRECTIONS):
        claim = await ask_policy(call)
        if claim is Way.SNILS:
            claim = await ask_number(
                call,
                "snils",
                "snils.ask",
                "no_policy.ask",
                longest=11,
                accept=_snils,
                spoken=partial(digits.readings, lengths=frozenset({11})),
                ways=WAYS,
                helping=("oms.help",),
            )
        if claim is Way.NO_POLICY:
            await _no_policy(call)
        if isinstance(claim, OmsNumber) and call.by_voice:
            claim = await corrected(call, claim)
        elif claim is not None and not isinstance(claim, Way) and not await _confirmed(call, claim):
            claim = None
        if claim is not None and not isinstance(claim, Way):
            return claim
    raise ToOperator("number_not_confirmed")


async def _confirmed(call: Call, claim: Claim) -> bool:
    """Read back: the last four of what was keyed, all of what was spoken."""
    if call.by_voice:
        return await call.yes("number.groups", number=claim.digits)
    return await call.yes("number.confirm", last4=claim.digits[-4:])


async def _no_policy(call: Call) -> None:
    """Both messages, always; no planned visit without a policy (S2.3)."""
    call.say("no_policy.urgent_care")
    call.say("no_policy.insurer")
    call.note("no_policy", "told")
    raise ToOperator("no_policy")


async def _birth_date(call: Call) -> date:
    for _ in range(CORRECTIONS):
        born = await _asked_birth(call)
        if await call.yes("birth.confirm", born=born):
            return born
    raise ToOperator("birth_not_confirmed")


async def _asked_birth(call: Call) -> date:
    return await ask_number(
        call,
        "birth",
        "birth.ask",
        longest=8,
        accept=partial(_born, call),
        spoken=partial(birth.readings, today=call.today()),
        question="birth",
        helping=("birth.help",),
    )


def _snils(number: str) -> Claim | Way:
    if number == "1":
        return Way.NO_POLICY
    try:
        return Snils(number)
    except BadNumber as bad:
        short = bad.code == "SNILS_LENGTH"
        raise TryAgain("error.snils_length" if short else "error.number_checksum") from None


def _born(call: Call, number: str) -> date:
    try:
        return identifiers.birth_date(number, today=call.today())
    except BadNumber:
        raise TryAgain("error.birth_date") from None
