"""Numbers that the robot may not ring: now in `opt_outs`, with who said it and when in the ledger of consents."""

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.consent import WORDINGS, Consent, ConsentPurpose
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method
from ivr.domain.refusals import NotFound
from ivr.domain.slot import Channel
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone at which the patient is known, and whether the robot may ring it."""

    phone: PhoneNumber
    allowed: bool


def forbid(work: Work, said: Consent, words: str) -> None:
    """Within a transaction: no robot rings the number of this answer any more; a repeat changes nothing."""
    if said.phone is not None and work.opt_outs.add(
        said.phone, channel=said.channel, call_key=said.call_key, now=said.at
    ):
        work.consents.add(said, words)


def numbers(work: Work, patient_id: int) -> list[Number]:
    """The patient's own number first, then those that he named for visits, reminders and the waiting list."""
    with work.reading():
        return [Number(phone, not work.opt_outs.has(phone)) for phone in _known(work, patient_id)]


def change(
    work: Work, patient_id: int, phone: PhoneNumber, *, allowed: bool, channel: Channel, who: str, now: datetime
) -> bool:
    """What the patient says at the desk. False where it is so already. Raises NotFound for a number that is not his.

    Open tasks of the number come to people when they are due: the dialler looks here before each call.
    """
    wording = WORDINGS[ConsentPurpose.ROBOT_CALLS]
    said = Consent(
        patient_id=patient_id,
        booking_id=None,
        purpose=ConsentPurpose.ROBOT_CALLS,
        given=allowed,
        method=Method.CALL,
        phone=phone,
        wording=wording.version,
        call_key=None,
        at=now,
        channel=channel,
        proof="desk:oral",
        noted_by=who,
    )
    with work:
        work.patients.lock(patient_id)
        if phone not in _known(work, patient_id):
            raise NotFound("phone")
        if work.opt_outs.has(phone) is not allowed:
            return False
        if allowed:
            work.opt_outs.remove(phone)
            work.consents.add(said, wording.text)
        else:
            forbid(work, said, wording.text)
        action = "robot.allowed" if allowed else "robot.forbidden"
        work.audit.add(who=who, action=action, detail={"patient": patient_id}, now=now)
        work.commit()
    return True


def _known(work: Work, patient_id: int) -> list[PhoneNumber]:
    visits = (visit.contact for visit in work.bookings.active(patient_id))
    waiting = (work.waiting.contact(entry.id) for entry in work.waiting.open_of(patient_id))
    agreed = (said.phone for said in work.consents.of_patient(patient_id))
    known = [work.patients.get(patient_id).phone, *visits, *waiting, *agreed]
    return list(dict.fromkeys(phone for phone in known if phone is not None))
