"""The talks of operators: rung, answered, missed, summed up; what the operator sees of a caller."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.journal import CallRecord, StepRow
from ivr.domain.operator import RESULTS
from ivr.domain.patient import Patient
from ivr.domain.refusals import NotFound, NotYours
from ivr.domain.rules import Rules
from ivr.domain.slot import Doctor, Hold
from ivr.domain.tasks import NewTask
from ivr.services.desk_ports import OperatorCall
from ivr.services.ports import Work
from ivr.services.tasks import after_talk


def rang(work: Work, *, call_key: str, user_id: int, now: datetime) -> int:
    """The telephone of an operator rings for a caller; the id of this ring."""
    with work:
        call_id = work.operator_calls.add(OperatorCall(0, call_key, user_id, "RINGING", rang_at=now))
        work.commit()
    return call_id


def answered(work: Work, call_id: int, *, waited_s: int, rules: Rules, now: datetime) -> None:
    """He answered: what the caller holds is held for the talk."""
    with work:
        call = work.operator_calls.get(call_id)
        work.operator_calls.change(call_id, outcome="ANSWERED", answered_at=now, waited_s=waited_s)
        work.slots.renew(call.call_key, now + rules.hold)
        work.commit()


def going_on(work: Work, *, call_key: str, user_id: int) -> int | None:
    """The talk that this operator has with the caller, by what was noted of it; None where nothing was."""
    with work.reading():
        rows = work.operator_calls.of_call(call_key)
    own = [row.id for row in rows if row.user_id == user_id and row.answered_at and row.ended_at is None]
    return own[-1] if own else None


def missed(work: Work, call_id: int, *, now: datetime) -> None:
    _not_answered(work, call_id, "MISSED", now)


def withdrawn(work: Work, call_id: int, *, now: datetime) -> None:
    """It stopped ringing through no fault of the operator."""
    _not_answered(work, call_id, "WITHDRAWN", now)


def _not_answered(work: Work, call_id: int, outcome: str, now: datetime) -> None:
    with work:
        work.operator_calls.change(call_id, outcome=outcome, ended_at=now, wrapped_at=now)
        work.commit()


def ended(work: Work, call_id: int, *, transferred: bool, now: datetime) -> None:
    with work:
        outcome = "TRANSFERRED" if transferred else "ANSWERED"
        work.operator_calls.change(call_id, outcome=outcome, ended_at=now)
        work.commit()


def abandoned(work: Work, *, call_key: str, waited_s: int, now: datetime) -> None:
    """The caller left before anybody answered."""
    with work:
        gone = OperatorCall(0, call_key, None, "ABANDONED", rang_at=now, waited_s=waited_s)
        work.operator_calls.change(work.operator_calls.add(gone), ended_at=now, wrapped_at=now)
        work.commit()


def wrap_up(work: Work, call_id: int, *, user_id: int, result: str, note: str, now: datetime) -> None:
    """Note what came of the talk; a repeat overwrites. A promise to ring back becomes a task.

    Raises NotFound, NotYours, ValueError for an unknown result.
    """
    if result not in RESULTS:
        raise ValueError(f"no such result: {result!r}; one of {', '.join(RESULTS)}")
    with work:
        call = work.operator_calls.get(call_id)
        if call.user_id != user_id:
            raise NotYours
        over = {"ended_at": call.ended_at or now, "wrapped_at": call.wrapped_at or now}
        work.operator_calls.change(call_id, result=result, note=note, **over)
        if result == "callback":
            work.tasks.add(_promise(work, call, now), now)
        work.commit()


def _promise(work: Work, call: OperatorCall, now: datetime) -> NewTask:
    record = _record(work, call.call_key)
    caller = record.caller if record else None
    patient_id = record.progress.get("patient_id") if record else None
    return after_talk(call.call_key, call.id, caller=caller, patient_id=patient_id, now=now)


def keep_hold(work: Work, call_key: str, *, rules: Rules, now: datetime) -> None:
    """The talk goes on: what the caller holds stays his."""
    with work:
        work.slots.renew(call_key, now + rules.hold)
        work.commit()


def let_go(work: Work, call_key: str) -> None:
    """The talk is summed up: nothing is held for it any more."""
    with work:
        work.slots.release(call_key)
        work.commit()


@dataclass(frozen=True, slots=True)
class Pop:
    """What an operator sees when a caller comes."""

    call_key: str
    record: CallRecord | None
    """None where the database was down when the call began, or the caller came past the IVR."""
    steps: list[StepRow]
    patient: Patient | None
    """Whom the caller proved to be, or to speak for."""
    hold: Hold | None
    made: Booking | None
    """What was booked for him in this call."""
    doctor: Doctor | None
    """Of the held slot, or the one asked for."""
    before: list[OperatorCall]
    """Earlier rings for the same call."""

    @property
    def entered(self) -> Mapping[str, Any]:
        return self.record.progress if self.record else {}


def pop(work: Work, call_key: str, *, who: str, now: datetime) -> Pop:
    """Everything about the caller, and that it was looked at. One transaction: it must be there with the ring."""
    with work:
        record = _record(work, call_key)
        entered = record.progress if record else {}
        patient_id = entered.get("patient_id")
        patient = None if patient_id is None else work.patients.get(patient_id)
        hold = work.grid.held_for(call_key, now)
        doctor_id = hold.slot.doctor_id if hold else entered.get("doctor_id")
        seen = Pop(
            call_key=call_key,
            record=record,
            steps=work.calls.steps(call_key),
            patient=patient,
            hold=hold,
            made=None if patient is None else work.bookings.of_call(call_key, patient.id),
            doctor=None if doctor_id is None else work.staff.doctor(doctor_id),
            before=work.operator_calls.of_call(call_key),
        )
        if patient is not None:
            detail = {"patient": patient.id, "why": "call", "call": call_key}
            work.audit.add(who=who, action="patient shown", detail=detail, now=now)
        work.commit()
    return seen


def likely_result(work: Work, call_key: str, *, user_id: int) -> str:
    """What the story and the bookings say came of the talk: the operator corrects it."""
    with work.reading():
        bookings = work.bookings.of_call_key(call_key)
        record = _record(work, call_key)
        own = [row for row in work.operator_calls.of_call(call_key) if row.user_id == user_id]
    if any(one.status is BookingStatus.BOOKED and one.replaces_id for one in bookings):
        return "moved"
    if any(one.status is BookingStatus.BOOKED for one in bookings):
        return "booked"
    if own and own[-1].outcome == "TRANSFERRED":
        return "transferred"
    return _BY_REASON.get(record.detail or "", "info") if record else "info"


_BY_REASON = {"emergency": "urgent", "home": "home", "urgent": "urgent"}


def _record(work: Work, call_key: str) -> CallRecord | None:
    try:
        return work.calls.get(call_key)
    except NotFound:
        return None
