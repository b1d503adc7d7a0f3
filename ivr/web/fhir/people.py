"""Patients as FHIR has them, and the numbers by which they are named."""

from fhir.resources.R4B.patient import Patient as PatientResource

from ivr.domain.identifiers import BadNumber, OmsNumber, Snils
from ivr.domain.patient import Patient, Sex
from ivr.web.fhir.systems import OMS, SNILS

GENDERS = {Sex.FEMALE: "female", Sex.MALE: "male"}
NUMBERS: dict[str, type[OmsNumber] | type[Snils]] = {OMS: OmsNumber, SNILS: Snils}


def patient_resource(patient: Patient) -> PatientResource:
    """Name, sex, birth date, telephone and both numbers: for clients that have named him by one of them."""
    numbers = ((OMS, patient.oms), (SNILS, patient.snils))
    return PatientResource.model_validate(
        {
            "id": str(patient.id),
            "active": True,
            "identifier": [{"system": system, "value": number.digits} for system, number in numbers if number] or None,
            "name": [human_name(patient.surname, patient.given_name, patient.patronymic)],
            "gender": GENDERS[patient.sex],
            "birthDate": patient.birth_date.isoformat(),
            "telecom": [{"system": "phone", "value": patient.phone.e164}] if patient.phone else None,
        }
    )


def human_name(surname: str, given_name: str, patronymic: str | None) -> dict[str, object]:
    given = [part for part in (given_name, patronymic) if part]
    return {"use": "official", "family": surname, "given": given, "text": " ".join([surname, *given])}


def claim_of(token: str) -> OmsNumber | Snils:
    """`system|value` of a search. Raises BadNumber, also for a system that is not ours."""
    system, _, value = token.partition("|")
    number = NUMBERS.get(system)
    if number is None:
        raise BadNumber("IDENTIFIER_SYSTEM", "the identifier names none of the known systems")
    return number(value)
