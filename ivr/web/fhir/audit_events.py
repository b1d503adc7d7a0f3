"""The audit log as AuditEvent."""

from fhir.resources.R4B.auditevent import AuditEvent

from ivr.services.audit import Entry
from ivr.web.fhir.systems import ACTION, ACTOR, DICOM, IHE_EVENT, to

TRANSACTIONS = {
    "fhir.find": ("ITI-115", "Find Potential Appointments"),
    "fhir.hold": ("ITI-116", "Hold Appointment"),
    "fhir.book": ("ITI-117", "Book Appointment"),
    "fhir.visits": ("ITI-118", "Find Existing Appointments"),
}
"""By what an entry says of why a patient was shown."""
VERBS = {"patient shown": "R", "booking.made": "C", "booking.cancelled": "U"}


def audit_event(entry: Entry, hospital: str) -> AuditEvent:
    patient, booking = entry.detail.get("patient"), entry.detail.get("booking")
    entities = [("Patient", patient), ("Appointment", booking)]
    kind = ("110110", "Patient Record") if patient is not None else ("110100", "Application Activity")
    return AuditEvent.model_validate(
        {
            "id": str(entry.id),
            "type": {"system": DICOM, "code": kind[0], "display": kind[1]},
            "subtype": [{"system": ACTION, "code": entry.action}, *_transaction(entry)],
            "action": VERBS.get(entry.action, "E"),
            "recorded": entry.at.isoformat(),
            "outcome": "0",
            "agent": [{"who": {"identifier": {"system": ACTOR, "value": entry.who}}, "requestor": True}],
            "source": {"observer": {"display": hospital}},
            "entity": [{"what": to(kind, of)} for kind, of in entities if isinstance(of, int)] or None,
        }
    )


def _transaction(entry: Entry) -> list[dict[str, str]]:
    code = TRANSACTIONS.get(str(entry.detail.get("why")))
    return [{"system": IHE_EVENT, "code": code[0], "display": code[1]}] if code else []
