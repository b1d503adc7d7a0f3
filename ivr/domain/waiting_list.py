"""The waiting list and its state machine (domain 1.4, 1.5; S2.7)."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from ivr.domain.refusals import WrongTurn
from ivr.domain.rules import Rules


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

    def holds(self, moment: time) -> bool:
        """True where a local time is in this part of the day."""
        since, before = _HOURS[self]
        return since <= moment.hour < before

    @property
    def edges(self) -> tuple[time | None, time | None]:
        """Its first moment, and the first one behind it; None: open."""
        since, before = _HOURS[self]
        return time(since) if since else None, time(before) if before < 24 else None


_HOURS = {PartOfDay.MORNING: (0, 12), PartOfDay.DAY: (12, 17), PartOfDay.EVENING: (17, 24), PartOfDay.ANY: (0, 24)}

NEXT = {
    WaitingStatus.NEW: {
        WaitingStatus.ACTIVE,
        WaitingStatus.CANCELLED_BY_PATIENT,
        WaitingStatus.CLOSED_OTHER_BOOKING,
    },
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
        WaitingStatus.CLOSED_OTHER_BOOKING,
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

DISTRICT_LIMIT = timedelta(hours=24)
"""District therapist, general practitioner, district paediatrician (1.4)."""
SPECIALIST_WORKING_DAYS = 14
"""Any other specialist; the day of the request is not counted (1.4)."""
SUSPICION_WORKING_DAYS = 3
"""Where a doctor suspects cancer or a disease of heart or vessels (1.4)."""
ESCALATE_DISTRICT = timedelta(hours=4)
ESCALATE_WORKING_DAYS = 2


def deadline(now: datetime, rules: Rules, *, district: bool, suspicion: bool = False) -> datetime:
    """The legal limit: 24 hours, or the last second of the 3rd or 14th working day (1.4). Aware, UTC."""
    if district:
        return now.astimezone(UTC) + DISTRICT_LIMIT
    days = SUSPICION_WORKING_DAYS if suspicion else SPECIALIST_WORKING_DAYS
    last_day = rules.calendar.add_working_days(rules.today(now), days)
    return rules.span(last_day)[1] - timedelta(seconds=1)


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

    def why_behind(self, before: "WaitingEntry | None") -> str:
        """Why this entry stands where it does in the order of 1.5: deadline, flag, time of entry."""
        if before is None:
            return "first: nearest legal deadline"
        if self.deadline > before.deadline:
            return f"legal deadline later than that of {before.id}"
        if before.priority and not self.priority:
            return f"same deadline; {before.id} was sent by a doctor"
        if self.entered_at > before.entered_at:
            return f"same deadline; {before.id} came earlier"
        return f"came at the same moment as {before.id}"

    def is_escalating(self, rules: Rules, now: datetime) -> bool:
        """True where a person must look at it: 4 hours, or 2 working days, before the deadline (1.5)."""
        if self.status is WaitingStatus.ESCALATED:
            return True
        if self.deadline - self.entered_at <= DISTRICT_LIMIT:
            return now >= self.deadline - ESCALATE_DISTRICT
        soon = rules.calendar.add_working_days(rules.today(now), ESCALATE_WORKING_DAYS)
        return soon >= rules.today(self.deadline)
