"""What the report on the hospital's own calls asks of the database: sums of attempts, and freed times one by one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DialCount:
    """Attempts that began in one hour and came to the same."""

    hour: datetime
    """Its first moment, UTC."""
    kind: str
    """Of the task."""
    number: int
    """Which attempt of its task; every further one counts as the last of them."""
    outcome: str | None
    """None: it goes on."""
    result: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class FreedTime:
    """A time that a patient gave back."""

    slot_id: int
    freed_at: datetime
    taken_at: datetime | None
    """When somebody was booked there again, in whatever way."""


@dataclass(frozen=True, slots=True)
class OfferSpan:
    """A time that was offered to one person of the waiting list."""

    slot_id: int
    made_at: datetime
    status: str
    ended_at: datetime | None


class CampaignFigures(Protocol):
    """Every range is from `since` (inclusive) to `before` (exclusive), in UTC."""

    def dials(self, since: datetime, before: datetime, most: int) -> list[DialCount]:
        """Attempts that began in the range; their numbers count up to `most`."""

    def freed(self, since: datetime, before: datetime) -> list[FreedTime]:
        """Times that patients cancelled or moved away from in the range; none that is nobody's to take any more."""

    def offers(self, since: datetime, before: datetime) -> list[OfferSpan]:
        """Made in the range, and later ones of the times that were freed in it."""
