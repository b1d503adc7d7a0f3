"""The hospital has cancelled or moved a visit: it says so, and finds another time (1.6, P134, P135)."""

from ivr.dialogue.line import Phrase
from ivr.dialogue.outbound.talk import Talk
from ivr.dialogue.outbound.visit import anew, another_time, cancel
from ivr.domain.booking import BookingStatus
from ivr.domain.worklist import TaskResult
from ivr.services import answers


async def cancelled(talk: Talk) -> None:
    """The doctor is away: another time, or none. Who only waits for one has his place on the waiting list."""
    call = talk.call
    day = call.local(talk.visit.slot.starts_at).date()
    stands = talk.visit.status is BookingStatus.BOOKED
    while True:
        answer = await talk.choose("yes", Phrase("clinic.cancelled", {"day": day}))
        if not await talk.sure():
            continue
        if answer == "no":
            await _called_off(talk, TaskResult.CANCELLED, stands=stands)
            call.say("clinic.called_off")
            return
        if await (another_time if stands else anew)(talk, TaskResult.MOVED):
            return
        if await call.do(answers.waits_for, talk.about):
            await _called_off(talk, TaskResult.QUEUED, stands=stands)
            return


async def _called_off(talk: Talk, result: TaskResult, *, stands: bool) -> None:
    """No other time now: the visit is over, as its doctor is not there."""
    if stands:
        await cancel(talk, BookingStatus.CANCELLED_BY_CLINIC, result)
    else:
        await talk.done(result)


async def moved(talk: Talk) -> None:
    """The time is another one: it suits, or the patient chooses."""
    call = talk.call
    at = call.local(talk.visit.slot.starts_at)
    told = Phrase("clinic.moved", {"day": at.date(), "time": at.time()})
    while True:
        answer = await talk.choose("yes", told)
        if answer == "yes" and await talk.sure():
            await talk.done(TaskResult.CONFIRMED)
            call.say("reminder.thanks")
            return
        if answer == "no":
            if await another_time(talk, TaskResult.MOVED):
                return
            call.say("mine.kept")
