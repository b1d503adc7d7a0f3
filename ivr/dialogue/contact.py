"""The telephone for reminders and call-backs: the one he calls from, or another."""

from ivr.dialogue.call import Call, TryAgain
from ivr.dialogue.numbers import ask_number
from ivr.domain.identifiers import BadNumber, PhoneNumber


async def ask_contact(call: Call) -> PhoneNumber:
    """Ask for a telephone; the caller's own is offered where it is known."""
    if call.caller is not None and await call.yes("contact.ask"):
        return call.caller
    return await ask_number(call, "contact", "contact.enter", longest=11, accept=_phone)


def _phone(digits: str) -> PhoneNumber:
    try:
        if len(digits) in (10, 11):
            return PhoneNumber.parse(digits)
    except BadNumber:
        pass
    raise TryAgain("error.phone")
