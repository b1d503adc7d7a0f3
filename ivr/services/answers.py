"""What a patient says on a call that we made: each answer is kept, with the end of the attempt, in one transaction."""

from datetime import datetime

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.consent import Consent, ConsentPurpose
from ivr.domain.dialling import Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method
from ivr.domain.offer import OfferStatus, SlotOffer
from ivr.domain.patient import OWN_CONSENT_AGE, Patient, Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import NotFound, SlotTaken
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Slot, SlotKind
from ivr.domain.tasks import TaskKind
from ivr.domain.waiting_list import NEXT, WaitingEntry, WaitingStatus
from ivr.domain.worklist import TaskResult
from ivr.services import outreach, robot_calls, slot_offers
from ivr.services.booking import BookingCommand, book_within, cancel_within
from ivr.services.outreach import Briefing, told_within
from ivr.services.ports import Offer, Work

_AFTERWARDS = {TaskKind.SURVEY: BookingStatus.VISITED, TaskKind.NO_SHOW: BookingStatus.NO_SHOW}
_PURPOSE = {SlotKind.PREVENTIVE: Purpose.DISP, SlotKind.VACCINATION: Purpose.VACC}


def is_needed(about: Briefing, *, now: datetime) -> bool:
    """Whether there is still something to tell; it may have been settled otherwise while the telephone rang."""
    visit = about.booking
    if not about.welcome:
        return False
    if about.kind is TaskKind.OFFER:
        return about.offer is not None and about.entry is not None and about.offer.status is OfferStatus.OPEN
    if visit is None:
        return False
    if about.kind in _AFTERWARDS:
        return visit.status is _AFTERWARDS[about.kind]
    if about.kind is TaskKind.CLINIC_CANCELLED and visit.status is BookingStatus.CANCELLED_BY_CLINIC:
        return True
    return visit.status is BookingStatus.BOOKED and now < visit.slot.starts_at


def rung(work: Work, key: str) -> PhoneNumber | None:
    """The number that was rung up in the call of this key; None where it is no call of ours.

    What the line names as the caller of such a call is the hospital itself.
    """
    with work.reading():
        try:
            return work.dials.get(key).phone
        except NotFound:
            return None


def asked_for(work: Work, about: Briefing, *, rules: Rules, now: datetime) -> Patient | None:
    """Whom the story calls to the telephone; None where nobody is registered any more."""
    with work.reading():
        return outreach.asked_for(work, about.patient, about.phone, rules, now)


def cancel(
    work: Work, about: Briefing, *, status: BookingStatus, result: TaskResult, rules: Rules, now: datetime
) -> Booking:
    """Cancel the visit. Raises NotFound, WrongTurn, TooLate."""
    visit = about.visit
    with work:
        work.patients.lock(about.patient.id)
        # The attempt first: what the cancel drops would be over before it had its result.
        told_within(work, about.key, Outcome.DONE, result, now=now)
        key = f"{about.key}-cancel"
        cancelled = cancel_within(
            work, visit.id, patient_id=about.patient.id, key=key, rules=rules, now=now, status=status
        )
        work.commit()
    return cancelled


def waits_for(work: Work, about: Briefing) -> bool:
    """Whether the patient is on the waiting list for the speciality of the visit."""
    speciality = about.visit.slot.speciality
    with work.reading():
        return any(entry.speciality == speciality for entry in work.waiting.open_of(about.patient.id))


def offered(work: Work, about: Briefing, *, now: datetime) -> Slot | None:
    """The time that is held for him; None where it is his no more."""
    with work.reading():
        offer = work.slot_offers.get(about.offered.id)
        slot = work.slots.get(offer.slot_id)
    return slot if _is_open(offer, now) and now < slot.starts_at else None


def accept(work: Work, about: Briefing, *, rules: Rules, now: datetime) -> Booking:
    """Book the time that was offered. A repeat returns the booking. Raises SlotTaken, or why he cannot have it."""
    with work:
        work.patients.lock(about.patient.id)
        booked = work.bookings.of_key(_key(about))
        if booked is None:
            booked = _accepted(work, about, rules, now)
            work.commit()
    return booked


def _accepted(work: Work, about: Briefing, rules: Rules, now: datetime) -> Booking:
    offer = work.slot_offers.get(about.offered.id)
    entry = work.waiting.get(offer.entry_id)
    if not _is_open(offer, now) or not work.slot_offers.end(offer.id, OfferStatus.ACCEPTED, now):
        raise SlotTaken(offer.slot_id)
    # The attempt first: what the booking drops would be over before it had its result.
    told_within(work, about.key, Outcome.DONE, TaskResult.BOOKED, now=now)
    if not _hand_the_hold(work, offer, about, offer.until, now):
        raise SlotTaken(offer.slot_id)
    if WaitingStatus.BOOKED in NEXT.get(entry.status, ()):
        work.waiting.save(entry.becomes(WaitingStatus.BOOKED), now)
    return book_within(work, _command(work, about, offer, rules, now), rules, now)


def _hand_the_hold(work: Work, offer: SlotOffer, about: Briefing, until: datetime, now: datetime) -> bool:
    """From the offer to the call; nobody comes between within one transaction. False where it had lapsed."""
    work.slots.release(offer.holder)
    return work.slots.hold(offer.slot_id, Offer(about.patient.id, Channel.CC, now, about.key), until)


def _command(work: Work, about: Briefing, offer: SlotOffer, rules: Rules, now: datetime) -> BookingCommand:
    slot, today = work.slots.get(offer.slot_id), rules.today(now)
    open_referrals = work.referrals.open_of(about.patient.id, today)
    referral = next((each for each in open_referrals if each.speciality == slot.speciality), None)
    return BookingCommand(
        key=_key(about),
        slot_id=slot.id,
        patient_id=about.patient.id,
        purpose=Purpose.REFERRAL if referral else _PURPOSE.get(slot.kind, Purpose.ILLNESS),
        call_key=about.key,
        subject=Subject.SELF if about.patient.age(today) >= OWN_CONSENT_AGE else Subject.CHILD,
        referral_number=referral.number if referral else None,
        contact=about.phone,
    )


def decline(work: Work, about: Briefing, *, rules: Rules, now: datetime) -> WaitingEntry:
    """He waits for another time; this one is offered to the next. A repeat changes nothing."""
    with work:
        work.patients.lock(about.patient.id)
        told_within(work, about.key, Outcome.DONE, TaskResult.DECLINED, now=now)
        slot_offers.ended(work, about.offered, OfferStatus.DECLINED, rules, now)
        entry = work.waiting.get(about.offered.entry_id)
        work.commit()
    return entry


def leave(work: Work, about: Briefing, *, rules: Rules, now: datetime) -> None:
    """He waits no more, and the time is offered to the next. A repeat changes nothing."""
    with work:
        work.patients.lock(about.patient.id)
        told_within(work, about.key, Outcome.DONE, TaskResult.LEFT, now=now)
        entry = work.waiting.get(about.offered.entry_id)
        if WaitingStatus.CANCELLED_BY_PATIENT in NEXT.get(entry.status, ()):
            work.waiting.save(entry.becomes(WaitingStatus.CANCELLED_BY_PATIENT), now)
        slot_offers.ended(work, about.offered, OfferStatus.DECLINED, rules, now)
        work.commit()


def lose(work: Work, about: Briefing, *, rules: Rules, now: datetime) -> None:
    """He wanted the time and cannot have it: he waits on, and nobody holds it for him. A repeat changes nothing."""
    with work:
        work.patients.lock(about.patient.id)
        told_within(work, about.key, Outcome.DONE, TaskResult.KEEPS, now=now)
        slot_offers.ended(work, about.offered, OfferStatus.WITHDRAWN, rules, now)
        work.commit()


def to_person(work: Work, about: Briefing, *, rules: Rules, now: datetime) -> None:
    """He wants to speak with a person about the time: it travels with the call, and he waits on (D-14)."""
    with work:
        work.patients.lock(about.patient.id)
        offer = work.slot_offers.get(about.offered.id)
        entry = work.waiting.get(offer.entry_id)
        told_within(work, about.key, Outcome.DONE, TaskResult.KEEPS, now=now)
        if work.slot_offers.end(offer.id, OfferStatus.WITHDRAWN, now):
            _hand_the_hold(work, offer, about, now + rules.hold, now)
            if entry.status is WaitingStatus.OFFERED:
                work.waiting.save(entry.becomes(WaitingStatus.ACTIVE), now)
        work.commit()


def opt_out(work: Work, about: Briefing, *, wording: str, words: str, now: datetime) -> None:
    """No robot rings this number any more; a repeat changes nothing."""
    said = Consent(
        patient_id=about.patient.id,
        booking_id=None,
        purpose=ConsentPurpose.ROBOT_CALLS,
        given=False,
        method=Method.CALL,
        phone=about.phone,
        wording=wording,
        call_key=about.key,
        at=now,
        proof="key:outbound.opt_out",
    )
    with work:
        robot_calls.forbid(work, said, words)
        work.commit()


def _is_open(offer: SlotOffer, now: datetime) -> bool:
    return offer.status is OfferStatus.OPEN and now < offer.until


def _key(about: Briefing) -> str:
    """One answer of a call is one booking, however often it is sent."""
    return f"{about.key}-accept"
