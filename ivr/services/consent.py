"""What patients agree to: each answer is kept with its words, its time and what shows it (S3.5, D-09)."""

from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.booking import Booking
from ivr.domain.consent import METHODS, WORDINGS, Consent, ConsentPurpose, Line, LineState, ledger
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method, NoticeKind
from ivr.domain.refusals import NotFound, WrongTurn
from ivr.domain.slot import Channel
from ivr.services import notices, standing
from ivr.services.booking import own_booking
from ivr.services.ports import Work

PURPOSES = frozenset(ConsentPurpose)
WAYS = frozenset(Method)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a patient agrees to at the desk."""

    purpose: ConsentPurpose
    method: Method
    phone: PhoneNumber | None
    email: str | None
    booking_id: int | None
    """The visit; None: all of his visits."""
    proof: str


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
    words: str | None = None,
    noted_by: str | None = None,
) -> None:
    """Keep an answer; the newest one for this visit holds.

    Telephone and answer belong to the visit, not to the patient: who knows a policy's number may book for another, and
    must not become a contact that is told of all his visits, nor take his reminders away (4.2).
    """
    if purpose not in PURPOSES or method not in WAYS:
        raise ValueError(f"a consent is to one of {sorted(PURPOSES)} by one of {sorted(WAYS)}")
    said = Consent(
        patient_id, booking_id, purpose, given, method, phone, wording, call_key, now, email, channel, proof, noted_by
    )
    with work:
        work.consents.add(said, words)
        _take_effect(work, said, now)
        work.commit()


def give(
    work: Work, patient_id: int, agreed: Agreement, *, channel: Channel, call_key: str | None, who: str, now: datetime
) -> int:
    """What a patient agrees to before a clerk, who knows whom he speaks with; the id of the row. Raises NotFound,
    NotYours where the visit is another's.
    """
    if agreed.method not in METHODS[agreed.purpose]:
        raise ValueError(f"{agreed.purpose} by one of {METHODS[agreed.purpose]}")
    wording = WORDINGS[agreed.purpose]
    said = Consent(
        patient_id=patient_id,
        booking_id=agreed.booking_id,
        purpose=agreed.purpose,
        given=True,
        method=agreed.method,
        phone=agreed.phone,
        wording=wording.version,
        call_key=call_key,
        at=now,
        email=agreed.email,
        channel=channel,
        proof=agreed.proof,
        noted_by=who,
    )
    with work:
        work.patients.lock(patient_id)
        if agreed.booking_id is not None:
            own_booking(work, agreed.booking_id, patient_id)
        row = work.consents.add(said, wording.text)
        _take_effect(work, said, now)
        work.audit.add(who=who, action="consent.given", detail=_told(said, row), now=now)
        work.commit()
    return row


def withdraw(
    work: Work, consent_id: int, *, patient_id: int, channel: Channel, proof: str, who: str, now: datetime
) -> None:
    """Take a consent back: a row of its own, and no message that waits is sent. A repeat changes nothing.

    Raises NotFound, WrongTurn where a newer answer has taken its place.
    """
    with work:
        work.patients.lock(patient_id)
        line = _line(work, consent_id, patient_id)
        if line.state is LineState.WITHDRAWN:
            return
        if line.state is not LineState.STANDING:
            raise WrongTurn(f"consent {consent_id} is {line.state}")
        said = replace(
            line.said,
            given=False,
            at=now,
            channel=channel,
            proof=proof,
            call_key=None,
            noted_by=who,
            withdraws=consent_id,
        )
        work.consents.add(said)
        _take_effect(work, said, now)
        work.audit.add(who=who, action="consent.withdrawn", detail=_told(said, consent_id), now=now)
        work.commit()


def lines(work: Work, patient_id: int) -> list[Line]:
    """Everything that the patient ever agreed to or refused, the latest first."""
    with work.reading():
        return ledger(work.consents.of_patient(patient_id))[::-1]


def line(work: Work, consent_id: int, patient_id: int) -> Line:
    """Raises NotFound."""
    with work.reading():
        return _line(work, consent_id, patient_id)


def given(work: Work, booking: Booking, purpose: str) -> Consent | None:
    """The consent that holds for a visit, or for the one that it took the place of; None: not asked, or no (D-09)."""
    with work.reading():
        answer = standing.answer(work, booking, purpose)
    return answer if answer is not None and answer.given else None


def _line(work: Work, consent_id: int, patient_id: int) -> Line:
    for one in ledger(work.consents.of_patient(patient_id)):
        if one.said.id == consent_id:
            return one
    raise NotFound(f"consent {consent_id}")


def _take_effect(work: Work, said: Consent, now: datetime) -> None:
    """The dialler looks at the ledger before each call; messages that wait are looked at here."""
    if not said.given:
        notices.taken_back(work, said.patient_id, now)
    elif said.purpose in notices.CHOSEN and said.booking_id is not None:
        notices.changed(work, work.bookings.get(said.booking_id), NoticeKind.BOOKED, now)


def _told(said: Consent, row: int) -> dict[str, object]:
    detail: dict[str, object] = {"patient": said.patient_id, "consent": row, "purpose": str(said.purpose)}
    return detail | {"method": str(said.method), "booking": said.booking_id}
