"""The waiting list: one open entry per patient and speciality, guarded by an index (1.5)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.client import client_of
from ivr.domain.event import OF_ENTRY, EventKind
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.refusals import AlreadyWaiting
from ivr.domain.tasks import TaskKind, TaskStatus
from ivr.domain.waiting_list import OPEN, PartOfDay, WaitingEntry, WaitingReason, WaitingStatus
from ivr.services.ports import NewEntry
from ivr.storage.events import happened
from ivr.storage.register import Register, e164, found, phone
from ivr.storage.tables import tasks
from ivr.storage.tables import waiting_entries as entries


class WaitingRegister(Register):
    def get(self, entry_id: int) -> WaitingEntry:
        return found(self._one(entries.c.id == entry_id), f"waiting-list entry {entry_id}")

    def of_key(self, key: str) -> WaitingEntry | None:
        return self._one(entries.c.key == key)

    def open_of(self, patient_id: int) -> list[WaitingEntry]:
        still_open = entries.c.status.in_([status.value for status in OPEN])
        return self._all((entries.c.patient_id == patient_id) & still_open)

    def add(self, new: NewEntry) -> WaitingEntry:
        try:
            with self._connection.begin_nested():
                entry = self.get(self._insert(entries, **_values(new)))
        except IntegrityError:
            for other in self.open_of(new.entry.patient_id):
                if other.speciality == new.entry.speciality:
                    raise AlreadyWaiting(other.id) from None
            raise
        self._changed("waiting", entry.id)
        self._tell(EventKind.ENTERED, entry.id, entry.entered_at)
        return entry

    def save(self, entry: WaitingEntry, now: datetime) -> None:
        changes = {
            "status": entry.status.value,
            "priority": entry.priority,
            "declined": entry.declined,
            "no_answer": entry.no_answer,
            "closed_at": None if entry.status in OPEN else now,
        }
        before = self._run(select(entries.c.status).where(entries.c.id == entry.id)).scalar_one()
        self._run(update(entries).where(entries.c.id == entry.id).values(changes))
        self._changed("waiting", entry.id)
        if before != entry.status and entry.status in OF_ENTRY:
            self._tell(OF_ENTRY[entry.status], entry.id, now)
        if entry.status not in OPEN:
            self._drop_tasks(entry.id)

    def all_open(self) -> list[WaitingEntry]:
        return self._in_turn(entries.c.status.in_([status.value for status in OPEN]))

    def waiting_for(self, speciality: str) -> list[WaitingEntry]:
        return self._in_turn(_ACTIVE & (entries.c.speciality == speciality))

    def offer_to(self, entry_id: int, now: datetime) -> bool:
        waits = update(entries).where(entries.c.id == entry_id, _ACTIVE).values(status=WaitingStatus.OFFERED.value)
        offered = self._run(waits).rowcount == 1
        if offered:
            self._changed("waiting", entry_id)
            self._tell(EventKind.OFFERED, entry_id, now)
        return offered

    def _in_turn(self, condition: ColumnElement[bool]) -> list[WaitingEntry]:
        order = (entries.c.deadline, entries.c.priority.desc(), entries.c.entered_at, entries.c.id)
        return [_entry(row) for row in self._run(select(entries).where(condition).order_by(*order))]

    def contact(self, entry_id: int) -> PhoneNumber | None:
        return phone(self._run(select(entries.c.contact).where(entries.c.id == entry_id)).scalar())

    def key_of(self, entry_id: int) -> str:
        return str(self._run(select(entries.c.key).where(entries.c.id == entry_id)).scalar_one())

    def _tell(self, kind: EventKind, entry_id: int, now: datetime) -> None:
        """Other systems hear of it with the commit."""
        facts = {"entry": entry_id, "patient": self.get(entry_id).patient_id}
        happened(self._connection, kind, facts, client_of(self.key_of(entry_id)), now)

    def _drop_tasks(self, entry_id: int) -> None:
        by_people = tasks.c.kind.in_((TaskKind.WAITING.value, TaskKind.CALLBACK.value, TaskKind.OFFER.value))
        still_open = tasks.c.status == TaskStatus.OPEN.value
        dropped = update(tasks).where(tasks.c.entry_id == entry_id, by_people, still_open)
        dropped = dropped.values(status=TaskStatus.DROPPED.value)
        self._changed("tasks", *self._run(dropped.returning(tasks.c.id)).scalars())

    def _one(self, condition: ColumnElement[bool]) -> WaitingEntry | None:
        return next(iter(self._all(condition)), None)

    def _all(self, condition: ColumnElement[bool]) -> list[WaitingEntry]:
        chosen = select(entries).where(condition).order_by(entries.c.deadline, entries.c.id)
        return [_entry(row) for row in self._run(chosen)]


_ACTIVE = entries.c.status == WaitingStatus.ACTIVE.value


def _entry(row: Row[Any]) -> WaitingEntry:
    return WaitingEntry(
        id=row.id,
        patient_id=row.patient_id,
        speciality=row.speciality,
        doctor_id=row.doctor_id,
        part_of_day=PartOfDay(row.part_of_day),
        reason=WaitingReason(row.reason),
        status=WaitingStatus(row.status),
        entered_at=row.entered_at,
        deadline=row.deadline,
        window_until=row.window_until,
        priority=row.priority,
        declined=row.declined,
        no_answer=row.no_answer,
    )


def _values(new: NewEntry) -> dict[str, Any]:
    entry = new.entry
    return {
        "key": new.key,
        "contact": e164(new.contact),
        "patient_id": entry.patient_id,
        "speciality": entry.speciality,
        "doctor_id": entry.doctor_id,
        "part_of_day": entry.part_of_day.value,
        "reason": entry.reason.value,
        "status": entry.status.value,
        "entered_at": entry.entered_at,
        "deadline": entry.deadline,
        "window_until": entry.window_until,
        "priority": entry.priority,
    }
