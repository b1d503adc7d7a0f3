"""What other systems are told has happened: ids alone, so that nothing personal leaves the hospital unasked (4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ivr.domain.booking import BookingStatus
from ivr.domain.waiting_list import WaitingStatus


class EventKind(StrEnum):
    MADE = "booking.made"
    MOVED = "booking.moved"
    CANCELLED = "booking.cancelled"
    ENTERED = "waiting.entered"
    OFFERED = "waiting.offered"
    WAITS_ON = "waiting.waits_on"
    """An offer came to nothing."""
    ESCALATED = "waiting.escalated"
    LEFT = "waiting.left"
    SERVED = "waiting.served"
    """He has a visit now."""
    EXPIRED = "waiting.expired"


OF_BOOKING = {
    BookingStatus.CANCELLED_BY_PATIENT: EventKind.CANCELLED,
    BookingStatus.CANCELLED_BY_CLINIC: EventKind.CANCELLED,
}
"""Of a booking that ends; a move is told by the new one."""
OF_ENTRY = {
    WaitingStatus.ACTIVE: EventKind.WAITS_ON,
    WaitingStatus.OFFERED: EventKind.OFFERED,
    WaitingStatus.ESCALATED: EventKind.ESCALATED,
    WaitingStatus.BOOKED: EventKind.SERVED,
    WaitingStatus.CLOSED_OTHER_BOOKING: EventKind.SERVED,
    WaitingStatus.CANCELLED_BY_PATIENT: EventKind.LEFT,
    WaitingStatus.EXPIRED: EventKind.EXPIRED,
}
OF_USE = timedelta(days=3)
"""So long a webhook is tried; what was missed is in the feed."""
PAUSES = (10, 60, 300, 1800, 7200, 21_600)
"""Seconds until a subscriber is tried again after so many failures in a row."""


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    kind: EventKind
    at: datetime
    facts: Mapping[str, int]
    """`booking`, `slot`, `entry`, `patient`, `replaces`: ids."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a client wants to be told, of what; `kinds` empty: of everything."""

    id: int
    client_id: int
    url: str
    secret: str
    kinds: tuple[str, ...]
    created_at: datetime
    failures: int = 0
    problem: str | None = None

    def __repr__(self) -> str:
        return f"Subscription({self.id})"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one subscriber."""

    id: int
    event: Event
    to: Subscription
    attempts: int
    expires_at: datetime


def pause_after(failures: int) -> timedelta:
    """How long a subscriber is left alone after so many failures in a row."""
    return timedelta(seconds=PAUSES[min(failures, len(PAUSES)) - 1])
