"""A visit is near: he comes, cancels, moves it or speaks to a person (S1.8, S3.7, P124 to P129)."""

from ivr.dialogue.line import Phrase
from ivr.dialogue.outbound.talk import Talk
from ivr.dialogue.outbound.visit import another_time, call_off
from ivr.domain.worklist import TaskResult


async def remind(talk: Talk) -> None:
    """The day before: «завтра» where it is tomorrow, otherwise the date with its weekday."""
    await _asked_until_settled(talk, _reminder(talk))


async def referred(talk: Talk) -> None:
    """A doctor has booked him elsewhere: when he is expected (S4.3)."""
    at = talk.call.local(talk.visit.slot.starts_at)
    if talk.about.sensitive:
        phrase = Phrase("notice.referred_sensitive", {"day": at.date(), "time": at.time()})
    else:
        values = {"day": at.date(), "time": at.time(), "spec": talk.visit.slot.speciality}
        phrase = Phrase("notice.referred", values)
    await _asked_until_settled(talk, phrase)


async def _asked_until_settled(talk: Talk, told: Phrase) -> None:
    """A move that came to nothing and a cancel taken back lead to the question again: the visit stands."""
    call = talk.call
    while True:
        match await talk.choose("reminder", told, Phrase("reminder.ask")):
            case "come" if await talk.sure():
                await talk.done(TaskResult.CONFIRMED)
                call.say("reminder.thanks")
                return
            case "cancel":
                if await call_off(talk):
                    return
                call.say("mine.kept")
            case "move":
                if await another_time(talk, TaskResult.MOVED):
                    return
                call.say("mine.kept")


def _reminder(talk: Talk) -> Phrase:
    slot, at = talk.visit.slot, talk.call.local(talk.visit.slot.starts_at)
    day, time = at.date(), at.time()
    tomorrow = (day - talk.call.today()).days == 1
    if talk.about.sensitive:
        if tomorrow:
            return Phrase("reminder.tomorrow_sensitive", {"day": day, "time": time})
        return Phrase("reminder.day_sensitive", {"day": day, "time": time})
    if tomorrow:
        return Phrase("reminder.tomorrow", {"day": day, "time": time, "spec": slot.speciality})
    return Phrase("reminder.day", {"day": day, "time": time, "spec": slot.speciality})
