"""Slots and holds as the booking page reads them: local times, Russian words."""

from datetime import datetime
from typing import Any

from ivr.domain.slot import Doctor, Hold, Slot
from ivr.services import choice
from ivr.services.grid import Cell
from ivr.web.registry import words
from ivr.web.site import run, site


def held_json(kept: Hold, now: datetime) -> dict[str, Any]:
    """A hold with its seconds left."""
    return {
        "slot": kept.slot.id,
        "doctor": kept.slot.doctor_id,
        "speciality": kept.slot.speciality,
        "day": _local(kept.slot.starts_at).date().isoformat(),
        "said": when(kept.slot),
        "seconds": max(0, int((kept.until - now).total_seconds())),
    }


def when(slot: Slot) -> str:
    """Day, time, doctor and room."""
    doctor = run(choice.doctor, slot.doctor_id)
    local = _local(slot.starts_at)
    return f"{words.day(local)}, {local:%H:%M}, {doctor.full_name}, кабинет {slot.room}"


def _local(at: datetime) -> datetime:
    return at.astimezone(site().rules.zone)


def cell_json(cell: Cell) -> dict[str, Any]:
    """A slot of the grid; `lapses`: milliseconds for which somebody holds it."""
    begins, ends = _local(cell.slot.starts_at), _local(cell.slot.ends_at)
    return {
        "id": cell.slot.id,
        "doctor": cell.slot.doctor_id,
        "start": f"{begins:%Y-%m-%dT%H:%M}",
        "end": f"{ends:%Y-%m-%dT%H:%M}",
        "kind": cell.slot.kind.value,
        "kind_said": words.KINDS[cell.slot.kind],
        "mark": cell.mark.value,
        "said": words.MARKS[cell.mark],
        "lapses": _left(cell.held_until),
        "patient": cell.patient_id,
        "extra": cell.slot.extra,
    }


def _left(until: datetime | None) -> int | None:
    return None if until is None else max(0, int((until - site().now()).total_seconds() * 1000))


def doctor_json(one: Doctor) -> dict[str, Any]:
    """A column of the grid."""
    initials = "".join(f"{name[0]}." for name in (one.given_name, one.patronymic) if name)
    short = f"{one.surname} {initials}".strip()
    return {"id": one.id, "name": one.full_name, "short": short, "room": one.room}
