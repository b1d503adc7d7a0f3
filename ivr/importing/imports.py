"""A whole import: read, check, compare, and store all of it or nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ivr.data import Catalogue
from ivr.domain.hospital import Hospital
from ivr.domain.rules import Rules
from ivr.importing import doctors, patients, schedule
from ivr.importing.checking import check, refuse_duplicates, write_bad_rows
from ivr.importing.comparing import Changes, compare_doctors, compare_people
from ivr.importing.csv_file import Complaint, CsvFile, Row, read_csv
from ivr.importing.patients import Person
from ivr.importing.storing import (
    Effect,
    doctors_by_code,
    known_people,
    move_rooms,
    replace_work,
    store_changes,
    store_representatives,
    store_specialities,
)
from ivr.importing.timetable import Line, refuse_halves, refuse_nonsense
from ivr.storage import tables
from ivr.storage.work import SqlWork


class Watch(Protocol):
    """Who is told how far the import is."""

    def stage(self, name: str, rows: int) -> None: ...
    def step(self, rows: int = 1) -> None: ...


@dataclass(frozen=True, slots=True)
class Clinic:
    """What an import must know of the hospital it is for."""

    work: Callable[[], SqlWork]
    catalogue: Catalogue
    hospital: Hospital
    rules: Rules
    now: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller of the command asked for."""

    dry_run: bool = False
    skip_bad: bool = False


@dataclass(slots=True)
class Outcome:
    """What became of a file."""

    stored: bool = False
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    slots_added: int = 0
    slots_withdrawn: int = 0
    bad_file: Path | None = None
    complaints: list[Complaint] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What somebody should look at, although it is allowed."""


def import_patients(path: Path, clinic: Clinic, wish: Wish, watch: Watch) -> Outcome:
    """Add and update patients. Raises BadFile, StorageDown."""
    source = read_csv(path, patients.COLUMNS)
    watch.stage("reading", len(source.lines))
    today = clinic.now.astimezone(clinic.rules.zone).date()
    checked = check(source, lambda row: patients.person(row, today=today), step=watch.step)
    refuse_duplicates(checked, Person.numbers)
    with clinic.work().reading() as work:
        codes = {code: int(row["id"]) for code, row in doctors_by_code(work.connection).items()}
        changes = compare_people(checked.good, known_people(work.connection), codes)
    outcome = _outcome(changes, [*checked.complaints, *changes.complaints])
    if _goes_ahead(outcome, wish, path, source):
        watch.stage("storing", len(changes.added) + len(changes.updated))
        with clinic.work() as work:
            store_changes(work.connection, tables.patients, changes, watch.step)
            store_representatives(work.connection, changes)
            work.commit()
    return outcome


def import_doctors(path: Path, clinic: Clinic, wish: Wish, watch: Watch) -> Outcome:
    """Add and update doctors. Raises BadFile, StorageDown."""
    source = read_csv(path, doctors.COLUMNS)
    watch.stage("reading", len(source.lines))
    known = {"specialities": clinic.catalogue.posts, "sites": clinic.hospital.sites}
    checked = check(source, lambda row: doctors.member(row, **known), step=watch.step)
    refuse_duplicates(checked, lambda member: [("code", member.code)])
    with clinic.work().reading() as work:
        changes = compare_doctors(checked.good, doctors_by_code(work.connection))
    outcome = _outcome(changes, [*checked.complaints, *changes.complaints])
    if _goes_ahead(outcome, wish, path, source):
        with clinic.work() as work:
            store_specialities(work, clinic.catalogue)
            store_changes(work.connection, tables.doctors, changes)
            move_rooms(work.connection, changes, clinic.now)
            work.commit()
    return outcome


def import_schedule(path: Path, clinic: Clinic, wish: Wish, watch: Watch) -> Outcome:
    """Replace what the doctors of the file work, and publish the slots. Raises BadFile, StorageDown."""
    source = read_csv(path, schedule.COLUMNS)
    watch.stage("reading", len(source.lines))
    with clinic.work().reading() as work:
        known = doctors_by_code(work.connection)
    codes = {code: int(row["id"]) for code, row in known.items()}
    checked = check(source, _line_reader(codes), step=watch.step)
    posts = {int(row["id"]): clinic.catalogue.posts.get(row["speciality"]) for row in known.values()}
    refuse_nonsense(checked, posts.get, clinic.now.astimezone(clinic.rules.zone).date())
    if wish.skip_bad:
        named = {row.line: row.cells.get("doctor", "") for row in source.rows() if isinstance(row, Row)}
        refuse_halves(checked, lambda line: codes.get(named.get(line, ""), 0))
    lines = [good.work for good in checked.good]
    outcome = Outcome(added=len(lines), complaints=sorted(checked.complaints, key=lambda each: each.line))
    if lines and (_goes_ahead(outcome, wish, path, source) or wish.dry_run):
        with clinic.work() as work:
            effect = replace_work(work, lines, clinic.catalogue.posts, clinic.rules, clinic.now)
            if outcome.stored:  # a dry run has done it for the numbers only
                work.commit()
        outcome.slots_added, outcome.slots_withdrawn = effect.added, effect.withdrawn
        outcome.notes = list(_notes(effect, {int(row["id"]): code for code, row in known.items()}, clinic.rules))
    return outcome


def _notes(effect: Effect, codes: Mapping[int, str], rules: Rules) -> Iterable[str]:
    for doctor_id in effect.idle:
        yield f"{codes[doctor_id]} has no visits up to the horizon: the hours are past, later, or on days off"
    for slot in effect.outside:
        moment = slot.starts_at.astimezone(rules.zone)
        yield f"{codes[slot.doctor_id]}: the visit booked for {moment:%d.%m.%Y %H:%M} stays, outside the new hours"


def _line_reader(codes: Mapping[str, int]) -> Callable[[Row], Line | list[Complaint]]:
    def read(row: Row) -> Line | list[Complaint]:
        found = schedule.work(row, doctors=codes)
        return found if isinstance(found, list) else Line(row.line, found)

    return read


def _outcome(changes: Changes, complaints: Sequence[Complaint]) -> Outcome:
    ordered = sorted(complaints, key=lambda complaint: complaint.line)
    return Outcome(
        added=len(changes.added), updated=len(changes.updated), unchanged=changes.unchanged, complaints=ordered
    )


def _goes_ahead(outcome: Outcome, wish: Wish, path: Path, source: CsvFile) -> bool:
    """True where the good rows may be stored; the bad ones are put aside first, so that none is lost."""
    outcome.stored = not wish.dry_run and (wish.skip_bad or not outcome.complaints)
    if outcome.stored and outcome.complaints:
        lines = sorted({complaint.line for complaint in outcome.complaints})
        outcome.bad_file = write_bad_rows(path, source, lines)
    return outcome.stored
