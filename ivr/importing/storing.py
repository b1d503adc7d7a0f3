"""Many rows into the database at once, within one transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from ivr.data import Catalogue
from ivr.domain.post import Post
from ivr.domain.rules import Rules
from ivr.domain.schedule import Absence, WorkRule
from ivr.domain.slot import Slot
from ivr.importing.comparing import Changes, KnownPeople, Stored
from ivr.services.ports import Work
from ivr.services.schedule import plan, publish_within
from ivr.storage import tables
from ivr.storage.replanning import replan
from ivr.storage.work import SqlWork

BATCH = 5_000
Step = Callable[[int], None]


def known_people(database: Connection) -> KnownPeople:
    """Everybody in the register."""
    return KnownPeople(map(dict, database.execute(select(tables.patients)).mappings()))


def doctors_by_code(database: Connection) -> dict[str, Stored]:
    """Doctors that have a code of the hospital."""
    rows = database.execute(select(tables.doctors).where(tables.doctors.c.code.is_not(None))).mappings()
    return {row["code"]: dict(row) for row in rows}


def store_changes(database: Connection, table: Table, changes: Changes, step: Step = lambda _: None) -> None:
    """Insert what is new, update what has changed; `step` gets the number of rows done."""
    for rows in _batches(changes.added):
        database.execute(insert(table), rows)
        step(len(rows))
    for columns, alike in _by_columns(changes.updated).items():
        changed: dict[str, Any] = {name: bindparam(name) for name in columns if name != "id"}
        statement = update(table).where(table.c.id == bindparam("of_id")).values(**changed)
        for rows in _batches(alike):
            database.execute(statement, [{**row, "of_id": row["id"]} for row in rows])
            step(len(rows))


def _by_columns(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Rows that change the same columns, together: one statement serves them all."""
    groups: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[tuple(row)].append(row)
    return groups


def store_representatives(database: Connection, changes: Changes) -> None:
    """Note who speaks for whom, by OMS number."""
    if not changes.represented:
        return
    people = known_people(database)
    known = {(row.patient_id, row.representative_id) for row in database.execute(select(tables.representatives))}
    pairs = {(people.id_of(child.numbers()), people.id_of([("oms", oms)])) for child, oms in changes.represented}
    if new := sorted(pairs - known):
        columns = ("patient_id", "representative_id")
        database.execute(insert(tables.representatives), [dict(zip(columns, pair, strict=True)) for pair in new])


def store_specialities(work: Work, catalogue: Catalogue) -> None:
    """The specialities that doctors may have, in the order of the list."""
    for position, speciality in enumerate(catalogue.specialities.values(), start=1):
        work.staff.save_speciality(speciality, position)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a new timetable does to the slots."""

    added: int
    withdrawn: int
    outside: Sequence[Slot]
    """Booked visits at times that are not worked any more."""
    idle: Sequence[int]
    """Doctors who have no hours from today to the horizon."""


def replace_work(
    work: SqlWork, lines: Sequence[WorkRule | Absence], posts: Mapping[str, Post], rules: Rules, now: datetime
) -> Effect:
    """Put rules and absences in the place of all that their doctors had, and free slots after them.

    Booked, held and personal slots stay, and so do free ones that the new rules ask for, too.
    """
    doctors = sorted({line.doctor_id for line in lines})
    for table in (tables.schedule_rules, tables.absences):
        work.connection.execute(delete(table).where(table.c.doctor_id.in_(doctors)))
    work.schedule.add_rules(line for line in lines if isinstance(line, WorkRule))
    for line in lines:
        if isinstance(line, Absence):
            work.schedule.add_absence(line, rules.zone)
    return follow(work, doctors, posts, rules, now)


def follow(work: SqlWork, doctors: Sequence[int], posts: Mapping[str, Post], rules: Rules, now: datetime) -> Effect:
    """Bring the slots of these doctors to what their hours are now."""
    planned = plan(work, posts, rules=rules, now=now)
    replanned = replan(work.connection, doctors, planned, now)
    added = publish_within(work, posts, rules=rules, now=now)
    idle = set(doctors) - {slot.doctor_id for slot in planned}
    return Effect(added, replanned.withdrawn, replanned.outside, sorted(idle))


def move_rooms(database: Connection, changes: Changes, now: datetime) -> None:
    """Whose room has changed sees there whoever comes from now on."""
    own = tables.slots.c
    for row in changes.updated:
        if room := row.get("room"):
            later = (own.doctor_id == row["id"], own.starts_at > now)
            database.execute(update(tables.slots).where(*later).values(room=room))


def _batches(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
