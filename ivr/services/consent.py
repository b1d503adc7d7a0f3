"""What patients agree to: each answer is kept with its words and its time (S3.5, D-09)."""

from datetime import datetime

from ivr.domain.identifiers import PhoneNumber
from ivr.services.ports import Consent, Work

PURPOSES = frozenset({"REMINDER", "SMS_TALON"})
METHODS = frozenset({"CALL", "SMS"})


def record(
    work: Work,
    *,
    patient_id: int,
    purpose: str,
    given: bool,
    method: str,
    phone: PhoneNumber | None,
    wording: str,
    call_key: str,
    now: datetime,
) -> None:
    """Keep an answer; the newest one holds. The telephone belongs to the consent, not to the patient:
    who knows a policy's number must not become a contact that is told of visits (4.2)."""
    if purpose not in PURPOSES or method not in METHODS:
        raise ValueError(f"a consent is to one of {sorted(PURPOSES)} by one of {sorted(METHODS)}")
    answer = Consent(patient_id, purpose, given, method, phone, wording, call_key, now)
    with work:
        work.consents.add(answer)
        work.commit()


def given(work: Work, patient_id: int, purpose: str) -> Consent | None:
    """The consent that holds now; None where the patient was never asked or said no (D-09)."""
    with work.reading():
        answer = work.consents.latest(patient_id, purpose)
    return answer if answer is not None and answer.given else None
