"""How a call ends: a goodbye, a person, or the caller is gone. The one place that catches a hang-up."""

import logging
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NoReturn

from ivr.dialogue.call import Call, Story
from ivr.dialogue.contact import ask_contact
from ivr.dialogue.line import CallerHungUp, LineTrouble
from ivr.dialogue.turns import EMERGENCY, USUAL, Goodbye, NoAnswer, ToOperator, Turn
from ivr.domain.refusals import NotAttached, ReferralNeeded, Refusal
from ivr.services import calls, tasks
from ivr.services.ports import StorageDown

log = logging.getLogger(__name__)

CALL_BACK_WITHIN = timedelta(hours=2)
WHY_NOT: Mapping[type[Refusal], tuple[str, ...]] = {
    NotAttached: ("not_attached.how", "not_attached.operator"),
    ReferralNeeded: ("referral.needed",),
}
"""What is said of a refusal with which only a person can help (S1.9, D-08, D-11); of the others X12."""


async def conduct(call: Call, story: Story) -> str:
    """Run a story to its ending; return the outcome: goodbye, operator, callback, hangup or trouble."""
    outcome = "trouble"
    reason: str | None = "crash"
    try:
        outcome, reason = await _told(call, story)
    except CallerHungUp:
        outcome, reason = "hangup", None
    except LineTrouble as trouble:
        log.error("the line cannot speak", extra={"call": call.key, "reason": str(trouble)})
        await _apologise(call)
    except Exception:
        log.exception("a story broke off", extra={"call": call.key})
        await _apologise(call)
    finally:
        await _finish(call, outcome, reason)
    return outcome


async def _told(call: Call, story: Story) -> tuple[str, str | None]:
    try:
        await story(call)
    except Goodbye as goodbye:
        return await _goodbye(call, goodbye)
    except NoAnswer:
        return await _no_answer(call)
    except ToOperator as turn:
        return await _person(call, turn.reason)
    except StorageDown:
        call.say("trouble.backend")
        return await _person(call, "backend_down")
    except Refusal as refusal:
        log.error("a refusal that no story expected", extra={"call": call.key, "code": refusal.code})
        call.say("error.commit_failed")
        return await _person(call, refusal.code)
    return await _goodbye(call, Goodbye())


async def _goodbye(call: Call, goodbye: Goodbye) -> tuple[str, str | None]:
    if goodbye.farewell != USUAL:
        if goodbye.farewell is not None:
            call.say(goodbye.farewell)
    elif goodbye.reason == "no_answer":
        call.say("end.no_answer")
    elif call.booked is None:
        call.say("end.goodbye")
    else:
        call.say("end.until", day=call.local(call.booked.slot.starts_at).date())
    await call.heard()
    await call.line.hang_up()
    return goodbye.outcome, goodbye.reason


async def _no_answer(call: Call) -> tuple[str, str | None]:
    """Three silences: perhaps he cannot press keys, so a person; nobody there at night (5.4)."""
    if call.operators_work():
        return await _person(call, "failed_no_answer")
    return await _closed(call, "failed_no_answer")


async def _person(call: Call, reason: str) -> tuple[str, str | None]:
    """To the queue, with everything that was entered; outside the hours a request to call back."""
    if not call.operators_work():
        return await _closed(call, reason)
    if reason == EMERGENCY:
        return await _at_once(call)
    if reason.startswith("failed_"):
        call.say("error.operator")
    _warn_of_recording(call)
    if call.form.as_dict():
        call.say("queue.warm")
    call.say("queue.position", position=await call.line.waiting() + 1)
    await call.heard()
    await call.line.transfer()
    return "operator", reason


def _warn_of_recording(call: Call) -> None:
    """A caller was told at the beginning; whom we have rung up is told when it comes to it."""
    if call.rung_up and call.recorded:
        call.say("queue.recorded")


async def _at_once(call: Call) -> tuple[str, str | None]:
    """Life may be in danger: whom to phone, and a person before all others."""
    call.say("emergency.notice")
    call.say("emergency.person")
    await call.heard()
    await call.line.transfer(urgent=True)
    return "operator", EMERGENCY


async def _closed(call: Call, reason: str) -> tuple[str, str | None]:
    """No operators now (Q07)."""
    goodbye = Goodbye()
    try:
        if await call.yes("queue.closed"):
            await take_callback(call, reason)
    except Goodbye as taken:
        goodbye = taken
    except NoAnswer:
        goodbye = Goodbye(reason="no_answer")
    except StorageDown:  # his wish cannot be noted
        call.say("closed.hours", hours=call.hospital.operator_hours)
        goodbye = Goodbye(reason="backend_down")
    except Turn:
        pass  # nobody to pass him to: whatever else was pressed, the call ends kindly
    return await _goodbye(call, goodbye)


async def take_callback(call: Call, reason: str) -> NoReturn:
    """Note who wants to be called back and by when (Q03, Q04), and say goodbye."""
    contact = call.caller or await ask_contact(call)
    promised = promised_until(call)
    await call.do(
        tasks.ask_callback,
        call_key=call.key,
        caller=contact,
        reason=reason,
        promised_until=promised,
        patient_id=call.form.patient_id,
        key=f"{call.key}-callback",
        now=call.desk.now(),
    )
    local = call.local(promised)
    if local.date() == call.today():
        call.say("queue.callback_taken", time=local.time())
    else:
        call.say("queue.callback_day", day=local.date(), time=local.time())
    raise Goodbye("callback", reason)


def promised_until(call: Call) -> datetime:
    """Two hours of operators' time from now: what does not fit into this working day goes on in the next ones."""
    moment, left = call.local(call.desk.now()), CALL_BACK_WITHIN
    while True:
        opens, closes = _operators_at(call, moment.date())
        moment = max(moment, opens)
        if moment + left <= closes:
            return moment + left
        left -= max(closes - moment, timedelta(0))
        moment, _ = _operators_at(call, call.rules.calendar.add_working_days(moment.date(), 1))


def _operators_at(call: Call, day: date) -> tuple[datetime, datetime]:
    """When operators begin and end on that day; at once where they do not work."""
    hours = call.hospital.operator_hours
    opens, closes = _at(call, day, hours.opens), _at(call, day, hours.closes)
    if not call.rules.calendar.is_working(day):
        return opens, opens
    return opens, closes - timedelta(hours=day in call.rules.calendar.short_days)


def _at(call: Call, day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=call.rules.zone)


def to_person(call: Call, refusal: Refusal) -> NoReturn:
    """Say why nothing is booked, and pass the caller on."""
    for key in WHY_NOT.get(type(refusal), ("error.commit_failed",)):
        call.say(key)
    raise ToOperator(refusal.code) from refusal


async def offer_person(call: Call, reason: str) -> None:
    """A person, if he wants one; where nobody is there now nothing is offered."""
    if call.operators_work() and await call.yes("operator.offer"):
        raise ToOperator(reason)


async def _apologise(call: Call) -> None:
    """The telephone exchange itself says sorry and passes the caller to a person.

    Whom we have rung up asked for nobody: his call ends, and he is rung again.
    """
    try:
        if call.rung_up:
            await call.line.hang_up()
        else:
            await call.line.transfer(apologise=True)
    except CallerHungUp:
        log.info("the caller left before the apology", extra={"call": call.key})


async def _finish(call: Call, outcome: str, reason: str | None) -> None:
    """Close the journal and let go of holds; a hold travels with a caller passed to a person."""
    try:
        await call.stored()
        await call.desk.do(calls.finish, call.key, outcome=outcome, detail=reason, now=call.desk.now())
    except StorageDown:
        log.error("a call could not be closed in the database; its hold lapses by itself", extra={"call": call.key})
