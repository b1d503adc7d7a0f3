"""How a patient at the kiosk wants to be told of his visit (S3.5, S3.6)."""

from collections.abc import Mapping
from datetime import datetime

from ivr.domain.consent import NOTICE_AT_KIOSK, REMIND_AT_KIOSK, Wording
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.kiosk import KioskVisit
from ivr.domain.notice import Method
from ivr.domain.patient import Patient
from ivr.domain.refusals import NotFound
from ivr.domain.slot import Channel
from ivr.services import consent
from ivr.services.ports import Work

AGREED: Mapping[Method, tuple[Wording, ...]] = {
    Method.CALL: (REMIND_AT_KIOSK,),
    Method.SMS: (REMIND_AT_KIOSK, NOTICE_AT_KIOSK),
    Method.EMAIL: (NOTICE_AT_KIOSK,),
}
"""What each method is agreed to for; a change of the visit is told by a call without it (1.6)."""


def known(patient: Patient, method: Method) -> PhoneNumber | None:
    """The number by which the hospital can tell him so; None: it is asked for (S3.6). It is never shown (4.2)."""
    phone = patient.phone
    if phone is None or method is Method.EMAIL or (method is Method.SMS and not phone.is_mobile):
        return None
    return phone


def agree(
    work: Work, visit: KioskVisit, method: Method, *, phone: PhoneNumber | None, email: str | None, now: datetime
) -> None:
    """Keep the method, the words and the time; contacts belong to this booking alone. Raises NotFound without one."""
    for wording in AGREED[method]:
        _record(work, visit, wording, method, given=True, phone=phone, email=email, now=now)


def decline(work: Work, visit: KioskVisit, *, now: datetime) -> None:
    """Without consent nothing is sent by itself (S3.5). Raises NotFound where nothing was booked."""
    for wording, method in ((REMIND_AT_KIOSK, Method.CALL), (NOTICE_AT_KIOSK, Method.SMS)):
        _record(work, visit, wording, method, given=False, phone=None, email=None, now=now)


def _record(
    work: Work,
    visit: KioskVisit,
    wording: Wording,
    method: Method,
    *,
    given: bool,
    phone: PhoneNumber | None,
    email: str | None,
    now: datetime,
) -> None:
    if visit.booking_id is None:
        raise NotFound("booking of this visit")
    consent.record(
        work,
        patient_id=visit.patient_id,
        booking_id=visit.booking_id,
        purpose=wording.purpose,
        given=given,
        method=method,
        phone=phone,
        email=email,
        wording=wording.version,
        words=wording.text,
        call_key=visit.key,
        channel=Channel.INFOMAT,
        proof=f"infomat:{visit.kiosk_id}",
        now=now,
    )
