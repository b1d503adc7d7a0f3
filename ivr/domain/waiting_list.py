"""The waiting list and its state machine (domain 1.4, 1.5; S2.7)."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from ivr.domain.refusals import WrongTurn


class WaitingStatus(StrEnum):
    NEW = "NEW"
    ACTIVE = "ACTIVE"
    OFFERED = "OFFERED"
    BOOKED = "BOOKED"
    EXPIRED = "EXPIRED"
    CANCELLED_BY_PATIENT = "CANCELLED_BY_PATIENT"
    CLOSED_OTHER_BOOKING = "CLOSED_OTHER_BOOKING"
    ESCALATED = "ESCALATED"


class WaitingReason(StrEnum):
    """N3 claim types 1 and 2, and our own two (1.5, S2.7, D-10)."""

    NO_SLOTS = "NO_SLOTS"
    NO_SUITABLE_TIME = "NO_SUITABLE_TIME"
    NO_SPECIALIST = "NO_SPECIALIST"
    REFERRAL = "REFERRAL"


class PartOfDay(StrEnum):
    MORNING = "MORNING"
    """Before 12:00."""
    DAY = "DAY"
    """12:00 to 17:00."""
    EVENING = "EVENING"
    """From 17:00."""
    ANY = "ANY"


NEXT = {
    WaitingStatus.NEW: {WaitingStatus.ACTIVE, WaitingStatus.CANCELLED_BY_PATIENT},
    WaitingStatus.ACTIVE: {
        WaitingStatus.OFFERED,
        WaitingStatus.EXPIRED,
        WaitingStatus.CANCELLED_BY_PATIENT,
        WaitingStatus.CLOSED_OTHER_BOOKING,
        WaitingStatus.ESCALATED,
        WaitingStatus.BOOKED,
    },
    WaitingStatus.OFFERED: {
        WaitingStatus.BOOKED,
        WaitingStatus.ACTIVE,
        WaitingStatus.CANCELLED_BY_PATIENT,
        WaitingStatus.ESCALATED,
    },
    WaitingStatus.ESCALATED: {
        WaitingStatus.BOOKED,
        WaitingStatus.ACTIVE,
        WaitingStatus.CANCELLED_BY_PATIENT,
        WaitingStatus.CLOSED_OTHER_BOOKING,
        WaitingStatus.EXPIRED,
    },
}
OPEN = frozenset({WaitingStatus.NEW, WaitingStatus.ACTIVE, WaitingStatus.OFFERED, WaitingStatus.ESCALATED})


@dataclass(frozen=True, slots=True)
class WaitingEntry:
    id: int
    patient_id: int
    speciality: str
    doctor_id: int | None
    part_of_day: PartOfDay
    reason: WaitingReason
    status: WaitingStatus
    entered_at: datetime
    deadline: datetime
    """Legal limit: 24 hours, 14 or 3 working days (1.4). Aware, UTC."""
    window_until: date
    """Last day wished for, entered + 30 days by default (1.5)."""
    priority: bool = False
    declined: int = 0
    no_answer: int = 0

    def becomes(self, status: WaitingStatus) -> "WaitingEntry":
        if status not in NEXT.get(self.status, ()):
            raise WrongTurn(f"{self.status} entry cannot become {status}")
        return replace(self, status=status)
