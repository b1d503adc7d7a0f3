"""Doctors, what they do and when: Practitioner, PractitionerRole, HealthcareService, Schedule."""

from datetime import datetime

from fhir.resources.R4B.healthcareservice import HealthcareService
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.practitionerrole import PractitionerRole
from fhir.resources.R4B.schedule import Schedule

from ivr.domain.patient import Sex
from ivr.domain.slot import Doctor
from ivr.domain.speciality import Access, Speciality
from ivr.web.fhir.people import GENDERS, human_name
from ivr.web.fhir.systems import POST, SPECIALITY, coded, to


def practitioner(doctor: Doctor) -> Practitioner:
    return Practitioner.model_validate(
        {
            "id": str(doctor.id),
            "active": doctor.active,
            "name": [human_name(doctor.surname, doctor.given_name, doctor.patronymic)],
            "gender": GENDERS[Sex(doctor.sex)],
        }
    )


def practitioner_role(doctor: Doctor, speciality: Speciality) -> PractitionerRole:
    """One of each doctor; the post's code only where it is verified."""
    return PractitionerRole.model_validate(
        {
            "id": str(doctor.id),
            "active": doctor.active,
            "practitioner": to("Practitioner", doctor.id) | {"display": doctor.full_name},
            "code": [coded(POST, speciality.post_code)] if speciality.post_code else None,
            "specialty": [coded(SPECIALITY, speciality.key, speciality.name)],
            "healthcareService": [to("HealthcareService", service_id(speciality.key))],
        }
    )


def healthcare_service(speciality: Speciality) -> HealthcareService:
    referral = speciality.access is Access.REFERRAL
    return HealthcareService.model_validate(
        {
            "id": service_id(speciality.key),
            "active": True,
            "name": speciality.name,
            "specialty": [coded(SPECIALITY, speciality.key, speciality.name)],
            "appointmentRequired": True,
            "comment": "Запись по направлению." if referral else None,
        }
    )


def schedule(doctor: Doctor, speciality: Speciality, since: datetime, until: datetime) -> Schedule:
    """The doctor's time from the beginning of this day to the end of the horizon (D-01)."""
    return Schedule.model_validate(
        {
            "id": str(doctor.id),
            "active": doctor.active,
            "specialty": [coded(SPECIALITY, speciality.key, speciality.name)],
            "actor": [
                to("PractitionerRole", doctor.id),
                to("Practitioner", doctor.id) | {"display": doctor.full_name},
                to("HealthcareService", service_id(speciality.key)),
            ],
            "planningHorizon": {"start": since.isoformat(), "end": until.isoformat()},
        }
    )


def service_id(key: str) -> str:
    """FHIR knows no underscore in an id, our keys know no hyphen."""
    return key.replace("_", "-")


def key_of(service: str) -> str:
    return service.replace("-", "_")
