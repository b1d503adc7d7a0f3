"""Another system that calls the hospital's: what it may ask for, and in which channel it books (domain 3.3)."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivr.domain.slot import Channel


class Scope(StrEnum):
    """What a client may do; each is given by name."""

    IDENTIFY = "identify"
    """Name a patient by a number and the birth date."""
    SCHEDULE = "schedule"
    """Look at specialities, doctors and free time."""
    BOOK = "book"
    """Hold and book; move and cancel what may be told to it."""
    VISITS = "visits"
    """Be told of visits on proof: a telephone of the patient that the client has verified, or the talon (4.2)."""
    REGISTRY = "registry"
    """Work of the hospital's own staff: visits without that proof, attachment decided by a person (D-08)."""
    WAITING = "waiting"
    """The waiting list."""
    TASKS = "tasks"
    """Work of people: calls to make, entries to look after."""
    EVENTS = "events"
    """What happens, as a feed or by webhooks."""
    AUDIT = "audit"
    """The audit log: who looked at whom."""


BOOKS_IN = frozenset(Channel) - {Channel.MED_ARM}
"""Doctors book in their own workplace, by their own name (S4.2)."""
USUAL_RATE = 600
"""Requests in a minute."""
LONGEST_NAME = 60
MOST_PER_MINUTE = 60_000


class BadClient(ValueError):
    """A client that cannot be; says why, and which of its `field`s is wrong."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


@dataclass(frozen=True, slots=True)
class Client:
    """A registered system."""

    id: int
    name: str
    channel: Channel
    scopes: frozenset[Scope]
    per_minute: int
    active: bool
    created_at: datetime
    hosts: tuple[str, ...] = ()
    """To which its events may be sent; named by the hospital, so that nobody makes it call a stranger."""
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            raise BadClient("name", f"a client has a name of up to {LONGEST_NAME} letters")
        if self.channel not in BOOKS_IN:
            raise BadClient("channel", f"a client books in {', '.join(sorted(BOOKS_IN))}")
        if not 1 <= self.per_minute <= MOST_PER_MINUTE:
            raise BadClient("per_minute", f"a client makes 1 to {MOST_PER_MINUTE} requests in a minute")

    @property
    def who(self) -> str:
        """For the audit log."""
        return f"client:{self.id}"

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def key(self, of: object) -> str:
        """A key of its own for what it holds and commands: two clients never meet in one."""
        return f"api-{self.id}-{of}"


def client_of(key: str | None) -> int | None:
    """Whose key it is; None where no client made it."""
    found = re.match(r"api-([0-9]+)-", key or "")
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """A patient whom a client has named by number and birth date: it may act for him until then."""

    patient_id: int
    told: bool
    """His visits may be told to the client (4.2)."""
    until: datetime
