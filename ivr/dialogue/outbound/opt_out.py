"""The end of a call that we made: a key for whoever wants no more of them, then goodbye (P132, P133)."""

from typing import NoReturn

from ivr.dialogue.line import Keypad, Phrase
from ivr.dialogue.outbound.talk import Talk
from ivr.dialogue.turns import Goodbye, ToOperator, Turn
from ivr.services import answers

SHORT = Keypad(first=3.0)
KEYS = {"8": "opt_out"}


async def farewell(talk: Talk) -> NoReturn:
    """Only a key counts; silence and anything else is a goodbye."""
    try:
        await talk.keyed(Phrase("outbound.opt_out"), KEYS, tries=1, keypad=SHORT)
    except ToOperator as turn:
        if turn.reason == "asked":
            raise
    except Turn:
        pass
    else:
        call = talk.call
        words = call.words("outbound.opt_out")
        await call.do(answers.opt_out, talk.about, wording=call.wording, words=words, now=call.desk.now())
        talk.call.say("outbound.opted_out")
    raise Goodbye(farewell="outbound.end")
