"""A new timetable over published slots: what nobody has gives way to it, what fits it already stays as it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, select, union_all, update

from ivr.domain.publication import missing
from ivr.domain.slot import Slot
from ivr.domain.slot_plan import PlannedSlot
from ivr.storage.slots import slot_of, slot_values
from ivr.storage.tables import bookings, follow_ups, slots, tasks


@dataclass(frozen=True, slots=True)
class Replanned:
    """What became of the slots that were there."""

    withdrawn: int
    outside: Sequence[Slot]
    """Booked visits at times that are not worked any more. They stay."""


def replan(database: Connection, doctors: Sequence[int], planned: Sequence[PlannedSlot], now: datetime) -> Replanned:
    """Withdraw future slots of these doctors that are no longer planned, open those again that are planned again.

    Booked, held and personal slots stay. Slots that are planned and missing are not added here.
    """
    future = and_(slots.c.doctor_id.in_(doctors), slots.c.ends_at > now)
    rows = list(database.execute(select(slots).where(future)).mappings())
    nobodys = [row for row in rows if _is_nobodys(row, now)]
    firm = [slot_of(row) for row in rows if row["state"] != "CLOSED" and not _is_nobodys(row, now)]
    wanted = {(slot.doctor_id, slot.starts_at): slot_values(slot) for slot in missing(planned, firm)}
    fitting = [row for row in nobodys if (row["doctor_id"], row["starts_at"]) in wanted]
    _open(database, [(row, wanted[row["doctor_id"], row["starts_at"]]) for row in fitting])
    kept = {row["id"] for row in fitting}
    withdrawn = [row["id"] for row in nobodys if row["id"] not in kept and row["state"] == "FREE"]
    _withdraw(database, withdrawn)
    booked = [slot_of(row) for row in rows if row["state"] == "BOOKED" and row["starts_at"] > now]
    return Replanned(len(withdrawn), _outside(booked, planned))


def _outside(booked: Iterable[Slot], planned: Sequence[PlannedSlot]) -> list[Slot]:
    """Those that meet no planned slot; what lies beyond the plan cannot be judged."""
    reach = max((slot.ends_at for slot in planned), default=datetime.max.replace(tzinfo=UTC))
    return [slot for slot in missing(booked, planned) if slot.starts_at < reach]


def _is_nobodys(row: RowMapping, now: datetime) -> bool:
    held = row["held_until"] is not None and row["held_until"] > now
    free = row["state"] in ("FREE", "CLOSED") and row["for_patient_id"] is None and not held
    return free and bool(row["starts_at"] > now)


def _open(database: Connection, pairs: Iterable[tuple[RowMapping, dict[str, Any]]]) -> None:
    """As planned, and free."""
    opened = [
        {**values, "state": "FREE", "of_id": row["id"]}
        for row, values in pairs
        if any(row[name] != value for name, value in {**values, "state": "FREE"}.items())
    ]
    if opened:
        named: dict[str, Any] = {name: bindparam(f"new_{name}") for name in opened[0] if name != "of_id"}
        rows = [{f"new_{name}" if name in named else name: value for name, value in row.items()} for row in opened]
        database.execute(update(slots).where(slots.c.id == bindparam("of_id")).values(named), rows)


def _withdraw(database: Connection, ids: Sequence[int]) -> None:
    """Delete; what a cancelled booking, a task or a doctor's order still names cannot go, so it is closed."""
    mentioned = (bookings.c.slot_id, tasks.c.slot_id, follow_ups.c.slot_id)
    used = set(
        database.execute(union_all(*(select(column).where(column.is_not(None)) for column in mentioned))).scalars()
    )
    if gone := [{"of_id": slot_id} for slot_id in ids if slot_id not in used]:
        database.execute(delete(slots).where(slots.c.id == bindparam("of_id")), gone)
    if closed := [{"of_id": slot_id} for slot_id in ids if slot_id in used]:
        database.execute(update(slots).where(slots.c.id == bindparam("of_id")).values(state="CLOSED"), closed)
