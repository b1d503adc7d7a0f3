"""A booking and the moves it may make."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ivr.domain.purpose import Purpose
from ivr.domain.refusals import TooLate, WrongTurn
from ivr.domain.slot import Channel, Slot


class BookingStatus(StrEnum):
    """Own statuses of domain 3.3."""

    BOOKED = "BOOKED"
    CANCELLED_BY_PATIENT = "CANCELLED_BY_PATIENT"
    CANCELLED_BY_CLINIC = "CANCELLED_BY_CLINIC"
    MOVED = "MOVED"
    VISITED = "VISITED"
    NO_SHOW = "NO_SHOW"


NEXT = {
    BookingStatus.BOOKED: {
        BookingStatus.CANCELLED_BY_PATIENT,
        BookingStatus.CANCELLED_BY_CLINIC,
        BookingStatus.MOVED,
        BookingStatus.VISITED,
        BookingStatus.NO_SHOW,
    },
    BookingStatus.NO_SHOW: {BookingStatus.VISITED},
}

MAX_ACTIVE = 4
"""Active bookings of one patient in all (1.6)."""
MIN_GAP_MINUTES = 30
"""Between two visits of one patient (1.6)."""


@dataclass(frozen=True, slots=True)
class Booking:
    id: int
    ticket: str
    """Number of the talon, digits only, spoken and printed."""
    slot: Slot
    patient_id: int
    purpose: Purpose
    channel: Channel
    status: BookingStatus
    created_at: datetime
    referral_number: str | None = None

    def becomes(self, status: BookingStatus) -> "Booking":
        if status not in NEXT.get(self.status, ()):
            raise WrongTurn(f"{self.status} booking cannot become {status}")
        return replace(self, status=status)

    def must_not_have_begun(self, now: datetime) -> None:
        """Raise TooLate from the start of the visit on (D-13)."""
        if now >= self.slot.starts_at:
            raise TooLate(self.ticket)
