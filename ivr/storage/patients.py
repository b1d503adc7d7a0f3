"""The register of patients and their representatives."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.document import DocumentKind, IdentityDocument
from ivr.domain.identifiers import Certificate, Claim, OmsNumber, PhoneNumber, Snils
from ivr.domain.patient import Patient, Sex
from ivr.domain.refusals import PatientKnown
from ivr.storage.register import Register, e164, found, phone
from ivr.storage.tables import patient_documents, patients, representatives


class PatientRegister(Register):
    def get(self, patient_id: int) -> Patient:
        return found(self._one(patients.c.id == patient_id), f"patient {patient_id}")

    def lock(self, patient_id: int) -> None:
        # NO KEY UPDATE: rows that refer to the patient may be written meanwhile. SQLite has one writer anyway.
        chosen = select(patients.c.id).where(patients.c.id == patient_id).with_for_update(key_share=True)
        found(self._run(chosen).scalar(), f"patient {patient_id}")

    def matching(self, claim: Claim, born: date) -> Patient | None:
        """One question for both halves: a wrong number and a wrong date take the same time (4.2)."""
        return self._one((_column(claim) == claim.digits) & (patients.c.birth_date == born))

    def known(self, numbers: Sequence[OmsNumber]) -> list[OmsNumber]:
        chosen = select(patients.c.oms).where(patients.c.oms.in_([number.digits for number in numbers]))
        return [OmsNumber(digits) for digits in self._run(chosen).scalars()]

    def phones(self, patient_ids: Sequence[int]) -> frozenset[PhoneNumber]:
        chosen = select(patients.c.phone).where(patients.c.id.in_(patient_ids), patients.c.phone.is_not(None))
        return frozenset(PhoneNumber(number) for number in self._run(chosen).scalars())

    def numbered(self, claim: Claim) -> Patient | None:
        return self._one(_column(claim) == claim.digits)

    def with_document(self, document: IdentityDocument) -> Patient | None:
        owner = select(patient_documents.c.patient_id).where(_is(document))
        return self._one(patients.c.id.in_(owner))

    def born(self, day: date) -> list[Patient]:
        return self._all(patients.c.birth_date == day)

    def phoned(self, number: PhoneNumber) -> list[Patient]:
        return self._all(patients.c.phone == number.e164)

    def add_document(self, patient_id: int, document: IdentityDocument) -> None:
        values = {"kind": document.kind.value, "series": document.series, "number": document.number}
        self._insert(patient_documents, patient_id=patient_id, **values)

    def documents(self, patient_id: int) -> list[IdentityDocument]:
        own = patient_documents.c
        rows = self._run(select(patient_documents).where(own.patient_id == patient_id).order_by(own.id))
        return [IdentityDocument(DocumentKind(row.kind), row.series, row.number) for row in rows]

    def save(self, patient: Patient) -> None:
        self._run(update(patients).where(patients.c.id == patient.id).values(_values(patient)))

    def add(self, patient: Patient) -> int:
        try:
            with self._connection.begin_nested():
                patient_id = self._insert(patients, **_values(patient))
        except IntegrityError:
            raise self._refusal(patient) from None
        for representative in patient.representatives:
            values = {"patient_id": patient_id, "representative_id": representative}
            self._run(insert(representatives).values(values))
        return patient_id

    def _refusal(self, patient: Patient) -> Exception:
        """Somebody was registered with the same number between a look and this insert."""
        for field in ("oms", "snils", "certificate"):
            number: Claim | None = getattr(patient, field)
            other = None if number is None else self.numbered(number)
            if other is not None:
                return PatientKnown(field, other.id)
        raise

    def _one(self, condition: ColumnElement[bool]) -> Patient | None:
        row = self._run(select(patients).where(condition)).one_or_none()
        return None if row is None else self._patient(row)

    def _all(self, condition: ColumnElement[bool]) -> list[Patient]:
        in_order = (patients.c.surname, patients.c.given_name, patients.c.birth_date, patients.c.id)
        return [self._patient(row) for row in self._run(select(patients).where(condition).order_by(*in_order))]

    def _patient(self, row: Row[Any]) -> Patient:
        return Patient(
            id=row.id,
            surname=row.surname,
            given_name=row.given_name,
            patronymic=row.patronymic,
            sex=Sex(row.sex),
            birth_date=row.birth_date,
            oms=OmsNumber(row.oms) if row.oms else None,
            snils=Snils(row.snils) if row.snils else None,
            certificate=Certificate(row.certificate) if row.certificate else None,
            certificate_until=row.certificate_until,
            phone=phone(row.phone),
            attached=row.attached,
            district_doctor_id=row.district_doctor_id,
            representatives=self._representatives(row.id),
        )

    def _representatives(self, patient_id: int) -> tuple[int, ...]:
        own = representatives.c
        chosen = select(own.representative_id).where(own.patient_id == patient_id).order_by(own.representative_id)
        return tuple(self._run(chosen).scalars())


def _column(claim: Claim) -> ColumnElement[str]:
    match claim:
        case OmsNumber():
            return patients.c.oms
        case Snils():
            return patients.c.snils
        case Certificate():
            return patients.c.certificate


def _is(document: IdentityDocument) -> ColumnElement[bool]:
    own = patient_documents.c
    same_number = (own.series == document.series) & (own.number == document.number)
    return (own.kind == document.kind.value) & same_number


def _values(patient: Patient) -> dict[str, Any]:
    return {
        "surname": patient.surname,
        "given_name": patient.given_name,
        "patronymic": patient.patronymic,
        "sex": patient.sex,
        "birth_date": patient.birth_date,
        "oms": _digits(patient.oms),
        "snils": _digits(patient.snils),
        "certificate": _digits(patient.certificate),
        "certificate_until": patient.certificate_until,
        "phone": e164(patient.phone),
        "attached": patient.attached,
        "district_doctor_id": patient.district_doctor_id,
    }


def _digits(number: Claim | None) -> str | None:
    return None if number is None else number.digits
