"""A freed time is offered to who waits for one: taken, not taken, or he waits no more (1.5, P140 to P146)."""

from datetime import timedelta

from ivr.dialogue.line import Phrase
from ivr.dialogue.outbound.talk import Talk
from ivr.dialogue.turns import ToOperator
from ivr.domain.dialling import Outcome
from ivr.domain.refusals import Refusal
from ivr.domain.slot import Slot
from ivr.services import answers

MINUTE = timedelta(minutes=1)
DECLINED_OFTEN = 3
"""Who declines so often is asked whether he still waits (1.5)."""


async def offered(talk: Talk) -> None:
    """The time is held while he thinks, and goes with him to a person; what he says first is what holds."""
    try:
        await _answered(talk)
    except ToOperator as turn:
        if not talk.settled:
            await _passed_on(talk, by_key=turn.reason == "asked" and not talk.call.by_voice)
        raise


async def _passed_on(talk: Talk, *, by_key: bool) -> None:
    """By key the time becomes the call's own; whatever else led to a person leaves the offer as it is."""
    if not by_key:
        await talk.ends(Outcome.UNFINISHED)
        return
    await talk.call.do(answers.to_person, talk.about, rules=talk.call.rules, now=talk.call.desk.now())
    talk.settled = True


async def _answered(talk: Talk) -> None:
    call = talk.call
    slot = await call.do(answers.offered, talk.about, now=call.desk.now())
    if slot is None:
        await _lost(talk)
        return
    while True:
        phrases = (_time(talk, slot), Phrase("offer.held", {"minutes": _minutes_left(talk)}), Phrase("offer.ask"))
        answer = await talk.choose("offer_answer", *phrases)
        if await talk.sure():
            break
    match answer:
        case "take":
            await _take(talk)
        case "decline":
            await _decline(talk)
        case _:
            await _leave(talk)


def _time(talk: Talk, slot: Slot) -> Phrase:
    at = talk.call.local(slot.starts_at)
    if talk.about.sensitive:
        return Phrase("offer.time_sensitive", {"day": at.date(), "time": at.time()})
    return Phrase("offer.time", {"day": at.date(), "time": at.time(), "spec": slot.speciality})


def _minutes_left(talk: Talk) -> int:
    """Full minutes; the last one is said as one."""
    return max(1, (talk.about.offered.until - talk.call.desk.now()) // MINUTE)


async def _take(talk: Talk) -> None:
    call = talk.call
    try:
        booked = await call.do(answers.accept, talk.about, rules=call.rules, now=call.desk.now())
    except Refusal as refusal:
        call.note("offer_answer", refusal.code)
        await _lost(talk)
        return
    talk.settled = True
    call.booked = booked
    at = call.local(booked.slot.starts_at)
    call.say("offer.taken", day=at.date(), time=at.time(), room=booked.slot.room)


async def _lost(talk: Talk) -> None:
    await talk.call.do(answers.lose, talk.about, rules=talk.call.rules, now=talk.call.desk.now())
    talk.settled = True
    talk.call.say("offer.lost")


async def _decline(talk: Talk) -> None:
    call = talk.call
    entry = await call.do(answers.decline, talk.about, rules=call.rules, now=call.desk.now())
    talk.settled = True
    if entry.declined >= DECLINED_OFTEN and not await talk.by_key("waiting.already", spec=entry.speciality):
        await _leave(talk)
        return
    call.say("offer.declined")


async def _leave(talk: Talk) -> None:
    await talk.call.do(answers.leave, talk.about, rules=talk.call.rules, now=talk.call.desk.now())
    talk.settled = True
    talk.call.say("offer.left")
