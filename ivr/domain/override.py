"""A rule set aside by a person who may do so, with his reason: it stays with the booking and in the audit log."""

from dataclasses import dataclass
from enum import StrEnum

from ivr.domain.refusals import ReasonNeeded

LEAST_REASON = 5
"""Characters: less than that is no reason."""


class Waiver(StrEnum):
    """Which rule is set aside."""

    OVERBOOK = "OVERBOOK"
    """A visit at a time that is occupied, or not worked."""
    HORIZON = "HORIZON"
    """A visit behind the last day that may be booked (D-01)."""
    ADMISSION = "ADMISSION"
    """Age or sex does not fit the speciality (1.6)."""


@dataclass(frozen=True, slots=True)
class Override:
    """Raises ReasonNeeded where nobody would understand it later."""

    waived: frozenset[Waiver]
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", " ".join(self.reason.split()))
        if len(self.reason) < LEAST_REASON:
            raise ReasonNeeded

    @property
    def rules(self) -> str:
        """As it is stored: words by commas, in order."""
        return ",".join(sorted(self.waived))
