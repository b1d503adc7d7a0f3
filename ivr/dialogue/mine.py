"""My bookings: hear, move, cancel. Told only to the patient or a registered representative (domain 4.2)."""

from ivr.dialogue.booking import book_a_visit, move_a_visit
from ivr.dialogue.call import Call, TryAgain
from ivr.dialogue.endings import offer_person
from ivr.dialogue.identify import identify
from ivr.dialogue.line import Phrase
from ivr.dialogue.numbers import ask_number
from ivr.dialogue.turns import Goodbye, ToOperator
from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.patient import Patient
from ivr.domain.refusals import NotFound, TooLate, WrongTurn
from ivr.domain.slot import SlotKind
from ivr.services import booking, identification

BY_DOCTOR = frozenset({SlotKind.REPEAT, SlotKind.REFERRAL, SlotKind.OBSERVATION})
"""Slots that only a doctor opens: another time for them is his to give (S4.2)."""
CANCELLED = frozenset({BookingStatus.CANCELLED_BY_PATIENT, BookingStatus.CANCELLED_BY_CLINIC})
TICKET_DIGITS = 12
"""No ticket is longer."""


async def my_bookings(call: Call) -> None:
    """Each booking in turn: move, cancel or keep."""
    patient = await identify(call)
    call.form.patient_id = patient.id
    call.entered()
    for visit in await _told(call, patient):
        await _one(call, patient, visit)


async def _told(call: Call, patient: Patient) -> list[Booking]:
    """All bookings where the telephone is known to belong to the patient; else the one whose ticket he knows."""
    if await call.do(
        identification.may_hear_bookings,
        patient,
        caller=call.caller,
        ticket=None,
        rules=call.rules,
        now=call.desk.now(),
    ):
        visits = await call.do(booking.upcoming, patient.id, now=call.desk.now())
    else:
        visits = [await _by_ticket(call, patient)]
    if not visits:
        await _none(call, patient)
    return visits


async def _none(call: Call, patient: Patient) -> None:
    if not await call.yes("mine.none"):
        raise Goodbye
    call.form.patient_id = patient.id
    await book_a_visit(call)


async def _by_ticket(call: Call, patient: Patient) -> Booking:
    def ticket(digits: str) -> str:
        if not digits:
            raise TryAgain("ticket.unknown")
        return digits

    for _ in range(3):
        digits = await ask_number(call, "ticket", "ticket.ask", longest=TICKET_DIGITS, accept=ticket)
        try:
            return await call.do(booking.by_ticket, digits, patient_id=patient.id, now=call.desk.now())
        except NotFound:
            call.say("ticket.unknown")
    raise ToOperator("ticket_unknown")


async def _one(call: Call, patient: Patient, visit: Booking) -> None:
    at = call.local(visit.slot.starts_at)
    action = await call.choose("booking_action", Phrase("mine.booking", {"day": at.date(), "time": at.time()}))
    try:
        match action:
            case "move":
                visit.must_not_have_begun(call.desk.now())
                if visit.slot.kind in BY_DOCTOR:
                    call.say("repeat.by_doctor")
                    raise ToOperator("repeat_visit")
                await move_a_visit(call, patient, visit)
            case "cancel":
                await _cancel(call, patient, visit)
            case _:
                call.say("mine.kept")
    except TooLate:
        call.say("cancel.too_late")
        await offer_person(call, "too_late")


async def _cancel(call: Call, patient: Patient, visit: Booking) -> None:
    """Twice asked; until the second yes nothing changes."""
    at = call.local(visit.slot.starts_at)
    if not await call.yes("cancel.confirm", day=at.date(), time=at.time()):
        call.say("mine.kept")
        return
    key = f"{call.key}-cancel-{visit.id}"
    try:
        await call.do(booking.cancel, visit.id, patient_id=patient.id, key=key, rules=call.rules, now=call.desk.now())
    except WrongTurn:
        now = await call.do(booking.of_id, visit.id)
        if now.status not in CANCELLED:  # moved through another channel: a person looks where to
            call.say("error.operator")
            raise ToOperator("changed_meanwhile") from None
    if call.booked and call.booked.id == visit.id:
        call.booked = None  # the goodbye must not expect him on that day
    call.say("cancel.done")
