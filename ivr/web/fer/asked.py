"""What a request says, as values of ours (S1.1 to S1.4)."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from ivr.domain.identifiers import BadNumber, Claim, OmsNumber, PhoneNumber, Snils
from ivr.domain.patient import Sex, Subject
from ivr.domain.refusals import NotAttached
from ivr.fer import messages
from ivr.services.portal import Named
from ivr.services.portal_ports import PortalSession
from ivr.web.fer.errors import BadField
from ivr.web.fer.service import known_as, service
from ivr.web.registry.consents import EMAIL
from ivr.web.registry.words import NUMBERS
from ivr.web.site import site

T = TypeVar("T")


def new_session(
    session_id: str, patient: messages.PatientData, applicant: messages.Applicant | None, now: datetime
) -> PortalSession:
    """A session whose patient is not known yet. Contacts may be absent (S1.4); one that cannot be is left out.

    Raises BadField, and NotAttached for a region of attachment that is not the hospital's.
    """
    if applicant is None and service().asks_applicant:
        raise BadField("Applicant", "нет сведений о заявителе")
    if applicant is not None and applicant.region != known_as().region:
        raise NotAttached
    # Without the block the concentrator has let in the patient himself, and has sent him to his own region.
    subject = Subject.SELF if applicant is None else Subject(applicant.subject)
    return PortalSession(session_id, 0, subject, _phone(patient.phone), _email(patient.email), now + service().lasts)


def named(patient: messages.PatientData, subject: Subject, now: datetime) -> Named:
    """Raises BadField: a missing or malformed field is told before anybody is looked for (S1.3)."""
    if subject is Subject.OTHER and not patient.oms_number:
        raise BadField("Patient_Data/OMS_Number", "для записи другого человека нужен номер полиса ОМС")
    if patient.birth_date > site().rules.today(now):
        raise BadField("Patient_Data/Birth_Date", NUMBERS["BIRTH_FUTURE"])
    return Named(
        surname=patient.last_name,
        given_name=patient.first_name,
        patronymic=patient.middle_name,
        born=patient.birth_date,
        sex=Sex(patient.sex),
        claims=tuple(_claims(patient)),
    )


def snils(field: str, text: str) -> Snils:
    """Raises BadField."""
    return _number(Snils, field, text)


def _claims(patient: messages.PatientData) -> list[Claim]:
    found: list[Claim] = []
    if patient.oms_number:
        found.append(_number(OmsNumber, "Patient_Data/OMS_Number", patient.oms_number))
    if patient.snils:
        found.append(snils("Patient_Data/SNILS", patient.snils))
    return found


def _number(kind: Callable[[str], T], field: str, text: str) -> T:
    try:
        return kind(text)
    except BadNumber as problem:
        raise BadField(field, NUMBERS[problem.code]) from None


def _phone(text: str | None) -> PhoneNumber | None:
    try:
        return PhoneNumber.parse(text) if text else None
    except BadNumber:
        return None


def _email(text: str | None) -> str | None:
    return text if text and EMAIL.fullmatch(text) else None
