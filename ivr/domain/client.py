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

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > 60 or not self.name.isprintable():
            raise ValueError("a client has a name of up to 60 letters")
        if self.channel not in BOOKS_IN:
            raise ValueError(f"a client books in {', '.join(sorted(BOOKS_IN))}")
        if not 1 <= self.per_minute <= 60_000:
            raise ValueError("a client makes 1 to 60000 requests in a minute")

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
