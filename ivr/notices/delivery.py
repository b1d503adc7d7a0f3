"""What every way of sending takes and gives back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Event:
    """A visit as a calendar shows it; nothing medical in it (4.2)."""

    uid: str
    """The same for all messages about one visit, also after a move."""
    sequence: int
    """Higher in each message: calendars drop what is older than what they have (RFC 5545, 3.8.7.4)."""
    starts_at: datetime
    lasts: timedelta
    place: str
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one patient; its key stays the same whenever it is tried again."""

    key: str
    address: str
    text: str
    expires_at: datetime
    event: Event | None = None

    def __repr__(self) -> str:
        return f"Message({self.key!r})"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider tells later of a message that it has taken."""

    provider_id: str
    delivered: bool
    problem: str | None = None


class NotTaken(Exception):
    """The provider did not take it; `final` where another attempt would end alike. Never repeats the address."""

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.final = final


class Gateway(Protocol):
    """One way to send."""

    def send(self, message: Message, now: datetime) -> str | None:
        """The provider's id of it, None where it gives none. Raises NotTaken."""

    def receipts(self) -> list[Receipt]:
        """Those that have come since; waits for none. The gateway may tell one twice."""

    def kept(self, receipts: list[Receipt]) -> None:
        """They are stored: they need not be told again."""

    def close(self) -> None: ...
