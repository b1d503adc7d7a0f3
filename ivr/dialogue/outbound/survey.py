"""Two questions after a visit, one to five (P150 to P153)."""

from ivr.dialogue.line import Phrase
from ivr.dialogue.outbound.talk import Talk
from ivr.domain.worklist import TaskResult


async def survey(talk: Talk) -> None:
    """Both answers are kept together, or none."""
    day = talk.call.local(talk.visit.slot.starts_at).date()
    if await talk.choose("yes", Phrase("survey.ask", {"day": day})) == "no":
        if await talk.sure():
            await talk.done(TaskResult.REFUSED)
        return
    visit = await talk.choose("rating", Phrase("survey.visit"))
    booking = await talk.choose("rating", Phrase("survey.booking"))
    if await talk.sure():
        await talk.done(TaskResult.RATED, note=f"visit={visit} booking={booking}")
        talk.call.say("survey.thanks")
