"""A kiosk (infomat) in the hospital's hall, and the one patient who stands before it (S3.1)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A machine that was let in by a pass."""

    id: int
    name: str
    made_at: datetime
    pass_until: datetime | None = None
    """A pass waits to be typed in at the machine until then; None: there is none."""
    admitted_at: datetime | None = None
    """When a pass was typed in last; None: never."""
    revoked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Some machine works as this kiosk."""
        return self.admitted_at is not None and self.revoked_at is None


@dataclass(frozen=True, slots=True)
class KioskVisit:
    """Somebody at the kiosk, known by a policy number alone; gone when he goes."""

    kiosk_id: int
    id: str
    """32 hexadecimal digits, known to the page alone."""
    patient_id: int
    seen_at: datetime
    booking_id: int | None = None
    """What he has booked here."""

    @property
    def key(self) -> str:
        """Holds and consents are kept under it."""
        return f"infomat-{self.id}"

    def __repr__(self) -> str:
        return f"KioskVisit({self.kiosk_id})"
