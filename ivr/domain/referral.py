"""A referral: a doctor's paper that opens one speciality to one patient, once (1.3, D-11)."""

import re
from dataclasses import dataclass
from datetime import date

NUMBER = re.compile(r"\d{3,16}")
"""What can be keyed on a telephone, where the number opens the speciality."""


@dataclass(frozen=True, slots=True)
class Referral:
    id: int
    patient_id: int
    number: str
    speciality: str
    doctor_id: int | None
    """The doctor it names, if it names one."""
    valid_until: date
    """Local day, inclusive."""
    used_by: int | None = None
    """The booking made with it."""

    def is_open(self, today: date, *, moving: int | None = None) -> bool:
        """True where it may be booked with; the booking being moved may keep using it."""
        return today <= self.valid_until and self.used_by in (None, moving)
