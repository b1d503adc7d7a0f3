"""The waiting list: join, hear, leave (S2.7, 1.4, 1.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.refusals import AlreadyWaiting, NotFound, NotYours
from ivr.domain.rules import Rules
from ivr.domain.tasks import NewTask, TaskKind, TaskOwner
from ivr.domain.waiting_list import NEXT, PartOfDay, WaitingEntry, WaitingReason, WaitingStatus, deadline
from ivr.services.ports import NewEntry, Work


@dataclass(frozen=True, slots=True)
class Wish:
    """What a patient waits for. The key makes the entry once."""

    patient_id: int
    speciality: str
    doctor_id: int | None
    part_of_day: PartOfDay
    reason: WaitingReason
    contact: PhoneNumber | None
    key: str
    suspicion: bool = False
    """A doctor suspects cancer or a disease of heart or vessels: he is seen within 3 working days (1.4)."""


def join(work: Work, wish: Wish, *, rules: Rules, now: datetime) -> WaitingEntry:
    """Put the patient on the list. A repeated key returns the first entry.

    Raises AlreadyWaiting, and NotFound for a doctor whom the speciality has not.
    """
    with work:
        work.patients.lock(wish.patient_id)
        entry = work.waiting.of_key(wish.key)
        if entry is None:
            entry = join_within(work, wish, rules, now)
            work.commit()
        elif entry.patient_id != wish.patient_id:
            raise NotYours
    return entry


def join_within(work: Work, wish: Wish, rules: Rules, now: datetime) -> WaitingEntry:
    """The same as a part of a transaction in which the patient is locked, for a key that is new."""
    _expire(work, wish.patient_id, rules, now)
    _unless_waiting(work, wish)
    return work.waiting.add(NewEntry(wish.key, _entry(work, wish, rules, now), wish.contact))


def leave(work: Work, entry_id: int, *, patient_id: int, now: datetime) -> WaitingEntry:
    """Take the patient off the list; to repeat it does no harm. Raises NotFound, NotYours, WrongTurn."""
    with work:
        work.patients.lock(patient_id)
        entry = leave_within(work, entry_id, patient_id=patient_id, now=now)
        work.commit()
    return entry


def leave_within(work: Work, entry_id: int, *, patient_id: int, now: datetime) -> WaitingEntry:
    """The same as a part of a transaction in which the patient is locked."""
    entry = work.waiting.get(entry_id)
    if entry.patient_id != patient_id:
        raise NotYours
    if entry.status is not WaitingStatus.CANCELLED_BY_PATIENT:
        entry = entry.becomes(WaitingStatus.CANCELLED_BY_PATIENT)
        work.waiting.save(entry, now)
    return entry


def of_patient(work: Work, patient_id: int, *, rules: Rules, now: datetime) -> list[WaitingEntry]:
    """Open entries, the nearest deadline first; those past their window are over (1.5)."""
    with work:
        work.patients.lock(patient_id)
        _expire(work, patient_id, rules, now)
        entries = work.waiting.open_of(patient_id)
        work.commit()
    return entries


def escalate(
    work: Work,
    entry_id: int,
    *,
    call_key: str,
    phone: PhoneNumber | None,
    due_at: datetime,
    rules: Rules,
    now: datetime,
) -> int:
    """Hand an entry near its deadline to a person, who rings back by then, once a day. The task's id; NotFound."""
    with work:
        entry = work.waiting.get(entry_id)
        if entry.status is WaitingStatus.ACTIVE:
            work.waiting.save(entry.becomes(WaitingStatus.ESCALATED), now)
        task = NewTask(
            key=f"escalation-{entry.id}-{rules.today(now)}",
            kind=TaskKind.CALLBACK,
            owner=TaskOwner.under(centralised=rules.centralised),
            due_at=due_at,
            entry_id=entry.id,
            patient_id=entry.patient_id,
            call_key=call_key,
            phone=phone,
            payload={"reason": "waiting_deadline"},
        )
        task_id = work.tasks.add(task, now)
        work.commit()
    return task_id


def _expire(work: Work, patient_id: int, rules: Rules, now: datetime) -> None:
    for entry in work.waiting.open_of(patient_id):
        if entry.window_until < rules.today(now) and WaitingStatus.EXPIRED in NEXT[entry.status]:
            work.waiting.save(entry.becomes(WaitingStatus.EXPIRED), now)


def is_escalating(entry: WaitingEntry, *, rules: Rules, now: datetime) -> bool:
    """True where a person must look at the entry (1.5)."""
    return entry.is_escalating(rules, now)


def _unless_waiting(work: Work, wish: Wish) -> None:
    for entry in work.waiting.open_of(wish.patient_id):
        if entry.speciality == wish.speciality:
            raise AlreadyWaiting(entry.id)


def _entry(work: Work, wish: Wish, rules: Rules, now: datetime) -> WaitingEntry:
    district = work.staff.speciality(wish.speciality).district
    if wish.doctor_id is not None and work.staff.doctor(wish.doctor_id).speciality != wish.speciality:
        raise NotFound(f"doctor {wish.doctor_id} of {wish.speciality}")
    return WaitingEntry(
        id=0,
        patient_id=wish.patient_id,
        speciality=wish.speciality,
        doctor_id=wish.doctor_id,
        part_of_day=wish.part_of_day,
        reason=wish.reason,
        status=WaitingStatus.ACTIVE,
        entered_at=now,
        deadline=deadline(now, rules, district=district, suspicion=wish.suspicion),
        window_until=rules.today(now) + timedelta(days=rules.waiting_window_days),
        # Who was sent by a doctor and found no slot goes first (D-10).
        priority=wish.reason is WaitingReason.REFERRAL,
    )
