"""The report of slots to the ministry: one row for a doctor, a day and a type of slots (domain 3.6, D-03)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ivr.domain.booking import BookingStatus
from ivr.domain.rules import Rules
from ivr.domain.slot import Doctor, SlotKind, SlotState
from ivr.domain.speciality import Speciality
from ivr.services.ports import Work
from ivr.services.report_ports import SlotFill

SHORT_MINUTES = 5
"""Shorter slots are counted as a mistake of the schedule (3.6)."""


@dataclass(frozen=True, slots=True)
class Line:
    """Slots of one doctor, day, kind and length; competitive ones and the others apart."""

    doctor: Doctor
    speciality: Speciality
    day: date
    kind: SlotKind
    competitive: bool
    minutes: int
    created: int
    booked: int
    missed: int

    @property
    def is_short(self) -> bool:
        return self.minutes < SHORT_MINUTES


_Key = tuple[date, int, SlotKind, bool, int]


def lines(work: Work, first: date, last: date, *, rules: Rules, who: str, now: datetime) -> list[Line]:
    """For these local days, both included, by day and doctor. That it was written is kept in the audit log."""
    since, before = rules.span(first)[0], rules.span(last)[1]
    with work:
        found = work.reports.each_slot(since, before)
        doctors = {one.id: one for one in work.staff.doctors(former=True)}
        specialities = {one.key: one for one in work.staff.specialities()}
        told = [_line(key, fills, doctors, specialities) for key, fills in sorted(_sorted_out(found, rules).items())]
        work.audit.add(who=who, action="slots exported", detail={"lines": len(told)}, now=now)
        work.commit()
    return told


def _sorted_out(found: list[SlotFill], rules: Rules) -> Mapping[_Key, list[SlotFill]]:
    kept = defaultdict(list)
    for one in found:
        # What was closed, or lost its doctor before anybody had it, was nobody's to book.
        if one.status is None and (one.state is SlotState.CLOSED or one.away):
            continue
        slot = one.slot
        key = (rules.today(slot.starts_at), slot.doctor_id, slot.kind, slot.is_competitive, slot.minutes)
        kept[key].append(one)
    return kept


def _line(
    key: _Key, fills: list[SlotFill], doctors: Mapping[int, Doctor], specialities: Mapping[str, Speciality]
) -> Line:
    day, doctor_id, kind, competitive, minutes = key
    return Line(
        doctor=doctors[doctor_id],
        speciality=specialities[fills[0].slot.speciality],
        day=day,
        kind=kind,
        competitive=competitive,
        minutes=minutes,
        created=len(fills),
        booked=sum(one.status is not None for one in fills),
        missed=sum(one.status is BookingStatus.NO_SHOW for one in fills),
    )
