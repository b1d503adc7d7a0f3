"""What callers hear who waited for a person: a call-back on a key, and nobody answered."""

from ivr.dialogue.call import Call
from ivr.dialogue.endings import take_callback
from ivr.dialogue.turns import Goodbye


async def callback(call: Call) -> None:
    """1 in the queue: call me back (Q03, Q04). The call ends here."""
    await take_callback(call, "asked_in_queue")


async def unserved(call: Call) -> None:
    """The queue was empty of operators, full, or took too long: offer a call-back."""
    if not await call.yes("queue.unserved"):
        raise Goodbye
    await take_callback(call, "unserved")
