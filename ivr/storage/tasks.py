"""Tasks: written in the transaction that causes them, each once by its key."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.tasks import NewTask, Task, TaskKind, TaskOwner, TaskStatus
from ivr.domain.worklist import Closing, ListedTask, Settled
from ivr.storage.register import Register, e164, found, phone
from ivr.storage.tables import bookings, slots, tasks, waiting_entries
from ivr.storage.types import Utc

LEFT_BY_ROBOT = timedelta(days=1)
SHOWN = 500
"""Lines of a list; who has more work than this sees the nearest limits."""


class TaskRegister(Register):
    def add(self, task: NewTask, now: datetime) -> int:
        known = self._of_key(task.key)
        if known is not None:
            return known
        try:
            with self._connection.begin_nested():
                task_id = self._insert(tasks, **_values(task), status=TaskStatus.OPEN.value, created_at=now)
        except IntegrityError:
            # Somebody stored the same task between our look and our insert.
            known = self._of_key(task.key)
            if known is None:
                raise
            return known
        self._changed("tasks", task_id)
        return task_id

    def get(self, task_id: int) -> Task:
        row = self._run(select(tasks).where(tasks.c.id == task_id)).one_or_none()
        return _task(found(row, f"task {task_id}"))

    def of_booking(self, booking_id: int, kind: TaskKind) -> Task | None:
        about = (tasks.c.booking_id == booking_id) & (tasks.c.kind == kind.value)
        row = self._run(select(tasks).where(about).order_by(tasks.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else _task(row)

    def drop(self, booking_id: int, kind: TaskKind) -> None:
        still_open = tasks.c.status == TaskStatus.OPEN.value
        about = (tasks.c.booking_id == booking_id) & (tasks.c.kind == kind.value) & still_open
        dropped = update(tasks).where(about).values(status=TaskStatus.DROPPED.value)
        self._changed("tasks", *self._run(dropped.returning(tasks.c.id)).scalars())

    def has(self, key: str) -> bool:
        return self._of_key(key) is not None

    def open_of_entry(self, entry_id: int, kind: TaskKind | None = None) -> Task | None:
        about = (tasks.c.entry_id == entry_id) & _OPEN & ~tasks.c.robot
        if kind is not None:
            about &= tasks.c.kind == kind.value
        row = self._run(select(tasks).where(about).order_by(tasks.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else _task(row)

    def of_entry(self, entry_id: int) -> int:
        return self._run(select(func.count()).where(tasks.c.entry_id == entry_id)).scalar() or 0

    def reopen(self, booking_id: int, kind: TaskKind) -> None:
        dropped = tasks.c.status == TaskStatus.DROPPED.value
        about = (tasks.c.booking_id == booking_id) & (tasks.c.kind == kind.value) & dropped
        again = update(tasks).where(about).values(status=TaskStatus.OPEN.value)
        self._changed("tasks", *self._run(again.returning(tasks.c.id)).scalars())

    def like(self, kind: TaskKind, key: str) -> list[Task]:
        about = (tasks.c.kind == kind.value) & tasks.c.key.startswith(key, autoescape=True)
        return [_task(row) for row in self._run(select(tasks).where(about).order_by(tasks.c.id))]

    def for_people(self, now: datetime) -> list[ListedTask]:
        # What the robot has not come to within a day is shown to people: it may have been switched off.
        left = ~tasks.c.robot | (tasks.c.due_at <= now - LEFT_BY_ROBOT)
        of_a_time = tasks.c.kind.in_((TaskKind.FEEDBACK.value, TaskKind.SLOT_FREED.value))
        still_ahead = (slots.c.starts_at > now) & (tasks.c.due_at <= now)
        shown = _OPEN & left & (tasks.c.kind != TaskKind.SURVEY.value) & (~of_a_time | still_ahead)
        return self._listed(_with_visit().where(shown).order_by(tasks.c.due_at, tasks.c.id))

    def done_since(self, moment: datetime) -> list[ListedTask]:
        return self._listed(_with_visit().where(tasks.c.done_at >= moment).order_by(tasks.c.done_at.desc()))

    def take(self, task_id: int, who: str, until: datetime, now: datetime) -> bool:
        own = tasks.c.leased_by == who
        free = or_(tasks.c.leased_by.is_(None), tasks.c.leased_until <= now)
        again = (tasks.c.id == task_id) & _OPEN & own & (tasks.c.leased_until > now)
        if self._leased(again, leased_until=until):
            return True
        fresh = {"leased_by": who, "leased_until": until, "attempts": tasks.c.attempts + 1}
        return self._leased((tasks.c.id == task_id) & _OPEN & free, **fresh)

    def renew(self, task_id: int, who: str, until: datetime) -> bool:
        own = (tasks.c.id == task_id) & _OPEN & (tasks.c.leased_by == who)
        return self._run(update(tasks).where(own).values(leased_until=until)).rowcount == 1

    def give_back(self, task_id: int, who: str) -> bool:
        own = (tasks.c.id == task_id) & (tasks.c.leased_by == who)
        # Nobody was rung up: the attempt does not count.
        return self._leased(own, leased_by=None, leased_until=None, attempts=tasks.c.attempts - 1)

    def close(self, closing: Closing, now: datetime) -> bool:
        own = (tasks.c.leased_by == closing.who) & (tasks.c.attempts == closing.attempt)
        kept: dict[str, Any] = {
            "result": closing.result.value,
            "note": closing.note,
            "done_by": closing.who,
            "done_at": now,
        }
        if closing.over:
            kept["status"] = TaskStatus.DONE.value
        kept["tried_at"] = func.coalesce(tasks.c.tried_at, literal(now, Utc()))
        freed = {"leased_by": None, "leased_until": None, "not_before": closing.not_before}
        return self._leased((tasks.c.id == closing.task_id) & _NOT_DONE & own, **kept, **freed)

    def due_for_robot(self, now: datetime, limit: int, *, by_sms: bool = False) -> list[Task]:
        free = or_(tasks.c.leased_by.is_(None), tasks.c.leased_until <= now)
        due = (tasks.c.due_at <= now) & (func.coalesce(tasks.c.not_before, tasks.c.due_at) <= now)
        chosen = select(tasks).where(_OPEN, tasks.c.robot, due, free)
        if by_sms:
            chosen = chosen.where(tasks.c.payload["by"].as_string() == "SMS")
        # An offer is lost soonest, then a visit that cannot take place.
        first = case({TaskKind.OFFER.value: 0, TaskKind.CLINIC_CANCELLED.value: 1}, value=tasks.c.kind, else_=2)
        chosen = chosen.order_by(first, tasks.c.until, tasks.c.id).limit(limit)
        return [_task(row) for row in self._run(chosen.with_for_update(skip_locked=True))]

    def settle(self, task_id: int, settled: Settled, now: datetime) -> None:
        kept: dict[str, Any] = {"result": settled.result.value, "done_by": settled.who, "done_at": now}
        kept |= {"leased_by": None, "leased_until": None, "not_before": settled.not_before}
        kept["tried_at"] = func.coalesce(tasks.c.tried_at, literal(now, Utc()))
        if settled.note is not None:
            kept["note"] = settled.note
        if settled.over:
            kept["status"] = TaskStatus.DONE.value
        self._leased((tasks.c.id == task_id) & _NOT_DONE, **kept)

    def hand_over(self, task_id: int, owner: TaskOwner, now: datetime) -> None:
        free = {"leased_by": None, "leased_until": None, "not_before": None}
        # Also what the robot has ended by a message that could not be delivered.
        messaged = (tasks.c.status == TaskStatus.DONE.value) & (tasks.c.done_by == "robot")
        left: dict[str, Any] = {"robot": False, "owner": owner.value, "status": TaskStatus.OPEN.value}
        payload = dict(self.get(task_id).wanted.payload)
        if payload.get("by") == "SMS":  # the list of people's work does not show messages
            left["payload"] = payload | {"by": "CALL"}
        self._leased((tasks.c.id == task_id) & (_OPEN | messaged), **left, **free)

    def postpone(self, task_id: int, until: datetime) -> None:
        self._leased((tasks.c.id == task_id) & _OPEN, not_before=until)

    def _leased(self, condition: ColumnElement[bool], **values: Any) -> bool:
        changed = self._run(update(tasks).where(condition).values(values).returning(tasks.c.id)).scalars().all()
        self._changed("tasks", *changed)
        return bool(changed)

    def _listed(self, chosen: Select[Any]) -> list[ListedTask]:
        rows = self._run(chosen.limit(SHOWN))
        return [ListedTask(_task(row), row.about_speciality, row.about_start) for row in rows]

    def _of_key(self, key: str) -> int | None:
        return self._run(select(tasks.c.id).where(tasks.c.key == key)).scalar()


_OPEN = tasks.c.status == TaskStatus.OPEN.value
_NOT_DONE = tasks.c.status.in_((TaskStatus.OPEN.value, TaskStatus.DROPPED.value))
"""A task may be dropped while somebody rings up: what he heard is kept all the same."""


def _with_visit() -> Select[Any]:
    """Tasks with the speciality and the beginning of what they are about."""
    slot = func.coalesce(tasks.c.slot_id, bookings.c.slot_id)
    speciality = func.coalesce(slots.c.speciality, waiting_entries.c.speciality).label("about_speciality")
    joined = tasks.outerjoin(bookings, bookings.c.id == tasks.c.booking_id).outerjoin(slots, slots.c.id == slot)
    joined = joined.outerjoin(waiting_entries, waiting_entries.c.id == tasks.c.entry_id)
    return select(tasks, speciality, slots.c.starts_at.label("about_start")).select_from(joined)


def _task(row: Row[Any]) -> Task:
    wanted = NewTask(
        key=row.key,
        kind=TaskKind(row.kind),
        owner=TaskOwner(row.owner),
        due_at=row.due_at,
        booking_id=row.booking_id,
        slot_id=row.slot_id,
        entry_id=row.entry_id,
        patient_id=row.patient_id,
        call_key=row.call_key,
        phone=phone(row.phone),
        robot=row.robot,
        until=row.until,
        offer_id=row.offer_id,
        payload=row.payload,
    )
    return Task(
        id=row.id,
        wanted=wanted,
        status=TaskStatus(row.status),
        created_at=row.created_at,
        attempts=row.attempts,
        leased_by=row.leased_by,
        leased_until=row.leased_until,
        result=row.result,
        note=row.note,
        done_by=row.done_by,
        done_at=row.done_at,
        not_before=row.not_before,
    )


def _values(task: NewTask) -> dict[str, Any]:
    return {
        "key": task.key,
        "kind": task.kind.value,
        "owner": task.owner.value,
        "due_at": task.due_at,
        "booking_id": task.booking_id,
        "slot_id": task.slot_id,
        "entry_id": task.entry_id,
        "patient_id": task.patient_id,
        "call_key": task.call_key,
        "phone": e164(task.phone),
        "robot": task.robot,
        "until": task.until,
        "offer_id": task.offer_id,
        "payload": dict(task.payload),
    }
