"""A database as full as a hospital's, a district's or a region's: months of slots, most of them taken."""

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Engine, insert

from ivr.data.specialities import load_specialities
from ivr.domain.identifiers import OmsNumber
from ivr.domain.slot import Channel
from ivr.storage import tables
from ivr.storage.types import bit_of

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
"""A Tuesday, ten in the morning in Moscow."""
DAYS_AHEAD = 20
LEAST_DAYS = 60
SLOTS_A_DAY = 32
MOST_DOCTORS = 180
"""A big hospital; a table that is bigger still has more history."""
LENGTH = timedelta(minutes=15)
SPECIALITY = "therapist"
THERAPISTS = 8
"""Every eighth doctor is one."""
TAKEN_SOON, TAKEN_LATER = 0.98, 0.7
COLUMNS = ("doctor_id", "speciality", "kind", "starts_at", "ends_at", "channels", "room", "state")


def fill(engine: Engine, slots: int, patients: int = 100) -> None:
    """Create the tables and fill them with about that many slots; the same rows each time."""
    tables.metadata.drop_all(engine)
    tables.metadata.create_all(engine)
    doctors = max(1, min(MOST_DOCTORS, round(slots / LEAST_DAYS / SLOTS_A_DAY)))
    days = round(slots / doctors / SLOTS_A_DAY)
    known = load_specialities().specialities
    others = [key for key in known if key != SPECIALITY]
    posts = [SPECIALITY if number % THERAPISTS == 0 else others[number % len(others)] for number in range(doctors)]
    with engine.begin() as connection:
        connection.execute(insert(tables.specialities), [asdict(one) for one in known.values()])
        connection.execute(insert(tables.doctors), [_doctor(number, post) for number, post in enumerate(posts, 1)])
        connection.execute(insert(tables.patients), [_patient(number) for number in range(1, patients + 1)])
        _copy(connection.connection.driver_connection, engine.dialect.name, posts, days)
    _analyse(engine)


def _doctor(number: int, speciality: str) -> dict[str, Any]:
    names = {"surname": f"Врачев{number}", "given_name": "Иван", "patronymic": "Петрович", "sex": "M"}
    return {"id": number, "speciality": speciality, "room": str(100 + number), "site": "main", **names}


def _patient(number: int) -> dict[str, Any]:
    born = datetime(1980, 1, 1).date() + timedelta(days=number)  # noqa: DTZ001 -- a date
    names = {"surname": f"Больной{number}", "given_name": "Анна", "sex": "F", "birth_date": born}
    return {"id": number, "oms": policy(number), "phone": telephone(number), "district_doctor_id": 1, **names}


def telephone(number: int) -> str:
    """The number that the n-th patient calls from."""
    return f"+7000{1_000_000 + number}"


def policy(number: int) -> str:
    """The policy of the n-th patient, its check digit right."""
    body = f"62564108{number:07}"
    for digit in "0123456789":
        try:
            return OmsNumber(body + digit).digits
        except ValueError:
            continue
    raise AssertionError("one of ten check digits is right")


def _slots(posts: list[str], days: int, stored: Callable[[datetime], Any]) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(1)  # noqa: S311 -- the same rows each time
    channels = sum(bit_of(channel) for channel in Channel)
    for day in range(DAYS_AHEAD - days, DAYS_AHEAD):
        opens = NOW.replace(hour=5) + timedelta(days=day)
        times = [stored(opens + LENGTH * number) for number in range(SLOTS_A_DAY + 1)]
        share = TAKEN_SOON if day < 3 else TAKEN_LATER
        for number, post in enumerate(posts, 1):
            for start, end in pairwise(times):
                kind = "PRIMARY" if chance.random() < 0.7 else "REFERRAL"
                state = "BOOKED" if chance.random() < share else "FREE"
                yield number, post, kind, start, end, channels, "101", state


def _copy(connection: Any, dialect: str, posts: list[str], days: int) -> None:
    """As fast as the database can: a million rows are filled in, not measured."""
    names = ", ".join(COLUMNS)
    if dialect == "sqlite":
        marks = ", ".join("?" * len(COLUMNS))
        rows = _slots(posts, days, lambda moment: f"{moment:%Y-%m-%d %H:%M:%S.%f}")  # as SQLAlchemy writes it
        connection.executemany(f"INSERT INTO slots ({names}) VALUES ({marks})", rows)  # noqa: S608
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY slots ({names}) FROM STDIN") as copy:
        for row in _slots(posts, days, lambda moment: moment):
            copy.write_row(row)


def _analyse(engine: Engine) -> None:
    """What a database does by itself in its first hours."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
