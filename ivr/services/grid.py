"""The schedule as the registry sees it: every slot of some days, and what it is to this patient (S2.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ivr.domain.rules import Rules
from ivr.domain.slot import PERSONAL, Channel, Doctor, Slot, SlotKind, SlotState
from ivr.domain.speciality import Speciality
from ivr.services.offers import window
from ivr.services.ports import GridSlot, Work

PAGE = "desk-"
"""So the keys of pages begin; whoever else holds a slot is a call."""


class Mark(StrEnum):
    """What a slot is for whoever looks at the grid."""

    FREE = "FREE"
    YOURS = "YOURS"
    """Held by this page, or by the call that it serves."""
    HELD_BY_DESK = "HELD_BY_DESK"
    HELD_BY_CALL = "HELD_BY_CALL"
    OWN = "OWN"
    """This patient's visit."""
    BOOKED = "BOOKED"
    RESERVED = "RESERVED"
    """The same-day reserve, not open yet (D-02)."""
    OTHER = "OTHER"
    """Another kind of visit, another channel, or opened for somebody else (S4.2)."""
    OUTSIDE = "OUTSIDE"
    """Free, behind the horizon (D-01)."""
    CLOSED = "CLOSED"
    PAST = "PAST"


@dataclass(frozen=True, slots=True)
class GridQuery:
    """Whose grid: both days are local and included."""

    speciality: str
    first: date
    last: date
    patient_id: int
    kind: SlotKind
    page_key: str
    channel: Channel = Channel.REG
    sees_patients: bool = True
    """May be told whose visit fills a slot."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One slot of the grid."""

    slot: Slot
    mark: Mark
    held_until: datetime | None = None
    booking_id: int | None = None
    patient_id: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    doctors: tuple[Doctor, ...]
    cells: tuple[Cell, ...]


def grid(work: Work, query: GridQuery, *, rules: Rules, now: datetime) -> Grid:
    """All slots of a speciality's doctors on those days. Raises NotFound."""
    with work.reading():
        speciality = work.staff.speciality(query.speciality)
        doctors = tuple(doctor for doctor in work.staff.doctors() if doctor.speciality == query.speciality)
        since, until = rules.span(query.first)[0], rules.span(query.last)[1]
        found = work.grid.of_doctors([doctor.id for doctor in doctors], since, until)
        referred = _referred(work, query, rules, now)
    return Grid(doctors, _cells(found, query, speciality, rules, now, referred=referred))


def cells(work: Work, slot_ids: Sequence[int], query: GridQuery, *, rules: Rules, now: datetime) -> tuple[Cell, ...]:
    """The same of single slots that have changed; those of other specialities are left out."""
    with work.reading():
        speciality = work.staff.speciality(query.speciality)
        found = [one for one in work.grid.of_ids(slot_ids) if one.slot.speciality == query.speciality]
        referred = _referred(work, query, rules, now)
    return _cells(found, query, speciality, rules, now, referred=referred)


def _referred(work: Work, query: GridQuery, rules: Rules, now: datetime) -> bool:
    return work.referrals.opens(query.patient_id, query.speciality, rules.today(now))


def _cells(
    found: Sequence[GridSlot],
    query: GridQuery,
    speciality: Speciality,
    rules: Rules,
    now: datetime,
    *,
    referred: bool,
) -> tuple[Cell, ...]:
    horizon = window(speciality, rules, now)[1]
    closed = PERSONAL if referred else PERSONAL | {SlotKind.REFERRAL}
    return tuple(_cell(one, query, closed, horizon, now) for one in found)


def _cell(one: GridSlot, query: GridQuery, closed: frozenset[SlotKind], horizon: datetime, now: datetime) -> Cell:
    if one.state is SlotState.BOOKED:
        own = one.patient_id == query.patient_id
        mark = Mark.OWN if own else Mark.BOOKED
        known = query.sees_patients or own
        return Cell(one.slot, mark, None, one.booking_id if known else None, one.patient_id if known else None)
    if one.state is SlotState.CLOSED or one.doctor_away:
        return Cell(one.slot, Mark.CLOSED)
    if one.slot.starts_at <= now:
        return Cell(one.slot, Mark.PAST)
    if one.held_by is not None and one.held_until is not None and one.held_until > now:
        return Cell(one.slot, _holder(one.held_by, query.page_key), one.held_until)
    return Cell(one.slot, _of_free(one.slot, query, closed, horizon, now))


def _holder(held_by: str, page_key: str) -> Mark:
    if held_by == page_key:
        return Mark.YOURS
    return Mark.HELD_BY_DESK if held_by.startswith(PAGE) else Mark.HELD_BY_CALL


def _of_free(slot: Slot, query: GridQuery, closed: frozenset[SlotKind], horizon: datetime, now: datetime) -> Mark:
    if slot.release_at is not None and slot.release_at > now:
        return Mark.RESERVED
    if slot.for_patient_id is not None:
        return Mark.FREE if slot.for_patient_id == query.patient_id else Mark.OTHER
    if slot.kind is not query.kind or slot.kind in closed or not slot.opens_to(query.channel):
        return Mark.OTHER
    return Mark.OUTSIDE if slot.starts_at >= horizon else Mark.FREE
