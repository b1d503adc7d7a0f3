"""What `ivr show` can list: where the rows come from, and which of their cells are personal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, auto
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, Table, func, select

from ivr.commands.masking import initials, last_four
from ivr.domain.waiting_list import OPEN
from ivr.storage.tables import bookings, calls, doctors, patients, slots, steps, waiting_entries

Row = dict[str, Any]


class Cell(Enum):
    """How a cell is treated before anybody sees it."""

    PLAIN = auto()
    DOCTOR = auto()
    NAME = auto()
    NUMBER = auto()
    BIRTH = auto()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are wanted."""

    zone: ZoneInfo
    today: date
    day: date | None = None
    limit: int = 50

    def midnight(self, day: date) -> datetime:
        """The beginning of a local day."""
        return datetime.combine(day, time(), self.zone)


@dataclass(frozen=True, slots=True)
class Listing:
    """One thing to list."""

    title: str
    query: Select[Any]
    moment: Any
    """The column that --day and the order go by; None where there is none."""
    cells: Mapping[str, Cell]
    latest_first: bool = False
    from_today: bool = False
    """Without --day the past is left out."""

    def rows(self, database: Connection, wanted: Filter, *, reveal: bool) -> list[Row]:
        """The wanted rows, masked unless revealed; moments in the hospital's zone."""
        chosen = self._narrowed(wanted).limit(wanted.limit)
        return [self._row(dict(row), wanted.zone, reveal) for row in database.execute(chosen).mappings()]

    def _narrowed(self, wanted: Filter) -> Select[Any]:
        if self.moment is None:
            return self.query
        ordered = self.query.order_by(self.moment.desc() if self.latest_first else self.moment)
        if wanted.day is not None:
            following = wanted.midnight(wanted.day + timedelta(days=1))
            return ordered.where(self.moment >= wanted.midnight(wanted.day), self.moment < following)
        return ordered.where(self.moment >= wanted.midnight(wanted.today)) if self.from_today else ordered

    def _row(self, row: Row, zone: ZoneInfo, reveal: bool) -> Row:
        return {name: _shown(cell, name, row, zone, reveal) for name, cell in self.cells.items()}


def _shown(cell: Cell, name: str, row: Row, zone: ZoneInfo, reveal: bool) -> Any:
    match cell:
        case Cell.NAME:
            names = [row[f"{name}_{part}"] for part in NAMES]
            return " ".join(filter(None, names)) if reveal else initials(*names)
        case Cell.DOCTOR:
            return f"{row['doctor_surname']} {initials(row['doctor_given_name'], row['doctor_patronymic'])}"
        case Cell.NUMBER:
            return row[name] if reveal else last_four(row[name])
        case Cell.BIRTH:
            return row[name] if reveal else row[name].year
        case Cell.PLAIN:
            value = row[name]
            return value.astimezone(zone) if isinstance(value, datetime) else value


NAMES = ("surname", "given_name", "patronymic")


def _names(table: Table, label: str) -> list[Any]:
    return [table.c[name].label(f"{label}_{name}") for name in NAMES]


BOOKINGS = Listing(
    "bookings",
    select(
        bookings.c.id,
        bookings.c.ticket,
        bookings.c.status,
        slots.c.starts_at,
        bookings.c.speciality,
        slots.c.room,
        bookings.c.purpose,
        bookings.c.channel,
        bookings.c.created_at,
        *_names(doctors, "doctor"),
        *_names(patients, "patient"),
    )
    .join(slots, slots.c.id == bookings.c.slot_id)
    .join(doctors, doctors.c.id == slots.c.doctor_id)
    .join(patients, patients.c.id == bookings.c.patient_id),
    slots.c.starts_at,
    {
        "id": Cell.PLAIN,
        "starts_at": Cell.PLAIN,
        "status": Cell.PLAIN,
        "patient": Cell.NAME,
        "speciality": Cell.PLAIN,
        "doctor": Cell.DOCTOR,
        "room": Cell.PLAIN,
        "ticket": Cell.NUMBER,
        "purpose": Cell.PLAIN,
        "channel": Cell.PLAIN,
        "created_at": Cell.PLAIN,
    },
    from_today=True,
)

SLOTS = Listing(
    "slots",
    select(
        slots.c.id,
        slots.c.starts_at,
        slots.c.ends_at,
        slots.c.speciality,
        slots.c.kind,
        slots.c.room,
        slots.c.state,
        slots.c.release_at,
        slots.c.held_until,
        *_names(doctors, "doctor"),
    ).join(doctors, doctors.c.id == slots.c.doctor_id),
    slots.c.starts_at,
    {
        "id": Cell.PLAIN,
        "starts_at": Cell.PLAIN,
        "ends_at": Cell.PLAIN,
        "speciality": Cell.PLAIN,
        "doctor": Cell.DOCTOR,
        "room": Cell.PLAIN,
        "kind": Cell.PLAIN,
        "state": Cell.PLAIN,
        "release_at": Cell.PLAIN,
        "held_until": Cell.PLAIN,
    },
    from_today=True,
)

WAITING = Listing(
    "waiting",
    select(waiting_entries, *_names(patients, "patient"))
    .join(patients, patients.c.id == waiting_entries.c.patient_id)
    .where(waiting_entries.c.status.in_([status.value for status in OPEN])),
    waiting_entries.c.deadline,
    {
        "id": Cell.PLAIN,
        "deadline": Cell.PLAIN,
        "status": Cell.PLAIN,
        "patient": Cell.NAME,
        "speciality": Cell.PLAIN,
        "part_of_day": Cell.PLAIN,
        "reason": Cell.PLAIN,
        "priority": Cell.PLAIN,
        "entered_at": Cell.PLAIN,
        "contact": Cell.NUMBER,
    },
)

_asked = select(func.count()).where(steps.c.call_key == calls.c.call_key).scalar_subquery()
CALLS = Listing(
    "calls",
    select(calls, _asked.label("steps")),
    calls.c.begun_at,
    {
        "call_key": Cell.PLAIN,
        "begun_at": Cell.PLAIN,
        "ended_at": Cell.PLAIN,
        "caller": Cell.NUMBER,
        "line": Cell.PLAIN,
        "steps": Cell.PLAIN,
        "outcome": Cell.PLAIN,
        "detail": Cell.PLAIN,
    },
    latest_first=True,
)

PATIENTS = Listing(
    "patients",
    select(patients, *_names(patients, "name")).order_by(patients.c.id),
    None,
    {
        "id": Cell.PLAIN,
        "name": Cell.NAME,
        "sex": Cell.PLAIN,
        "birth_date": Cell.BIRTH,
        "oms": Cell.NUMBER,
        "snils": Cell.NUMBER,
        "certificate": Cell.NUMBER,
        "phone": Cell.NUMBER,
        "attached": Cell.PLAIN,
    },
)
