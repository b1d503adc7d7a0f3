"""What the server can do, told to programs: CapabilityStatement."""

from collections.abc import Mapping, Sequence
from datetime import date

from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from ivr.web.fhir.systems import IHE, VERSION

SINCE = date(2026, 11, 29)
"""When what is told here changed last."""
READ, SEARCH, UPDATE = "read", "search-type", "update"
INTERACTIONS: Mapping[str, Sequence[str]] = {
    "Patient": (READ, SEARCH),
    "Practitioner": (READ, SEARCH),
    "PractitionerRole": (READ, SEARCH),
    "HealthcareService": (READ, SEARCH),
    "Schedule": (READ, SEARCH),
    "Slot": (READ, SEARCH),
    "Appointment": (READ, SEARCH, UPDATE),
    "AuditEvent": (SEARCH,),
}
PARAMS: Mapping[str, Mapping[str, str]] = {
    "Patient": {"identifier": "token", "birthdate": "date", "phone": "token", "ticket": "token"},
    "Practitioner": {"family": "string", "_id": "token"},
    "PractitionerRole": {"practitioner": "reference", "specialty": "token", "service": "reference", "_id": "token"},
    "HealthcareService": {"specialty": "token", "_id": "token"},
    "Schedule": {"actor": "reference", "specialty": "token", "_id": "token"},
    "Slot": {"schedule": "reference", "start": "date", "status": "token"},
    "Appointment": {
        "patient": "reference",
        "date": "date",
        "status": "token",
        "practitioner": "reference",
        "specialty": "token",
    },
    "AuditEvent": {"date": "date", "patient": "reference"},
}
OWN = {"ticket": "Номер талона: им доказывается, что о записях можно говорить."}
INCLUDED = ("Appointment:actor", "Appointment:patient", "Appointment:practitioner")


def statement(address: str, version: str, hospital: str) -> CapabilityStatement:
    return CapabilityStatement.model_validate(
        {
            "status": "active",
            "date": SINCE.isoformat(),
            "kind": "instance",
            "software": {"name": "ivr", "version": version},
            "implementation": {"description": hospital, "url": address},
            "fhirVersion": VERSION,
            "format": ["application/fhir+json"],
            "implementationGuide": [f"{IHE}/ImplementationGuide/ihe.iti.scheduling"],
            "instantiates": [f"{IHE}/CapabilityStatement/IHE.Scheduling.server"],
            "rest": [
                {
                    "mode": "server",
                    "security": {
                        "service": [{"text": "Bearer"}],
                        "description": "Токен системы в заголовке Authorization; номера пациентов только в теле POST.",
                    },
                    "resource": [_resource(kind) for kind in INTERACTIONS],
                }
            ],
        }
    )


def _resource(kind: str) -> dict[str, object]:
    told: dict[str, object] = {
        "type": kind,
        "interaction": [{"code": code} for code in INTERACTIONS[kind]],
        "searchParam": [
            {"name": name, "type": of, "documentation": OWN.get(name)} for name, of in PARAMS[kind].items()
        ],
    }
    if kind == "Appointment":
        told |= {"versioning": "versioned-update", "searchInclude": list(INCLUDED), "operation": _operations()}
    return told


def _operations() -> list[dict[str, str]]:
    names = ("find", "hold", "book")
    return [{"name": name, "definition": f"{IHE}/OperationDefinition/appointment-{name}"} for name in names]
