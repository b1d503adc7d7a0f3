"""A taken task with everything its worker needs; looking at the patient is in the audit log."""

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.booking import Booking
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.journal import CallRecord, StepRow
from ivr.domain.patient import Patient
from ivr.domain.refusals import NotFound, TaskTaken
from ivr.domain.slot import Doctor, Slot
from ivr.domain.tasks import Task, TaskKind
from ivr.domain.waiting_list import WaitingEntry
from ivr.domain.worklist import TaskResult, results_of
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Card:
    task: Task
    patient: Patient | None
    """None where the caller was not identified."""
    entry: WaitingEntry | None
    booking: Booking | None
    freed: Slot | None
    """The time that is to be offered; it is no longer the matter of whose it was."""
    doctor: Doctor | None
    """Of the visit or of the freed time, or the one waited for."""
    record: CallRecord | None
    """The call in which it was asked for."""
    steps: tuple[StepRow, ...]
    notes: tuple[str, ...]
    """What operators wrote about that call."""

    @property
    def phones(self) -> tuple[PhoneNumber, ...]:
        """Where to ring up: first the number that was left for this, then the patient's own."""
        own = None if self.patient is None else self.patient.phone
        left = None if self.booking is None else self.booking.contact
        known = (self.task.wanted.phone, left, own)
        return tuple(dict.fromkeys(number for number in known if number is not None))

    @property
    def results(self) -> tuple[TaskResult, ...]:
        return results_of(self.task.wanted)


def card(work: Work, task_id: int, *, who: str, now: datetime) -> Card:
    """What to do and for whom. Only who has taken the task sees it. Raises TaskTaken, NotFound."""
    with work:
        task = work.tasks.get(task_id)
        if task.leased_by != who:
            raise TaskTaken(task_id)
        shown = _card(work, task)
        if shown.patient is not None:
            detail = {"patient": shown.patient.id, "why": "task", "task": task_id}
            work.audit.add(who=who, action="patient shown", detail=detail, now=now)
        work.commit()
    return shown


def _card(work: Work, task: Task) -> Card:
    about = task.wanted
    freed = work.slots.get(about.slot_id) if about.kind is TaskKind.SLOT_FREED and about.slot_id is not None else None
    booking = None if about.booking_id is None or freed is not None else work.bookings.get(about.booking_id)
    entry = None if about.entry_id is None else work.waiting.get(about.entry_id)
    slot = freed if booking is None else booking.slot
    doctor_id = slot.doctor_id if slot else entry.doctor_id if entry else None
    return Card(
        task=task,
        patient=None if about.patient_id is None else work.patients.get(about.patient_id),
        entry=entry,
        booking=booking,
        freed=freed,
        doctor=None if doctor_id is None else work.staff.doctor(doctor_id),
        record=_record(work, about.call_key),
        steps=tuple(work.calls.steps(about.call_key)) if about.call_key else (),
        notes=_notes(work, about.call_key),
    )


def _notes(work: Work, call_key: str | None) -> tuple[str, ...]:
    talks = work.operator_calls.of_call(call_key) if call_key else []
    return tuple(talk.note for talk in talks if talk.note)


def _record(work: Work, call_key: str | None) -> CallRecord | None:
    try:
        return None if call_key is None else work.calls.get(call_key)
    except NotFound:
        return None
