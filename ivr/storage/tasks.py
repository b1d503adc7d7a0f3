"""Tasks: written in the transaction that causes them, each once by its key."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.tasks import NewTask, Task, TaskKind, TaskOwner, TaskStatus
from ivr.storage.register import Register, e164, found, phone
from ivr.storage.tables import tasks


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

    def _of_key(self, key: str) -> int | None:
        return self._run(select(tasks.c.id).where(tasks.c.key == key)).scalar()


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
        "payload": dict(task.payload),
    }
