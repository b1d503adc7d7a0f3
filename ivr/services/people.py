"""Patients at the window: found by a number, a name or a telephone, put on the register, looked back upon (S2.1)."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from ivr.domain.booking import Booking
from ivr.domain.document import IdentityDocument
from ivr.domain.identifiers import Claim, PhoneNumber
from ivr.domain.journal import CallRecord
from ivr.domain.patient import Patient
from ivr.domain.refusals import PatientKnown
from ivr.domain.rules import Rules
from ivr.domain.slot import Doctor
from ivr.domain.waiting_list import WaitingEntry
from ivr.services.egisz import Found
from ivr.services.ports import Work

MOST = 20
"""People shown for one question: more are found by asking more exactly."""
HISTORY = 50


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it was typed; beginnings are enough for the given name and the patronymic."""

    surname: str
    given_name: str = ""
    patronymic: str = ""

    def fits(self, patient: Patient) -> bool:
        """Ё and Е are one letter, capitals do not matter."""
        known = (patient.given_name, patient.patronymic or "")
        begins = zip((self.given_name, self.patronymic), known, strict=True)
        return plain(self.surname) == plain(patient.surname) and all(
            plain(name).startswith(plain(typed)) for typed, name in begins
        )


@dataclass(frozen=True, slots=True)
class History:
    """What the register knows of a patient's visits."""

    bookings: tuple[Booking, ...]
    waiting: tuple[WaitingEntry, ...]
    calls: tuple[CallRecord, ...]
    """From his telephone, the latest first."""
    doctors: dict[int, Doctor]
    """Of the bookings, by id."""
    documents: tuple[IdentityDocument, ...]
    representatives: tuple[Patient, ...]
    """Who may be told of a child's visits (4.2)."""


def by_number(work: Work, claim: Claim, *, who: str, now: datetime) -> Found:
    """Either number alone is enough to look (S2.1, D-05): the clerk sees who stands before him."""
    with work:
        patient = work.patients.numbered(claim)
        return _told(work, type(claim).__name__, [] if patient is None else [patient], who, now)


def by_name(work: Work, name: Name, born: date, *, who: str, now: datetime) -> Found:
    with work:
        return _told(work, "name", [one for one in work.patients.born(born) if name.fits(one)], who, now)


def by_phone(work: Work, number: PhoneNumber, *, who: str, now: datetime) -> Found:
    with work:
        return _told(work, "phone", work.patients.phoned(number), who, now)


def register(work: Work, patient: Patient, document: IdentityDocument | None, *, who: str, now: datetime) -> Patient:
    """Put somebody on the register. Raises PatientKnown for a number or document that somebody has already."""
    with work:
        _unless_known(work, patient, document)
        patient = replace(patient, id=work.patients.add(patient))
        if document is not None:
            work.patients.add_document(patient.id, document)
        work.audit.add(who=who, action="patient.new", detail={"patient": patient.id}, now=now)
        work.commit()
    return patient


def change_phone(work: Work, patient_id: int, phone: PhoneNumber | None, *, who: str, now: datetime) -> Patient:
    """What the patient says himself at the window. Raises NotFound."""
    with work:
        work.patients.lock(patient_id)
        patient = replace(work.patients.get(patient_id), phone=phone)
        work.patients.save(patient)
        work.audit.add(who=who, action="patient.phone", detail={"patient": patient_id}, now=now)
        work.commit()
    return patient


def add_document(work: Work, patient_id: int, document: IdentityDocument, *, who: str, now: datetime) -> None:
    """Shown at the window: the next time it names him (S2.2). Raises NotFound, PatientKnown where another has it."""
    with work:
        work.patients.lock(patient_id)
        owner = work.patients.with_document(document)
        if owner is not None and owner.id != patient_id:
            raise PatientKnown("document", owner.id)
        if owner is None:
            work.patients.add_document(patient_id, document)
            work.audit.add(who=who, action="patient.document", detail={"patient": patient_id}, now=now)
            work.commit()


def history(work: Work, patient_id: int, *, rules: Rules, now: datetime) -> History:
    """Visits, waiting and calls, the latest first. Raises NotFound."""
    with work.reading():
        patient = work.patients.get(patient_id)
        visits = work.bookings.of_patient(patient_id, HISTORY)
        calls = [] if patient.phone is None else work.calls.of_caller(patient.phone, HISTORY)
        known = {visit.slot.doctor_id for visit in visits}
        return History(
            bookings=tuple(visits),
            waiting=tuple(work.waiting.open_of(patient_id)),
            calls=tuple(calls),
            doctors={doctor_id: work.staff.doctor(doctor_id) for doctor_id in sorted(known)},
            documents=tuple(work.patients.documents(patient_id)),
            representatives=tuple(work.patients.get(one) for one in patient.representatives),
        )


def _told(work: Work, by: str, patients: list[Patient], who: str, now: datetime) -> Found:
    """Who was shown to whom stays in the audit log; what was typed does not."""
    shown = tuple(patients[:MOST])
    work.audit.add(who=who, action="search", detail={"by": by, "found": [one.id for one in shown]}, now=now)
    work.commit()
    return Found(shown)


def _unless_known(work: Work, patient: Patient, document: IdentityDocument | None) -> None:
    for field in ("oms", "snils", "certificate"):
        number: Claim | None = getattr(patient, field)
        other = None if number is None else work.patients.numbered(number)
        if other is not None:
            raise PatientKnown(field, other.id)
    owner = None if document is None else work.patients.with_document(document)
    if owner is not None:
        raise PatientKnown("document", owner.id)
    for other in work.patients.born(patient.birth_date):
        if _same_name(patient, other) and _no_number_differs(patient, other):
            raise PatientKnown("surname", other.id)


def _same_name(one: Patient, other: Patient) -> bool:
    pairs = ((one.surname, other.surname), (one.given_name, other.given_name), (one.patronymic, other.patronymic))
    return all(plain(a or "") == plain(b or "") for a, b in pairs)


def _no_number_differs(one: Patient, other: Patient) -> bool:
    """Two people of one name and birth date there may be: then a number of both tells them apart."""
    pairs = ((one.oms, other.oms), (one.snils, other.snils))
    return not any(a is not None and b is not None and a != b for a, b in pairs)


def plain(name: str) -> str:
    """As names are compared: Ё and Е are one letter, capitals and double spaces do not matter."""
    return re.sub(r"\s+", " ", name.strip()).casefold().replace("ё", "е")
