"""A freed time that is offered to one person of the waiting list at a time (1.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HELD_FOR = timedelta(minutes=30)
"""An offer holds its slot so long, or until the last moment at which it is of use."""
SHORTEST = timedelta(minutes=5)
"""What could not be held so long is offered to nobody: there must be time for a call."""
TOO_SOON = timedelta(hours=2)
"""A visit that begins so soon is not offered by robot."""


class OfferStatus(StrEnum):
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    UNANSWERED = "UNANSWERED"
    """He was rung up in vain."""
    LAPSED = "LAPSED"
    """The time was over before he answered."""
    WITHDRAWN = "WITHDRAWN"
    """The slot or the entry is gone otherwise."""


@dataclass(frozen=True, slots=True)
class SlotOffer:
    id: int
    slot_id: int
    entry_id: int
    made_at: datetime
    until: datetime
    """The slot is held so long. Aware, UTC."""
    status: OfferStatus = OfferStatus.OPEN
    ended_at: datetime | None = None

    @property
    def holder(self) -> str:
        """Who holds the slot meanwhile."""
        return self.holder_of(self.slot_id, self.entry_id)

    @staticmethod
    def holder_of(slot_id: int, entry_id: int) -> str:
        """Known before there is an offer: the slot is held first."""
        return f"offer-{slot_id}-{entry_id}"
