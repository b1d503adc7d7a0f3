"""He did not come: perhaps he wants another time (P154)."""

from ivr.dialogue.line import Phrase
from ivr.dialogue.outbound.talk import Talk
from ivr.dialogue.outbound.visit import anew
from ivr.domain.worklist import TaskResult


async def missed(talk: Talk) -> None:
    """Nothing is held against anybody (1.6): a new visit, or none."""
    wanted = await talk.choose("yes", Phrase("no_show.ask")) == "yes"
    if await talk.sure() and not (wanted and await anew(talk, TaskResult.BOOKED)):
        await talk.done(TaskResult.REFUSED)
