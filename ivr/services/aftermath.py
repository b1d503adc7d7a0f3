"""What a booking sets off, written in its own transaction: feedback, freed slots, the waiting list (S4.3, 1.5)."""

from datetime import datetime

from ivr.domain.booking import Booking
from ivr.domain.rules import Rules
from ivr.domain.tasks import NewTask, TaskKind, TaskOwner, feedback
from ivr.domain.waiting_list import WaitingStatus
from ivr.services.ports import Work


def booked(work: Work, booking: Booking, rules: Rules, now: datetime) -> None:
    """Ask for feedback before the visit (S4.3); the patient waits for this speciality no more."""
    due = feedback(booking.slot.starts_at, rules, now)
    task = NewTask(
        key=f"feedback-{booking.id}",
        kind=TaskKind.FEEDBACK,
        owner=TaskOwner.under(centralised=rules.centralised),
        due_at=due.due_at,
        booking_id=booking.id,
        patient_id=booking.patient_id,
        payload={"by": due.by},
    )
    work.tasks.add(task, now)
    for entry in work.waiting.open_of(booking.patient_id):
        if entry.speciality == booking.slot.speciality:
            work.waiting.save(entry.becomes(WaitingStatus.CLOSED_OTHER_BOOKING), now)


def freed(work: Work, booking: Booking, now: datetime) -> None:
    """Nobody needs to confirm the visit now; its time goes to the waiting list first (1.5)."""
    if booking.slot.extra:  # made for this visit alone: nobody else has its time
        work.tasks.drop(booking.id, TaskKind.FEEDBACK)
        return
    asked = work.tasks.of_booking(booking.id, TaskKind.FEEDBACK)
    work.tasks.drop(booking.id, TaskKind.FEEDBACK)
    task = NewTask(
        key=f"slot-freed-{booking.id}",
        kind=TaskKind.SLOT_FREED,
        # One owner per booking (S4.3): who was to ask for feedback now offers the slot.
        owner=TaskOwner.CALL_CENTRE if asked is None else asked.wanted.owner,
        due_at=now,
        booking_id=booking.id,
        slot_id=booking.slot.id,
    )
    work.tasks.add(task, now)


def clinic_cancelled(work: Work, visit: Booking, why: str, rules: Rules, now: datetime) -> None:
    """The visit cannot take place: somebody rings the patient up, and nobody asks him to confirm it (1.6)."""
    work.tasks.drop(visit.id, TaskKind.FEEDBACK)
    task = NewTask(
        key=f"{why}{visit.id}",
        kind=TaskKind.CLINIC_CANCELLED,
        owner=TaskOwner.under(centralised=rules.centralised),
        due_at=now,
        booking_id=visit.id,
        patient_id=visit.patient_id,
        phone=visit.contact,
    )
    work.tasks.add(task, now)
