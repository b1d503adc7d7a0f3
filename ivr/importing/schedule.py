"""Columns of a schedule file, and a row of it turned into working hours or an absence."""

from collections.abc import Mapping
from datetime import date, time

from ivr.domain.hours import Hours
from ivr.domain.schedule import SHORTEST_SLOT, WORKWEEK, Absence, Parity, WorkRule
from ivr.importing import cells
from ivr.importing.cells import Cells
from ivr.importing.csv_file import Column, Complaint, Row

COLUMNS = (
    Column("doctor", "врач", "code of the doctor, as in the doctors' file", "therapist-1", required=True),
    Column("opens", "начало", "08:00; empty together with `closes` for an absence", "08:00", required=True),
    Column("closes", "конец", "14:00", "14:00", required=True),
    Column("weekdays", "дни", "1-5 or 1,3,5 or пн-пт; Monday to Friday when empty", "1-5"),
    Column("parity", "чётность", "odd, even or any day of the month", "odd"),
    Column("every_weeks", "раз_в_недель", "worked once in so many weeks (Saturday duty), with `week`", ""),
    Column("week", "неделя", "which of those weeks, from 0", ""),
    Column("minutes", "минут", "length of a slot, 5 to 120, where it differs from the speciality's", ""),
    Column("kind", "вид", "PRIMARY, REPEAT, …: all slots of one kind instead of the usual mix", ""),
    Column("channels", "каналы", "CC+REG: who may see the slots, instead of all", ""),
    Column("since", "с", "first day of the hours, or of the absence", ""),
    Column("until", "по", "last day, inclusive", ""),
)


def work(row: Row, *, doctors: Mapping[str, int]) -> WorkRule | Absence | list[Complaint]:
    """Read one row; all its mistakes are told at once. `doctors` are ids by code."""
    read = Cells(row)
    code = read.must("doctor", cells.short_text)
    if code is not None and code not in doctors:
        read.complain("doctor", "there is no doctor with this code; import the doctors first")
    since, until = read.may("since", cells.plan_day), read.may("until", cells.plan_day)
    if since and until and since > until:
        read.complain("until", "is before `since`")
    doctor_id = doctors.get(code or "", 0)
    if row.cells.keys() & {"opens", "closes"}:
        return _rule(read, doctor_id, since, until)
    return _absence(read, doctor_id, since, until)


def _absence(read: Cells, doctor_id: int, since: date | None, until: date | None) -> Absence | list[Complaint]:
    if since is None or until is None:
        read.complain("opens", "is empty; an absence needs `since` and `until`")
    if read.complaints or since is None or until is None:
        return read.complaints
    return Absence(doctor_id, since, until)


def _rule(read: Cells, doctor_id: int, since: date | None, until: date | None) -> WorkRule | list[Complaint]:
    hours = _hours(read)
    every = read.may("every_weeks", cells.whole(1, 52)) or 1
    week = read.may("week", cells.whole(0, 51)) or 0
    if week >= every:
        read.complain("week", f"must be less than every_weeks, which is {every}")
    days = read.may("weekdays", cells.weekdays)
    parity = read.may("parity", cells.parity)
    minutes = read.may("minutes", cells.whole(SHORTEST_SLOT, 120))
    kind, channels = read.may("kind", cells.kind), read.may("channels", cells.channels)
    if read.complaints or hours is None:
        return read.complaints
    return WorkRule(
        doctor_id,
        hours,
        days or WORKWEEK,
        parity or Parity.ANY,
        every,
        week,
        since,
        until,
        minutes,
        kind,
        channels,
    )


def _hours(read: Cells) -> Hours | None:
    opens: time | None = read.must("opens", cells.moment)
    closes: time | None = read.must("closes", cells.moment)
    if opens is None or closes is None:
        return None
    if opens >= closes:
        read.complain("closes", "must be after `opens`")
        return None
    return Hours(opens, closes)
