"""What a booking costs: hold and book with their commits, beside the least that any insert costs."""

from pathlib import Path

from sqlalchemy import Engine, select

from bench import raw
from bench.databases import a_folder, both
from bench.filled import NOW, SPECIALITY, fill, telephone
from bench.measure import Result, repeated, result, stopwatch
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.purpose import Purpose
from ivr.domain.rules import Rules
from ivr.services import booking
from ivr.services.booking import BookingCommand
from ivr.storage.tables import slots
from ivr.storage.work import SqlWork

SLOTS = 40_000
BOOKINGS = 400
RULES = Rules()


def measure(*, quick: bool) -> list[Result]:
    """One patient after another holds and books a slot of his own."""
    times = BOOKINGS // 5 if quick else BOOKINGS
    results = []
    with both() as engines, a_folder() as folder:
        for name, engine in engines:
            fill(engine, SLOTS, patients=times)
            results += _booked(name, engine, times)
            results.append(result("booking", f"raw insert and commit, {name}", _raw(name, engine, folder, times)))
    return results


def _booked(name: str, engine: Engine, times: int) -> list[Result]:
    held: list[float] = []
    booked: list[float] = []
    for patient, slot in enumerate(_free(engine, times), 1):
        with stopwatch(held):
            booking.hold(SqlWork(engine), slot, patient_id=patient, call_key=f"c{patient}", rules=RULES, now=NOW)
        command = _command(patient, slot)
        with stopwatch(booked):
            booking.book(SqlWork(engine), command, rules=RULES, now=NOW)
    return [result("booking", f"hold, {name}", held), result("booking", f"book, {name}", booked)]


def _free(engine: Engine, count: int) -> list[int]:
    later = select(slots.c.id).where(
        slots.c.speciality == SPECIALITY, slots.c.kind == "PRIMARY", slots.c.state == "FREE", slots.c.starts_at > NOW
    )
    with engine.connect() as connection:
        return list(connection.execute(later.order_by(slots.c.starts_at).offset(20).limit(count)).scalars())


def _command(patient: int, slot: int) -> BookingCommand:
    return BookingCommand(
        key=f"c{patient}-{slot}",
        slot_id=slot,
        patient_id=patient,
        purpose=Purpose.ILLNESS,
        call_key=f"c{patient}",
        contact=PhoneNumber.parse(telephone(patient)),
    )


def _raw(name: str, engine: Engine, folder: Path, times: int) -> list[float]:
    if name == "SQLite":
        return repeated(times, raw.sqlite_insert(folder / "raw.db"), budget=10)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return repeated(times, raw.postgres_insert(url), budget=10)
