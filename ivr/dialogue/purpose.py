"""Why the caller comes, asked before any slot is shown (S2.4), and where that leads (S2.5, domain 1.3)."""

from ivr.dialogue.call import Call
from ivr.dialogue.turns import NoAnswer, ToOperator
from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose


class NoBooking(Exception):
    """The purpose needs no booking; the caller has been told what to do instead (S2.5)."""


async def ask_purpose(call: Call) -> None:
    """Purpose of the visit; two silences lead to a person (S2.4)."""
    if call.form.purpose is not None:
        return
    try:
        purpose = Purpose(call.overheard.pop("purpose", None) or await call.choose("purpose"))
    except NoAnswer:
        raise ToOperator("purpose_unknown") from None
    match purpose:
        case Purpose.ILLNESS if await call.yes("urgent.ask"):
            _urgent(call)
        case Purpose.PAPER:
            _paper(call)
    call.form.purpose = purpose
    call.entered()


def _urgent(call: Call) -> None:
    """Seen today without a booking, while somebody is there."""
    is_open = call.hospital.adults_open(call.local(call.desk.now()), call.rules.calendar)
    call.say("urgent.room" if is_open else "urgent.closed")
    call.say("urgent.worse")
    call.note("purpose", Purpose.URGENT)
    raise NoBooking


def _paper(call: Call) -> None:
    """Certificates and prescriptions are a nurse's work."""
    call.say("paper.no_booking")
    call.say("paper.where", hours=call.hospital.nurse_hours, room=call.hospital.nurse_room)
    raise NoBooking


async def ask_subject(call: Call) -> None:
    """For whom: oneself, a child, another person."""
    if call.form.subject is not None:
        return
    subject = Subject(call.overheard.pop("subject", None) or await call.choose("subject"))
    if subject is Subject.CHILD:
        call.say("child.representative")
    call.form.subject = subject
    call.entered()
