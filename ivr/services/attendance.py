"""Who came and who did not: said by the registry after a visit, and taken back where it was wrong (P150, P154)."""

from dataclasses import dataclass
from datetime import date, datetime

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.patient import Patient
from ivr.domain.refusals import AlreadyBooked, TooEarly, WrongTurn
from ivr.domain.rules import Rules
from ivr.domain.slot import Doctor
from ivr.services import aftermath
from ivr.services.ports import Work

MARKED = frozenset({BookingStatus.VISITED, BookingStatus.NO_SHOW})


@dataclass(frozen=True, slots=True)
class Day:
    """The visits of one doctor on one day, in the order of time; cancelled ones are not among them."""

    doctor: Doctor
    day: date
    visits: tuple[tuple[Booking, Patient], ...]


def came(work: Work, booking_id: int, *, who: str, rules: Rules, now: datetime) -> Booking:
    """The patient came, on this day or before. A repeat changes nothing. Raises NotFound, TooEarly, WrongTurn."""
    with work:
        visit = came_within(work, _locked(work, booking_id), who=who, rules=rules, now=now)
        work.commit()
    return visit


def came_within(work: Work, visit: Booking, *, who: str, rules: Rules, now: datetime) -> Booking:
    """The same as a part of a transaction in which the patient is locked."""
    if visit.status is BookingStatus.VISITED:
        return visit
    if rules.today(visit.slot.starts_at) > rules.today(now):
        raise TooEarly(visit.id)
    visit = work.bookings.mark(visit, BookingStatus.VISITED)
    aftermath.visited(work, visit, rules, now)
    _note(work, visit, who, now)
    return visit


def stayed_away(work: Work, booking_id: int, *, who: str, rules: Rules, now: datetime) -> Booking:
    """The visit has begun without him. A repeat changes nothing. Raises NotFound, TooEarly, WrongTurn."""
    with work:
        visit = _locked(work, booking_id)
        if visit.status is BookingStatus.NO_SHOW:
            return visit
        if visit.slot.starts_at > now:
            raise TooEarly(booking_id)
        visit = work.bookings.mark(visit, BookingStatus.NO_SHOW)
        aftermath.missed(work, visit, rules, now)
        _note(work, visit, who, now)
        work.commit()
    return visit


def take_back(work: Work, booking_id: int, *, who: str, now: datetime) -> Booking:
    """Nobody knows whether he came, after all; what he was to be asked is asked no more. A repeat changes nothing.

    Raises NotFound, WrongTurn for a visit that was cancelled, AlreadyBooked where it would stand again beside another.
    """
    with work:
        visit = _locked(work, booking_id)
        if visit.status in (BookingStatus.BOOKED, BookingStatus.PASSED):
            return visit
        if visit.status not in MARKED:
            raise WrongTurn(f"{visit.status} booking was not marked")
        visit = work.bookings.mark(visit, _before(work, visit, now))
        aftermath.unmarked(work, visit)
        _note(work, visit, who, now)
        work.commit()
    return visit


def day_of(work: Work, doctor_id: int, day: date, *, who: str, rules: Rules, now: datetime) -> Day:
    """Who was or is expected; that he was looked at is in the audit log. Raises NotFound."""
    with work:
        doctor = work.staff.doctor(doctor_id)
        filling = work.bookings.filling(doctor_id, *rules.span(day))
        visits = [(one, work.patients.get(one.patient_id)) for one in filling]
        detail = {"doctor": doctor_id, "day": day.isoformat(), "found": [patient.id for _, patient in visits]}
        work.audit.add(who=who, action="day shown", detail=detail, now=now)
        work.commit()
    return Day(doctor, day, tuple(visits))


def _locked(work: Work, booking_id: int) -> Booking:
    """As it is when nobody else changes the patient's visits."""
    work.patients.lock(work.bookings.get(booking_id).patient_id)
    return work.bookings.get(booking_id)


def _before(work: Work, visit: Booking, now: datetime) -> BookingStatus:
    """What a visit is of which nobody has said anything."""
    if visit.slot.ends_at <= now:
        return BookingStatus.PASSED
    for other in work.bookings.active(visit.patient_id):
        if other.slot.speciality == visit.slot.speciality:
            raise AlreadyBooked(other.id)
    return BookingStatus.BOOKED


def _note(work: Work, visit: Booking, who: str, now: datetime) -> None:
    detail = {"booking": visit.id, "patient": visit.patient_id, "ended": visit.status.value}
    work.audit.add(who=who, action="visit.marked", detail=detail, now=now)
