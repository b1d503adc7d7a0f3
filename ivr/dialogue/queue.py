"""What callers hear who waited for a person: a call-back on a key, and nobody answered."""

from ivr.dialogue.call import Call
from ivr.dialogue.endings import take_callback
from ivr.dialogue.form import Form
from ivr.dialogue.turns import Goodbye
from ivr.services import calls


async def callback(call: Call) -> None:
    """1 in the queue: call me back (Q03, Q04). The call ends here."""
    await _remember(call)
    await take_callback(call, "asked_in_queue")


async def unserved(call: Call) -> None:
    """The queue was empty of operators, full, or took too long: offer a call-back."""
    await _remember(call)
    if not await call.yes("queue.unserved"):
        raise Goodbye
    await take_callback(call, "unserved")


async def _remember(call: Call) -> None:
    """What the caller entered before he was queued belongs to his request."""
    call.form = Form.from_dict(dict((await call.do(calls.of_key, call.key)).progress))
