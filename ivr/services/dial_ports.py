"""What the calls that the hospital makes need of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.dialling import Dial, Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.offer import OfferStatus, SlotOffer


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a task, from before it rings until it is over."""

    key: str
    """The call's own."""
    task_id: int
    number: int
    phone: PhoneNumber
    node: str
    """The dialler that makes it."""
    begun_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    result: str | None = None
    """What the story came to; a key of TaskResult."""


class Dials(Protocol):
    """Attempts. The row is written before the telephone rings."""

    def add(self, dial: Dial, node: str, until: datetime, now: datetime) -> bool:
        """Leased to the dialler until then; False where another call to that number or that person goes on."""

    def renew(self, key: str, until: datetime) -> None:
        """The call goes on, whatever has become of its task."""

    def get(self, key: str) -> Attempt:
        """Raises NotFound."""

    def of_task(self, task_id: int) -> list[Attempt]:
        """In the order in which they were made."""

    def outcomes_of_offer(self, offer_id: int) -> list[Outcome | None]:
        """Of the calls that were made about an offer; None for one that goes on."""

    def open_of(self, node: str) -> list[Attempt]:
        """Not ended; made by this dialler."""

    def lapsed(self, now: datetime) -> list[Attempt]:
        """Not ended, and the lease is over."""

    def ringing(self) -> int:
        """How many are not ended, of all diallers."""

    def answered(self, key: str, now: datetime) -> None: ...

    def note(self, key: str, outcome: Outcome, result: str | None) -> None:
        """What the story says of its call; it goes on, or has just ended."""

    def end(self, key: str, ended: Ended, now: datetime) -> bool:
        """False where it had ended already: nothing is changed."""


class SlotOffers(Protocol):
    """Freed times that are offered to the waiting list."""

    def add(self, slot_id: int, entry_id: int, until: datetime, now: datetime) -> SlotOffer | None:
        """None where the slot is offered to somebody, or something is offered to the entry."""

    def get(self, offer_id: int) -> SlotOffer:
        """Raises NotFound."""

    def open_of_slot(self, slot_id: int) -> SlotOffer | None: ...
    def open_of_entry(self, entry_id: int) -> SlotOffer | None: ...

    def count_of_entry(self, entry_id: int) -> int:
        """How many there ever were."""

    def of_slot(self, slot_id: int) -> Sequence[SlotOffer]:
        """Whatever became of them, in the order in which they were made."""

    def lapsed(self, now: datetime) -> Sequence[SlotOffer]:
        """Open ones whose time is over."""

    def stale(self) -> Sequence[SlotOffer]:
        """Open ones whose entry is not offered anything any more: it was booked or left otherwise."""

    def extend(self, offer_id: int, until: datetime) -> None: ...

    def end(self, offer_id: int, status: OfferStatus, now: datetime) -> bool:
        """False where it was not open."""


class OptOuts(Protocol):
    """Numbers that the robot does not ring."""

    def add(self, phone: PhoneNumber, *, channel: str, call_key: str | None, now: datetime) -> bool:
        """False where it is there already: nothing is changed."""

    def has(self, phone: PhoneNumber) -> bool: ...

    def remove(self, phone: PhoneNumber) -> bool: ...
