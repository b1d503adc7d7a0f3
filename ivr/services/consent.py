"""What patients agree to: each answer is kept with its words and its time (S3.5, D-09)."""

from datetime import datetime

from ivr.domain.booking import Booking
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method, NoticeKind
from ivr.domain.slot import Channel
from ivr.services import notices
from ivr.services.ports import Consent, Work

PURPOSES = frozenset({"REMINDER", "SMS_TALON", "NOTICE", "SURVEY"})
METHODS = frozenset(Method)


def record(
    work: Work,
    *,
    patient_id: int,
    booking_id: int,
    purpose: str,
    given: bool,
    method: str,
    phone: PhoneNumber | None,
    wording: str,
    call_key: str,
    now: datetime,
    email: str | None = None,
    channel: Channel = Channel.CC,
    proof: str | None = None,
) -> None:
    """Keep an answer; the newest one for this visit holds.

    Telephone and answer belong to the visit, not to the patient: who knows a policy's number may book for another, and
    must not become a contact that is told of all his visits, nor take his reminders away (4.2).
    """
    if purpose not in PURPOSES or method not in METHODS:
        raise ValueError(f"a consent is to one of {sorted(PURPOSES)} by one of {sorted(METHODS)}")
    answer = Consent(
        patient_id, booking_id, purpose, given, method, phone, wording, call_key, now, email, channel, proof
    )
    with work:
        work.consents.add(answer)
        if given and purpose in notices.CHOSEN:
            notices.changed(work, work.bookings.get(booking_id), NoticeKind.BOOKED, now)
        work.commit()


def given(work: Work, booking: Booking, purpose: str) -> Consent | None:
    """The consent that holds for a visit, or for the one that it took the place of; None: not asked, or no (D-09)."""
    with work.reading():
        answer = work.consents.latest(booking.patient_id, booking.id, purpose)
        while answer is None and booking.replaces_id is not None:
            booking = work.bookings.get(booking.replaces_id)
            answer = work.consents.latest(booking.patient_id, booking.id, purpose)
    return answer if answer is not None and answer.given else None
