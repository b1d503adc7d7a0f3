"""Looking at a patient's data: allowed to those who serve him, and always in the audit log."""

from datetime import datetime

from ivr.domain.patient import Patient
from ivr.services.ports import Work


def patient(work: Work, patient_id: int, *, who: str, why: str, now: datetime) -> Patient:
    """The patient; that he was looked at is kept before anything is shown. Raises NotFound."""
    with work:
        found = work.patients.get(patient_id)
        work.audit.add(who=who, action="patient shown", detail={"patient": patient_id, "why": why}, now=now)
        work.commit()
    return found
