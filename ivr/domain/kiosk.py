"""A kiosk (infomat) in the hospital's hall, and the one patient who stands before it (S3.1)."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_NAME = re.compile(r"(?=.*[^\W_])(?:[^\W_]|-){1,40}")
"""It is typed on a command line and stands in the settings beside its printer."""


class BadKioskName(ValueError):
    """No kiosk can be called so."""


def check_name(name: str) -> None:
    """Raises BadKioskName."""
    if not _NAME.fullmatch(name):
        raise BadKioskName("letters, digits and hyphens, 40 at most")


class KioskState(StrEnum):
    OPEN = "OPEN"
    """Some machine works as this kiosk."""
    AWAITED = "AWAITED"
    """Its pass waits to be typed in."""
    LAPSED = "LAPSED"
    """Its pass was not typed in in time."""
    CLOSED = "CLOSED"


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
        return self.admitted_at is not None and self.revoked_at is None

    def has_pass(self, now: datetime) -> bool:
        """One that can be typed in still; a kiosk that is open may have one, too."""
        return self.pass_until is not None and now < self.pass_until

    def state(self, now: datetime) -> KioskState:
        if self.is_open:
            return KioskState.OPEN
        if self.has_pass(now):
            return KioskState.AWAITED
        return KioskState.CLOSED if self.pass_until is None else KioskState.LAPSED


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
