"""What reports ask of the database: sums by hour, person, step or speciality; no row of it names a patient."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.booking import BookingStatus
from ivr.domain.slot import Slot, SlotState


@dataclass(frozen=True, slots=True)
class QueueHour:
    """Callers of the queue in one hour; each counts once, as answered where anybody ever answered him."""

    hour: datetime
    """Its first moment, UTC."""
    answered: int
    in_time: int
    """Answered within the service level's seconds."""
    abandoned: int
    waited_s: int
    """Of those who were answered, together."""


@dataclass(frozen=True, slots=True)
class TalkHour:
    """Rings of one operator in one hour."""

    hour: datetime
    user_id: int
    talks: int
    missed: int
    waited_s: int
    talked_s: float
    wrapped: int
    """Talks that were summed up."""
    wrapped_s: float


@dataclass(frozen=True, slots=True)
class StateTime:
    """How long an operator was in one state."""

    user_id: int
    state: str
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CallHour:
    """Calls that began in one hour and ended alike."""

    hour: datetime
    outcome: str | None
    """None: it goes on."""
    detail: str | None
    booked: bool
    """A visit was booked in the call."""
    closed: bool
    """A person was wanted when nobody was there."""
    calls: int


@dataclass(frozen=True, slots=True)
class StepCount:
    """One question: how many calls came to it, how often it was asked, how often answered wrongly or not at all."""

    step: str
    calls: int
    asked: int
    failed: int


@dataclass(frozen=True, slots=True)
class StepEnd:
    """Calls whose last question this was."""

    step: str
    outcome: str
    """Of that question."""
    ended: str
    """Outcome of the call."""
    calls: int


@dataclass(frozen=True, slots=True)
class BookingCount:
    channel: str
    speciality: str
    status: str
    bookings: int


@dataclass(frozen=True, slots=True)
class VisitCount:
    speciality: str
    status: str
    visits: int


@dataclass(frozen=True, slots=True)
class SlotCount:
    """Slots that are alike; withdrawn ones are not among them."""

    speciality: str
    kind: str
    competitive: bool
    """Open to all remote channels (D-03)."""
    reserve: bool
    """Kept for its own day (D-02)."""
    slots: int
    booked: int


@dataclass(frozen=True, slots=True)
class PromiseCount:
    """Callbacks and waiting-list entries whose limit lies in the range."""

    what: str
    """CALLBACK, DISTRICT or SPECIALIST: the legal limits of 24 hours and of 14 working days (1.4)."""
    state: str
    """IN_TIME, LATE, OVERDUE (open still), OPEN, DROPPED."""
    number: int


@dataclass(frozen=True, slots=True)
class SlotFill:
    """One slot and what became of it."""

    slot: Slot
    state: SlotState
    status: BookingStatus | None
    """Of the booking that fills it."""
    away: bool
    """The doctor is absent."""


class Reports(Protocol):
    """Every range is from `since` (inclusive) to `before` (exclusive), in UTC."""

    def queue(self, since: datetime, before: datetime, within_s: int) -> list[QueueHour]: ...
    def talks(self, since: datetime, before: datetime) -> list[TalkHour]: ...

    def states(self, since: datetime, before: datetime) -> list[StateTime]:
        """Only the parts within the range; a state that goes on lasts until its end."""

    def calls(self, since: datetime, before: datetime) -> list[CallHour]: ...
    def steps(self, since: datetime, before: datetime) -> list[StepCount]:
        """Of calls that began in the range."""

    def ends(self, since: datetime, before: datetime) -> list[StepEnd]: ...

    def bookings(self, since: datetime, before: datetime) -> list[BookingCount]:
        """Made in the range."""

    def visits(self, since: datetime, before: datetime) -> list[VisitCount]:
        """That were to begin in the range."""

    def slots(self, since: datetime, before: datetime) -> list[SlotCount]:
        """That begin in the range."""

    def each_slot(self, since: datetime, before: datetime) -> list[SlotFill]:
        """That begin in the range, in the order of time."""

    def promises(self, since: datetime, before: datetime, now: datetime) -> list[PromiseCount]: ...
