"""A speciality: whom it sees, whether a referral is needed, how long a visit lasts (domain 6.1, 1.6, D-11)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ivr.domain.patient import Patient, Sex
from ivr.domain.refusals import NotAdmitted


class Access(StrEnum):
    """How a patient gets to the speciality (D-11)."""

    FREE = "free"
    REFERRAL = "referral"


@dataclass(frozen=True, slots=True)
class Speciality:
    key: str
    """A stable English word: `therapist`, `ent`; its spoken forms are in prompts/specialities.toml."""
    name: str
    access: Access
    minutes: int
    """First visit for illness, minutes."""
    age_from: int = 0
    age_to: int | None = None
    """Last full year admitted, inclusive; None has no upper limit."""
    sex: Sex | None = None
    sensitive: bool = False
    district: bool = False
    """The 24-hour rule and the patient's own doctor apply (D-02)."""
    post_code: str | None = None
    """Code of 1.2.643.5.1.13.13.11.1002, only where verified."""
    horizon_days: int | None = None

    def admit(self, patient: Patient, on: date) -> None:
        """Raise NotAdmitted where age or sex does not fit on that day (1.6)."""
        self.admit_between(patient, on, on)

    def admit_between(self, patient: Patient, first: date, last: date) -> None:
        """Raise NotAdmitted where they fit on none of these days."""
        since, until = self.days_of(patient)
        if self.sex not in (None, patient.sex) or last < since or (until is not None and first > until):
            raise NotAdmitted(self.key)

    def days_of(self, patient: Patient) -> tuple[date, date | None]:
        """The first and the last day on which the patient's age fits."""
        if self.age_to is None:
            return patient.birthday(self.age_from), None
        return patient.birthday(self.age_from), patient.birthday(self.age_to + 1) - timedelta(days=1)
