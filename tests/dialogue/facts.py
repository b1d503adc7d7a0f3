"""What a call changed in the database, in lines that a nurse can read."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from ivr.storage import tables

WATCHED = ("bookings", "waiting_entries", "tasks", "consents", "dial_attempts", "slot_offers")


def snapshot(engine: Engine) -> dict[str, dict[int, dict[str, Any]]]:
    """All rows of the watched tables, and the slots that are held."""
    with engine.connect() as connection:
        seen = {name: _rows(connection, name) for name in WATCHED}
        held = select(tables.slots).where(tables.slots.c.held_by.is_not(None))
        seen["opt_outs"] = {row.phone: row._asdict() for row in connection.execute(select(tables.opt_outs))}
        seen["held"] = {row.id: row._asdict() for row in connection.execute(held)}
    return seen


def _rows(connection: Connection, name: str) -> dict[int, dict[str, Any]]:
    return {row.id: row._asdict() for row in connection.execute(select(getattr(tables, name)))}


def changes(engine: Engine, before: dict[str, Any], zone: ZoneInfo) -> list[str]:
    """New and changed rows since the snapshot, in the order of the tables."""
    after = snapshot(engine)
    changed = [
        (name, row)
        for name in (*WATCHED, "opt_outs", "held")
        for key, row in sorted(after[name].items())
        if key not in before[name] or _state(name, before[name][key]) != _state(name, row)
    ]
    wanted = {row["slot_id"] for name, row in changed if name == "bookings"}
    with engine.connect() as connection:
        chosen = select(tables.slots).where(tables.slots.c.id.in_(wanted))
        slots = {row.id: row for row in connection.execute(chosen)}
        people = {row.id: row for row in connection.execute(select(tables.patients))}
    return [_line(name, row, slots, people, zone) for name, row in changed]


def _state(name: str, row: dict[str, Any]) -> Any:
    match name:
        case "held":
            return row["held_by"]
        case "dial_attempts":
            return row["outcome"], row["result"]
        case "waiting_entries":
            return row["status"], row["declined"]
        case "tasks":
            return row["status"], row["owner"], row["result"]
    return row.get("status")


def _line(name: str, row: dict[str, Any], slots: Any, people: Any, zone: ZoneInfo) -> str:
    match name:
        case "bookings":
            slot = slots[row["slot_id"]]
            return f"booking {row['status']} {_who(people, row)} {slot.speciality} {_when(slot.starts_at, zone)}"
        case "waiting_entries":
            wish = f"{row['reason']} {row['part_of_day']} {'doctor' if row['doctor_id'] else 'any doctor'}"
            return f"waiting {row['status']} {_who(people, row)} {row['speciality']} {wish}"
        case "tasks":
            said = "".join(f" {row[name]}" for name in ("result", "note") if row[name] is not None)
            return f"task {row['kind']} {row['owner']}{said}"
        case "dial_attempts":
            return f"attempt {row['outcome']} {row['result'] or ''}".rstrip()
        case "slot_offers":
            return f"offer {row['status']}"
        case "opt_outs":
            return f"opted out {row['phone']}"
        case "consents":
            return f"consent {row['purpose']} {'given' if row['given'] else 'refused'}"
    return f"held {row['speciality']} {_when(row['starts_at'], zone)}"


def _who(people: Any, row: dict[str, Any]) -> str:
    return people[row["patient_id"]].surname


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m %H:%M}"


def reason_of(engine: Engine, call_key: str) -> str | None:
    """Why the call ended as it did, from its row."""
    with engine.connect() as connection:
        return connection.execute(select(tables.calls.c.detail).where(tables.calls.c.call_key == call_key)).scalar()


def free_slot_at_the_time_of(engine: Engine, slot_id: int, speciality: str) -> int:
    """A slot of another speciality that begins within half an hour of that one."""
    slots = tables.slots.c
    with engine.connect() as connection:
        at = connection.execute(select(slots.starts_at).where(slots.id == slot_id)).scalar_one()
        near = slots.starts_at.between(at - timedelta(minutes=29), at + timedelta(minutes=29))
        wanted = select(slots.id).where(slots.speciality == speciality, slots.kind == "PRIMARY", near)
        return connection.execute(wanted.limit(1)).scalars().one()
