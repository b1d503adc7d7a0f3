"""What the regional system is asked to do with a visit, where it keeps the schedule; remembered until it is known.

A slot has room for one visit: however often the same slot is asked for, it is booked once. So a question whose answer
was lost may be repeated, but a "no" to a repeated question may mean that the first one had been a "yes".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class ErrandKind(StrEnum):
    BOOK = "BOOK"
    CANCEL = "CANCEL"


class ErrandStatus(StrEnum):
    OPEN = "OPEN"
    DONE = "DONE"
    REFUSED = "REFUSED"
    """Not done, and it is known that it is not."""
    PUZZLE = "PUZZLE"
    """The regional system does not tell; a person finds out."""


@dataclass(frozen=True, slots=True)
class NewErrand:
    """An errand that is not stored yet. It is leased to whoever stores it, who asks at once."""

    kind: ErrandKind
    booking_id: int
    session: UUID
    """Of the regional system; the same for every repeat."""
    key: str = ""
    """Of the command that books."""
    call_key: str = ""
    by: str | None = None
    """Who books at the desk, for the audit log."""
    clinic_reason: str | None = None
    """Why the hospital moves the visit."""


@dataclass(frozen=True, slots=True)
class Errand:
    id: int
    wanted: NewErrand
    status: ErrandStatus
    created_at: datetime
    sent: int
    """Attempts that may have reached the regional system, the one that is being made among them."""
    unknown_since: datetime | None = None
    """When an answer was lost for the first time."""
    problem: str | None = None

    @property
    def is_first(self) -> bool:
        """No attempt before this one can have done it."""
        return self.sent <= 1


@dataclass(frozen=True, slots=True)
class Made:
    """The visit stands in the regional system."""

    far_id: str
    """Book_Id_Mis: by this it is cancelled."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The visit stands there no more."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It was understood and not done; `code` as in Error_Code."""

    code: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The question itself did not leave: nothing was done."""

    why: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The question left, and no answer that can be understood came back: nobody knows."""

    why: str


Answer = Made | Cancelled | Refused | NotSent | Silent

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 30, 60, 300))
"""Before the next attempt; the last one for all further ones."""
ASKED_FOR = timedelta(minutes=30)
"""So long a booking is asked for again; later its patient may have other plans, and a person looks after it."""
HEARD = timedelta(seconds=10)
"""Who hears X13 waits so long at least: what is known by then is told by voice, later by SMS (X14)."""
GONE = frozenset({"NO_DATA_FOUND", "APPOINTMENT_NOT_FOUND"})
"""There is no such visit."""
UNREACHED = "unreached"
BY_HAND = "by_hand"


def pause_after(sent: int) -> timedelta:
    return PAUSES[min(max(sent, 1), len(PAUSES)) - 1]


def comes_to(errand: Errand, answer: Answer) -> ErrandStatus:
    """What an answer settles. Nothing is taken for refused that an earlier attempt may have done."""
    match answer:
        case Made() | Cancelled():
            return ErrandStatus.DONE
        case Refused(code) if errand.wanted.kind is ErrandKind.CANCEL:
            done_before = code in GONE and not errand.is_first
            return ErrandStatus.DONE if done_before else ErrandStatus.PUZZLE
        case Refused():
            return ErrandStatus.REFUSED if errand.is_first else ErrandStatus.PUZZLE
        case NotSent() if errand.wanted.kind is ErrandKind.BOOK and errand.is_first:
            return ErrandStatus.REFUSED
    return ErrandStatus.OPEN
