"""Work that outlives a call: calls to make, slots to offer, people to ring back (S4.3, 1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules


class TaskKind(StrEnum):
    FEEDBACK = "FEEDBACK"
    """Confirm a visit the day before (S4.3)."""
    SLOT_FREED = "SLOT_FREED"
    """Offer a freed slot to the waiting list (1.5)."""
    CALLBACK = "CALLBACK"
    """Ring back who did not want to wait (Q04)."""
    WAITING = "WAITING"
    """Look after somebody on the waiting list before his legal deadline (1.4)."""
    CLINIC_CANCELLED = "CLINIC_CANCELLED"
    """Tell somebody that his visit cannot take place, and find him another time (1.6)."""
    CLINIC_MOVED = "CLINIC_MOVED"
    """Tell somebody that the clinic has moved his visit (P135)."""
    OFFER = "OFFER"
    """Offer a freed slot to one person of the waiting list, for whom it is held (1.5)."""
    REFERRAL_NOTICE = "REFERRAL_NOTICE"
    """Tell somebody whom a doctor has referred when he is expected (S4.3)."""
    SURVEY = "SURVEY"
    """Two questions after the visit (P150)."""
    UNSETTLED = "UNSETTLED"
    """Find out what the regional system has made of a visit, and tell the patient (X14)."""
    NO_SHOW = "NO_SHOW"
    """Ask who did not come whether he wants another time (P154)."""


class TaskOwner(StrEnum):
    """Exactly one owner per task (S4.3)."""

    CALL_CENTRE = "CALL_CENTRE"
    REGISTRY = "REGISTRY"

    @classmethod
    def under(cls, *, centralised: bool) -> "TaskOwner":
        """Who makes feedback calls in this model of the hospital."""
        return cls.CALL_CENTRE if centralised else cls.REGISTRY


class TaskStatus(StrEnum):
    OPEN = "OPEN"
    DONE = "DONE"
    DROPPED = "DROPPED"
    """No longer needed: the booking it was about is over."""


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task that is not stored yet."""

    key: str
    """Says what it is for; the same task is never made twice."""
    kind: TaskKind
    owner: TaskOwner
    due_at: datetime
    booking_id: int | None = None
    slot_id: int | None = None
    entry_id: int | None = None
    patient_id: int | None = None
    call_key: str | None = None
    phone: PhoneNumber | None = None
    robot: bool = False
    """Rung up by the dialler; a person does it when the robot has failed, or where there is none."""
    until: datetime | None = None
    """Later than this a call is of no use."""
    offer_id: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A stored task; whoever works on it holds a lease, which lapses after a crash."""

    id: int
    wanted: NewTask
    status: TaskStatus
    created_at: datetime
    attempts: int = 0
    """How often somebody has taken it."""
    leased_by: str | None = None
    leased_until: datetime | None = None
    result: str | None = None
    """What came of the last attempt; a key of TaskResult."""
    note: str | None = None
    done_by: str | None = None
    """Who made the last attempt, as the audit log names him."""
    done_at: datetime | None = None
    not_before: datetime | None = None
    """When to try again after an attempt that reached nobody."""

    def is_leased(self, now: datetime) -> bool:
        return self.leased_until is not None and now < self.leased_until


TOO_SOON_TO_CALL = timedelta(hours=24)


class Feedback(NamedTuple):
    """How and from when on a visit is confirmed."""

    by: str
    """CALL or SMS."""
    due_at: datetime


def feedback(starts_at: datetime, rules: Rules, now: datetime) -> Feedback:
    """A call on the working day before, from 10:00; an SMS at once where that is too late (1.6)."""
    day = rules.calendar.working_day_before(rules.today(starts_at))
    opens, closes = (
        datetime.combine(day, moment, rules.zone).astimezone(UTC) for moment in (rules.calls_from, rules.calls_until)
    )
    if starts_at - now < TOO_SOON_TO_CALL or now >= closes:
        return Feedback("SMS", now)
    return Feedback("CALL", max(opens, now))
