"""The patient, and whom a speciality admits."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ivr.domain.identifiers import Certificate, OmsNumber, PhoneNumber, Snils


class Sex(StrEnum):
    FEMALE = "F"
    MALE = "M"


class Subject(StrEnum):
    """For whom the visit is booked (S1.1)."""

    SELF = "SELF"
    CHILD = "CHILD"
    OTHER = "OTHER"


OWN_CONSENT_AGE = 15
"""Full years from which a teenager, not his representative, is told of his visits (4.2)."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A person of the register. Two numbers may be missing, never all three."""

    id: int
    surname: str
    given_name: str
    patronymic: str | None
    sex: Sex
    birth_date: date
    oms: OmsNumber | None = None
    snils: Snils | None = None
    certificate: Certificate | None = None
    certificate_until: date | None = None
    phone: PhoneNumber | None = None
    attached: bool = True
    district_doctor_id: int | None = None
    representatives: tuple[int, ...] = ()
    """Patient ids of registered legal representatives."""

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.surname, self.given_name, self.patronymic)))

    @property
    def initials(self) -> str:
        """All that may be shown of somebody who is known by a number alone (4.2)."""
        return " ".join(f"{name[0]}." for name in (self.surname, self.given_name, self.patronymic) if name)

    def age(self, on: date) -> int:
        """Full years on that day; born on 29 February is a year older on 1 March."""
        born = self.birth_date
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

    def birthday(self, years: int) -> date:
        """The day on which the patient is so many years old."""
        born = self.birth_date
        try:
            return born.replace(year=born.year + years)
        except ValueError:  # 29 February
            return date(born.year + years, 3, 1)

    def __repr__(self) -> str:
        return f"Patient({self.id})"
