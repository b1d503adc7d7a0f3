"""The telephone for reminders and call-backs: the one he calls from, or another."""

from ivr.dialogue.call import CORRECTIONS, Call, TryAgain
from ivr.dialogue.numbers import ask_number
from ivr.dialogue.turns import ToOperator
from ivr.domain.identifiers import BadNumber, PhoneNumber


async def ask_contact(call: Call) -> PhoneNumber:
    """Ask for a telephone; the caller's own is offered where it is known."""
    if call.caller is not None and await call.yes("contact.this" if call.rung_up else "contact.ask"):
        return call.caller
    for _ in range(CORRECTIONS):
        phone = await ask_number(call, "contact", "contact.enter", longest=11, accept=_phone)
        if not call.by_voice or await call.yes("contact.right", phone=phone.e164):
            return phone
    raise ToOperator("contact_not_confirmed")


def _phone(digits: str) -> PhoneNumber:
    try:
        if len(digits) in (10, 11):
            return PhoneNumber.parse(digits)
    except BadNumber:
        pass
    raise TryAgain("error.phone")
