"""Names of our own code systems; those of others only where they are certain (docs/fhir.md)."""

OMS = "urn:ivr:identifier:oms"
SNILS = "urn:ivr:identifier:snils"
TICKET = "urn:ivr:identifier:ticket"
REFERRAL = "urn:ivr:identifier:referral"
ACTOR = "urn:ivr:identifier:actor"
SPECIALITY = "urn:ivr:code:speciality"
PURPOSE = "urn:ivr:code:purpose"
REFUSAL = "urn:ivr:code:refusal"
ACTION = "urn:ivr:code:audit-action"
POST = "urn:oid:1.2.643.5.1.13.13.11.1002"
"""Posts of medical workers, the federal list (domain 6.1)."""
TYPE_OF_VISIT = "http://terminology.hl7.org/CodeSystem/v2-0276"
CANCELLED_BY = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
IHE_EVENT = "urn:ihe:event-type-code"
IHE = "https://profiles.ihe.net/ITI/Scheduling"
VERSION = "4.0.1"


def coded(system: str, code: str, display: str | None = None) -> dict[str, object]:
    """A CodeableConcept of one coding."""
    coding = {"system": system, "code": code}
    return {"coding": [coding | ({"display": display} if display else {})]}


def to(kind: str, of: object) -> dict[str, str]:
    """A Reference."""
    return {"reference": f"{kind}/{of}"}
