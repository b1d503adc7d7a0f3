"""Who somebody is, by the federal identification service, or by our own register while that is silent (S2.2)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from ivr.domain.document import IdentityDocument
from ivr.domain.identifiers import OmsNumber, Snils
from ivr.domain.patient import Patient, Sex
from ivr.services.ports import Work


class EgiszDown(Exception):
    """The service cannot be asked now, or answers what nobody understands."""


@dataclass(frozen=True, slots=True)
class Person:
    """As the service knows him; nothing of it has been stored."""

    surname: str
    given_name: str
    patronymic: str | None
    birth_date: date
    sex: Sex
    oms: OmsNumber | None = None
    snils: Snils | None = None

    def __repr__(self) -> str:
        return "Person(…)"


class Identification(Protocol):
    """«Идентификация пациента в МО» of ЕГИСЗ, through whatever adapter the hospital has."""

    def identify(self, document: IdentityDocument) -> Person | None:
        """Who has the document; None: the service knows nobody. Answers within seconds. Raises EgiszDown."""


class Means(StrEnum):
    """How the answer was got."""

    EGISZ = "EGISZ"
    LOCAL_NO_SERVICE = "LOCAL_NO_SERVICE"
    """Found in the register; no service is set up."""
    LOCAL_SERVICE_DOWN = "LOCAL_SERVICE_DOWN"
    """Found in the register; the service did not answer."""
    LOCAL = "LOCAL"
    """The register is the way for this question, or the service knows nobody."""


@dataclass(frozen=True, slots=True)
class Found:
    """People who fit, and how they were found."""

    patients: tuple[Patient, ...]
    means: Means = Means.LOCAL
    person: Person | None = None
    """Known to the service and not to our register: a card can be filled in with it."""


def by_document(
    work: Work, service: Identification | None, document: IdentityDocument, *, who: str, now: datetime
) -> Found:
    """Ask the service first, outside any transaction: nobody waits for it but the one who asks."""
    person, means = _asked(service, document)
    with work:
        found = _known(work, document, person, means)
        ids = [patient.id for patient in found.patients]
        work.audit.add(who=who, action="search", detail={"by": "document", "means": means, "found": ids}, now=now)
        work.commit()
    return found


def _asked(service: Identification | None, document: IdentityDocument) -> tuple[Person | None, Means]:
    if service is None:
        return None, Means.LOCAL_NO_SERVICE
    try:
        person = service.identify(document)
    except EgiszDown:
        return None, Means.LOCAL_SERVICE_DOWN
    return person, Means.LOCAL if person is None else Means.EGISZ


def _known(work: Work, document: IdentityDocument, person: Person | None, means: Means) -> Found:
    if person is None:
        patient = work.patients.with_document(document)
        return Found(() if patient is None else (patient,), means)
    for number in (person.oms, person.snils):
        patient = None if number is None else work.patients.numbered(number)
        # A number of somebody else's card would show a stranger: the birth date must agree, as on the telephone (D-05).
        if patient is not None and patient.birth_date == person.birth_date:
            return Found((patient,), means)
    return Found((), means, person)
