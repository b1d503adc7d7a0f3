"""What may become of a visit in a call that we made: called off, moved, booked anew."""

from collections.abc import Awaitable

from ivr.dialogue.booking import book_again, move_a_visit
from ivr.dialogue.mine import BY_DOCTOR
from ivr.dialogue.outbound.talk import Talk
from ivr.dialogue.turns import GoBack, MainMenu, NoAnswer, ToOperator
from ivr.domain.booking import BookingStatus
from ivr.domain.refusals import TooLate, WrongTurn
from ivr.domain.worklist import TaskResult
from ivr.services import answers, booking


async def call_off(talk: Talk) -> bool:
    """Asked twice, the second time by key; then the slot is free and another day is offered (P128, P129)."""
    if not await talk.by_key("reminder.sure"):
        return False
    await cancel(talk, BookingStatus.CANCELLED_BY_PATIENT, TaskResult.CANCELLED)
    try:
        again = await talk.call.yes("reminder.cancelled")
    except (GoBack, MainMenu, NoAnswer):
        again = False
    if again:
        await anew(talk, TaskResult.CANCELLED)
    return True


async def cancel(talk: Talk, status: BookingStatus, result: TaskResult) -> None:
    """Cancel, and end the attempt, in one transaction."""
    call = talk.call
    try:
        await call.do(answers.cancel, talk.about, status=status, result=result, rules=call.rules, now=call.desk.now())
    except TooLate:
        call.say("cancel.too_late")
        raise ToOperator("too_late") from None
    except WrongTurn:  # through another channel, while we were talking: a person looks what stands
        call.say("error.operator")
        raise ToOperator("changed_meanwhile") from None
    talk.settled = True


async def another_time(talk: Talk, result: TaskResult) -> bool:
    """Move the visit by the dialogue of inbound calls; False where it stays."""
    if not await talk.sure():
        return False
    _unless_by_doctor(talk)
    if talk.call.desk.now() >= talk.visit.slot.starts_at:
        talk.call.say("cancel.too_late")
        raise ToOperator("too_late")
    return await _booked(talk, move_a_visit(talk.call, talk.patient, talk.visit), result)


async def anew(talk: Talk, result: TaskResult) -> bool:
    """A new visit like the one that did not take place; False where none was booked."""
    _unless_by_doctor(talk)
    return await _booked(talk, book_again(talk.call, talk.patient, talk.visit), result)


def _unless_by_doctor(talk: Talk) -> None:
    """Slots that only a doctor opens are his to give (S4.2)."""
    if talk.visit.slot.kind in BY_DOCTOR:
        talk.call.say("repeat.by_doctor")
        raise ToOperator("repeat_visit")


async def _booked(talk: Talk, dialogue: Awaitable[None], result: TaskResult) -> bool:
    """Whatever was booked counts, though its talon be not heard to the end."""
    call = talk.call
    try:
        await dialogue
    except (GoBack, MainMenu):
        pass
    finally:
        if call.booked is not None:
            await talk.done(result)
    if call.booked is None:
        await call.do(booking.release, call.key)
    return call.booked is not None
