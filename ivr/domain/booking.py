"""A booking and the moves it may make."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import TooLate, WrongTurn
from ivr.domain.slot import Channel, Slot


class BookingStatus(StrEnum):
    """Own statuses of domain 3.3."""

    PENDING = "PENDING"
    """The regional system has been asked and has not said yes yet: nobody is told that he is booked."""
    BOOKED = "BOOKED"
    NOT_MADE = "NOT_MADE"
    """The regional system has not made it."""
    CANCELLED_BY_PATIENT = "CANCELLED_BY_PATIENT"
    CANCELLED_BY_CLINIC = "CANCELLED_BY_CLINIC"
    MOVED = "MOVED"
    PASSED = "PASSED"
    """The time is over and nobody has said yet whether the patient came."""
    VISITED = "VISITED"
    NO_SHOW = "NO_SHOW"


NEXT = {
    BookingStatus.PENDING: {BookingStatus.BOOKED, BookingStatus.NOT_MADE},
    BookingStatus.BOOKED: {
        BookingStatus.CANCELLED_BY_PATIENT,
        BookingStatus.CANCELLED_BY_CLINIC,
        BookingStatus.MOVED,
        BookingStatus.PASSED,
        BookingStatus.VISITED,
        BookingStatus.NO_SHOW,
    },
    BookingStatus.PASSED: {BookingStatus.VISITED, BookingStatus.NO_SHOW},
    # What somebody has said of a visit may have been wrong.
    BookingStatus.VISITED: {BookingStatus.NO_SHOW, BookingStatus.PASSED, BookingStatus.BOOKED},
    BookingStatus.NO_SHOW: {BookingStatus.VISITED, BookingStatus.PASSED, BookingStatus.BOOKED},
}

FILLS_A_SLOT = frozenset(
    {
        BookingStatus.PENDING,
        BookingStatus.BOOKED,
        BookingStatus.PASSED,
        BookingStatus.VISITED,
        BookingStatus.NO_SHOW,
    }
)
"""While a booking is in one of these nobody else has the slot."""


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
    subject: Subject = Subject.SELF
    contact: PhoneNumber | None = None
    """The telephone from which it was booked; not necessarily the patient's."""
    replaces_id: int | None = None
    """The booking that was moved to this one."""
    closed_at: datetime | None = None
    closed_key: str | None = None
    """The command that cancelled or moved it: a repeat of that command changes nothing."""
    close_reason: str | None = None
    overrides: str | None = None
    """Rules set aside for it, by commas (Waiver)."""
    override_reason: str | None = None
    far_id: str | None = None
    """Its number in the regional system that keeps the schedule."""

    def becomes(self, status: BookingStatus) -> "Booking":
        if status not in NEXT.get(self.status, ()):
            raise WrongTurn(f"{self.status} booking cannot become {status}")
        return replace(self, status=status)

    def must_not_have_begun(self, now: datetime) -> None:
        """Raise TooLate from the start of the visit on (D-13)."""
        if now >= self.slot.starts_at:
            raise TooLate(self.ticket)
