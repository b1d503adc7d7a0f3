"""Somebody has picked up: prove who it is, tell the story of the task, end kindly. The entry of outbound calls."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

from ivr.dialogue.call import Call
from ivr.dialogue.outbound.clinic import cancelled, moved
from ivr.dialogue.outbound.no_show import missed
from ivr.dialogue.outbound.offer import offered
from ivr.dialogue.outbound.opt_out import farewell
from ivr.dialogue.outbound.reminder import referred, remind
from ivr.dialogue.outbound.right_person import Asked, NotHim, prove
from ivr.dialogue.outbound.survey import survey
from ivr.dialogue.outbound.talk import Talk
from ivr.dialogue.turns import EMERGENCY, GoBack, Goodbye, MainMenu, NoAnswer, ToOperator
from ivr.domain.dialling import Outcome
from ivr.domain.refusals import NotFound
from ivr.domain.tasks import TaskKind
from ivr.domain.worklist import TaskResult
from ivr.services import answers, outreach
from ivr.services.ports import StorageDown

ASKED_FOR_A_PERSON = frozenset({"asked", EMERGENCY})

STORIES: Mapping[TaskKind, Callable[[Talk], Awaitable[None]]] = {
    TaskKind.FEEDBACK: remind,
    TaskKind.REFERRAL_NOTICE: referred,
    TaskKind.OFFER: offered,
    TaskKind.CLINIC_CANCELLED: cancelled,
    TaskKind.CLINIC_MOVED: moved,
    TaskKind.SURVEY: survey,
    TaskKind.NO_SHOW: missed,
}
"""What is told after the proof."""


async def answer(call: Call) -> None:
    """The whole call. Ends by Goodbye, ToOperator or a hang-up, never by returning."""
    talk, asked = await _reached(call)
    call.form.patient_id = talk.patient.id
    call.entered()
    if asked.for_child:
        call.say("outbound.child", name=talk.patient.given_name)
    await _told(talk)


async def machine(call: Call) -> None:
    """An answering machine was heard, where that is looked for: one message, and only by the last attempt (4.2)."""
    call.rung_up = True
    talk = await _briefed(call)
    await talk.ends(Outcome.MACHINE)
    if Outcome.MACHINE in talk.about.final:
        call.say("outbound.hello")
        _leave_message(talk)
    raise Goodbye(reason="machine", farewell=None)


async def _reached(call: Call) -> tuple[Talk, Asked]:
    """The right person is there, and has proved it; whatever breaks before that ends the call."""
    call.rung_up = True
    call.say("outbound.hello")
    try:
        talk = await _briefed(call)
        asked = await _asked(talk)
        await _proved(talk, asked)
    except StorageDown:
        raise Goodbye(reason="backend_down", farewell="outbound.sorry") from None
    return talk, asked


async def _briefed(call: Call) -> Talk:
    """What the call is about; one of which we know nothing, or that is not needed any more, ends at once."""
    try:
        about = await call.do(outreach.briefing, call.key, rules=call.rules, now=call.desk.now())
    except NotFound:
        raise Goodbye(reason="not_briefed", farewell="outbound.sorry") from None
    call.caller = about.phone  # whatever the line names
    talk = Talk(call, about)
    if not answers.is_needed(about, now=call.desk.now()):
        # Who wants no robot any more is still told by a message or a person.
        await talk.ends(Outcome.NOT_NEEDED, TaskResult.NOT_NEEDED if about.welcome else None)
        raise Goodbye(reason="not_needed", farewell="outbound.sorry")
    return talk


async def _asked(talk: Talk) -> Asked:
    """The patient; for a child under 15 a registered representative. Nobody to ask: a person looks after it (4.2)."""
    call = talk.call
    person = await call.do(answers.asked_for, talk.about, rules=call.rules, now=call.desk.now())
    if person is None:
        await talk.ends(Outcome.DONE)
        _leave_message(talk)
        raise Goodbye(reason="nobody_to_ask", farewell="outbound.sorry")
    return Asked(person, for_child=person.id != talk.patient.id)


async def _proved(talk: Talk, asked: Asked) -> None:
    """Whatever happens before the proof changes nothing and tells nothing."""
    try:
        await prove(talk, asked)
    except NotHim:
        await talk.ends(Outcome.WRONG_PERSON)
        if Outcome.WRONG_PERSON in talk.about.final:
            _leave_message(talk)
        raise Goodbye(reason="wrong_person", farewell="outbound.sorry") from None
    except NoAnswer:
        await _nobody(talk)
    except (GoBack, MainMenu):
        await _unfinished(talk, "turned_away")
    except ToOperator as turn:
        if turn.reason not in ASKED_FOR_A_PERSON or not talk.call.operators_work():
            await _unfinished(talk, turn.reason)
        await talk.ends(Outcome.UNFINISHED)
        raise


async def _nobody(talk: Talk) -> NoReturn:
    """Silence: a machine may be recording, so the last attempt leaves its message and nothing else is said."""
    await talk.ends(Outcome.UNFINISHED)
    if Outcome.UNFINISHED not in talk.about.final:
        raise Goodbye(reason="no_answer", farewell="outbound.sorry")
    _leave_message(talk)
    raise Goodbye(reason="no_answer", farewell=None)


async def _unfinished(talk: Talk, reason: str) -> NoReturn:
    await talk.ends(Outcome.UNFINISHED)
    raise Goodbye(reason=reason, farewell="outbound.sorry") from None


def _leave_message(talk: Talk) -> None:
    """All that a voicemail or a third person may hear (P130)."""
    talk.call.say("outbound.call_back", phone=talk.call.hospital.registry_phone)


async def _told(talk: Talk) -> None:
    """The story, then the way to have no more of such calls."""
    try:
        await STORIES[talk.about.kind](talk)
    except NoAnswer:
        await talk.ends(Outcome.UNFINISHED)
        raise Goodbye(reason="no_answer", farewell="end.no_answer") from None
    except (GoBack, MainMenu):  # of a question that has nothing behind it
        await talk.ends(Outcome.UNFINISHED)
    except ToOperator:
        await talk.ends(Outcome.DONE)  # a person goes on; what he leaves undone stays on the list of people's work
        raise
    await farewell(talk)
