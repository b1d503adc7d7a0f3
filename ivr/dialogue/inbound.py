"""A patient phones: greeting, main menu, one story after another until he is served."""

from collections.abc import Mapping
from functools import partial

from ivr.dialogue.booking import book_a_visit, go_on
from ivr.dialogue.call import Call, Story
from ivr.dialogue.form import Form
from ivr.dialogue.identify import is_the_same
from ivr.dialogue.information import doctor_at_home, information
from ivr.dialogue.line import Phrase
from ivr.dialogue.mine import my_bookings
from ivr.dialogue.turns import GoBack, Goodbye, MainMenu, NoAnswer
from ivr.dialogue.waiting import my_waiting
from ivr.services import booking, calls
from ivr.understand.grammar import Heard


async def answer(call: Call) -> None:
    """The whole call. Ends by Goodbye, ToOperator or a hang-up, never by returning."""
    await _greet(call)
    if cut_off := await _resumed(call):
        await _serve(call, partial(go_on, cut_off=cut_off))
    while True:
        try:
            chosen = await call.choose("main", *_main_menu(call), meant=_meant)
        except (GoBack, MainMenu):
            continue
        if chosen == "slower":
            call.slow = True
            call.say("slow.on")
        else:
            await _serve(call, STORIES[chosen])


def _meant(heard: Heard) -> str | None:
    """Whoever names a doctor or a time wants a visit; a menu's own words are clearer than that."""
    said = heard.values.get("main")
    return said or ("book" if heard.values else None)


async def _greet(call: Call) -> None:
    call.say("greeting.hello" if call.recorded else "greeting.unrecorded")
    call.say("greeting.robot")
    call.say("greeting.emergency")
    if await call.line.hears():
        call.say("greeting.voice")
    if call.operators_work():
        call.say("greeting.operator_key")
    else:
        call.say("closed.greeting")
        call.say("closed.hours", hours=call.hospital.operator_hours)


def _main_menu(call: Call) -> tuple[Phrase, ...]:
    """The slow mode is offered once, in the first round."""
    phrases = tuple(Phrase(key) for key in call.menus["main"].say)
    return phrases if call.slow or call.questions else (*phrases, Phrase("slow.offer"))


async def _resumed(call: Call) -> str | None:
    """Cut off less than ten minutes ago, same number: go on where it stopped, if he knows whom it was about (P011).

    The key of that call, where the caller wants to.
    """
    if call.caller is None:
        return None
    cut_off = await call.do(calls.unfinished, call.caller, rules=call.rules, now=call.desk.now())
    if cut_off is None:
        return None
    try:
        if not await call.yes("resume.offer") or not await is_the_same(call, cut_off.progress["patient_id"]):
            return None
    except (GoBack, MainMenu):
        return None
    call.form = Form.from_dict(dict(cut_off.progress))
    call.entered()
    return cut_off.key


STORIES: Mapping[str, Story] = {
    "book": book_a_visit,
    "mine": my_bookings,
    "waiting": my_waiting,
    "home": doctor_at_home,
    "info": information,
}


async def _serve(call: Call, story: Story) -> None:
    """One story, then ask what else; 9 at its first question and «главное меню» come back to the menu."""
    try:
        await story(call)
        await _anything_else(call)
    except (GoBack, MainMenu):
        pass
    await call.do(booking.release, call.key)
    call.form = Form()
    call.overheard.clear()
    call.entered()


async def _anything_else(call: Call) -> None:
    """Silence here is a goodbye, not a failure."""
    try:
        more = await call.yes("end.more")
    except NoAnswer:
        more = False
    if not more:
        raise Goodbye
