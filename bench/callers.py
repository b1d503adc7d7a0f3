"""Patients for many calls at once, each with a district doctor of his own, so that no two want the same slot."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, insert, select

from bench.conversation import Person
from bench.filled import policy, telephone
from ivr.domain.slot import Channel
from ivr.storage import tables

FIRST_SLOT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
SLOTS = 6
LENGTH = timedelta(minutes=15)
BORN = date(1980, 5, 17)


def people(count: int) -> Iterator[Person]:
    """The first so many of them, as callers."""
    return (Person(telephone(number), policy(number), f"{BORN:%d%m%Y}") for number in range(1, count + 1))


def engage(engine: Engine, count: int) -> None:
    """Put patients, doctors and their free slots into a database that has the demo hospital."""
    with engine.begin() as connection:
        last = connection.execute(select(func.max(tables.doctors.c.id))).scalar_one()
        connection.execute(insert(tables.doctors), [_doctor(last + number) for number in range(1, count + 1)])
        connection.execute(insert(tables.patients), [_patient(number, last + number) for number in range(1, count + 1)])
        connection.execute(insert(tables.slots), [slot for n in range(1, count + 1) for slot in _slots(last + n)])


def _doctor(number: int) -> dict[str, Any]:
    names = {"surname": "Замерова", "given_name": "Ольга", "patronymic": "Ивановна", "sex": "F"}
    return {"id": number, "speciality": "therapist", "room": "21", "site": "adult", **names}


def _patient(number: int, doctor: int) -> dict[str, Any]:
    names = {"surname": "Звонкова", "given_name": "Анна", "sex": "F", "birth_date": BORN}
    return {"oms": policy(number), "phone": telephone(number), "district_doctor_id": doctor, **names}


def _slots(doctor: int) -> list[dict[str, Any]]:
    starts = [FIRST_SLOT + LENGTH * number for number in range(SLOTS)]
    common = {"doctor_id": doctor, "speciality": "therapist", "kind": "PRIMARY", "channels": frozenset(Channel)}
    return [{"starts_at": start, "ends_at": start + LENGTH, "room": "21", **common} for start in starts]
