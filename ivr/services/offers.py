"""What every search and every booking weighs: the other visits of the patient, and the horizon (1.6, D-01, D-12)."""

from datetime import datetime

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.refusals import AlreadyBooked, OutsideHorizon, Overlaps
from ivr.domain.rules import Rules
from ivr.domain.slot import Slot
from ivr.domain.speciality import Speciality
from ivr.services.ports import Work
from ivr.services.region import Unsettled


def other_visits(work: Work, patient_id: int, *, moves: int | None, now: datetime) -> list[Booking]:
    """Active bookings that have not begun, or go on now, and those that the regional system may have made.

    Without the one that is being moved.
    """
    visits = [*work.bookings.active(patient_id), *work.bookings.pending(patient_id)]
    return [visit for visit in visits if visit.slot.ends_at > now and visit.id != moves]


def unless_booked(speciality: str, visits: list[Booking]) -> None:
    """Raise AlreadyBooked for a visit in that speciality; Unsettled for one that may be none (X13).

    Of what may be booked nobody is told that it is.
    """
    for visit in visits:
        if visit.slot.speciality == speciality:
            raise Unsettled if visit.status is BookingStatus.PENDING else AlreadyBooked(visit.id)


def unless_overlapping(slot: Slot, visits: list[Booking], rules: Rules) -> None:
    """Raise Overlaps where one person cannot keep both (1.6)."""
    if any(slot.clashes_with(visit.slot, rules.min_gap) for visit in visits):
        raise Overlaps


def unless_too_far(slot: Slot, patient_id: int, speciality: Speciality, rules: Rules, now: datetime) -> None:
    """Raise OutsideHorizon; what a doctor opened for this patient may lie behind the horizon (S2.6, D-01)."""
    if slot.starts_at >= window(speciality, rules, now)[1] and slot.for_patient_id != patient_id:
        raise OutsideHorizon


def window(speciality: Speciality | None, rules: Rules, now: datetime) -> tuple[datetime, datetime]:
    """From the lead time on, before the end of the last day of the horizon."""
    horizon = None if speciality is None else speciality.horizon_days
    return now + rules.lead_time, rules.span(rules.last_day(rules.today(now), horizon))[1]
