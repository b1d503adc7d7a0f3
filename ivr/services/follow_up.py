"""How a patient goes on after a visit: his doctor books, opens, refers, puts on the waiting list, undoes (S4.1, S4.2).

Each arrangement is one transaction, together with the mark that the patient came; a repeated key returns the first one.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.follow_up import (
    FollowUp,
    FollowUpKind,
    must_be_for_doctors,
    must_be_made_by,
    must_be_own,
    must_have_come,
)
from ivr.domain.patient import OWN_CONSENT_AGE, Subject
from ivr.domain.purpose import Purpose
from ivr.domain.referral import Referral
from ivr.domain.refusals import CompetitiveSlot, NotYours, ReferralTaken, SlotTaken, WrongTurn
from ivr.domain.rules import Rules
from ivr.domain.slot import PERSONAL, Channel, Slot
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.services import waiting
from ivr.services.attendance import came_within
from ivr.services.booking import BookingCommand, book_within, cancel_within
from ivr.services.ports import Offer, Work
from ivr.services.waiting import Wish

DIGITS = 8
"""Of a number that we give a referral."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a doctor wants after a visit, and why. The key makes it once."""

    key: str
    visit_id: int
    doctor_id: int
    who: str
    """The user, for the audit log."""
    purpose: Purpose
    reason: str
    number: str | None = None
    """Of the referral, where the doctor has one already; None: we give one."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the patient waits for where no slot is vacant (D-10)."""

    speciality: str
    part_of_day: PartOfDay = PartOfDay.ANY
    suspicion: bool = False
    """Of cancer or a disease of heart or vessels: 3 working days (1.4)."""


def book(work: Work, order: Order, slot_id: int, *, rules: Rules, now: datetime) -> FollowUp:
    """Book the patient to a vacant slot that is not competitive; a visit by referral gets its number.

    Raises NotFound, VisitNeeded, CompetitiveSlot, ReferralTaken, and what `booking.book` raises.
    """

    def booked(visit: Booking) -> FollowUp:
        slot = _for_doctors(work, order, visit, slot_id)
        number, issued = None, None
        if order.purpose is Purpose.REFERRAL:
            number, issued = _referred(work, order, visit, slot.speciality, rules, now)
        made = book_within(work, _command(work, order, visit, slot, number, rules, now), rules, now)
        return _keep(work, order, FollowUpKind.BOOKED, now, booking_id=made.id, referral_id=issued)

    return _once(work, order, booked, rules, now)


def open_slot(work: Work, order: Order, slot_id: int, *, rules: Rules, now: datetime) -> FollowUp:
    """Keep a repeat or observation slot for the patient, who books it himself by telephone or elsewhere.

    Raises NotFound, VisitNeeded, CompetitiveSlot, SlotTaken.
    """

    def opened(visit: Booking) -> FollowUp:
        slot = _for_doctors(work, order, visit, slot_id)
        if slot.kind not in PERSONAL:  # a referral opens the others
            raise CompetitiveSlot(slot_id)
        if not work.slots.open_for(slot_id, Offer(visit.patient_id, Channel.MED_ARM, now)):
            raise SlotTaken(slot_id)
        return _keep(work, order, FollowUpKind.OPENED, now, slot_id=slot_id)

    return _once(work, order, opened, rules, now)


def refer(work: Work, order: Order, speciality: str, *, rules: Rules, now: datetime) -> FollowUp:
    """Give the patient a referral, by whose number every channel lets him in there (D-11).

    Raises NotFound, VisitNeeded, ReferralTaken, NotAdmitted.
    """

    def referred(visit: Booking) -> FollowUp:
        number, issued = _referred(work, order, visit, speciality, rules, now)
        if issued is None:
            raise ReferralTaken(number)
        return _keep(work, order, FollowUpKind.REFERRED, now, referral_id=issued)

    return _once(work, order, referred, rules, now)


def wait(work: Work, order: Order, awaited: Awaited, *, rules: Rules, now: datetime) -> FollowUp:
    """No slot is vacant: on the waiting list before others, with the referral that opens what is freed (D-10).

    Raises NotFound, VisitNeeded, ReferralTaken, AlreadyWaiting, NotAdmitted.
    """

    def waiting_for(visit: Booking) -> FollowUp:
        _, issued = _referred(work, order, visit, awaited.speciality, rules, now)
        entry = waiting.join_within(work, _wish(work, order, visit, awaited), rules, now)
        return _keep(work, order, FollowUpKind.WAITING, now, entry_id=entry.id, referral_id=issued)

    return _once(work, order, waiting_for, rules, now)


def undo(
    work: Work, follow_up_id: int, *, doctor_id: int, who: str, reason: str, rules: Rules, now: datetime
) -> FollowUp:
    """Take back what this doctor arranged; a repeat changes nothing.

    Raises NotFound, TooLate from the start of the visit on, WrongTurn where it is over or was used already.
    """
    with work:
        made = work.follow_ups.get(follow_up_id)
        must_be_made_by(made, doctor_id)
        visit = _locked(work, made.visit_id)
        if work.follow_ups.get(follow_up_id).undone_at is None:
            _take_back(work, made, visit.patient_id, who, reason, rules, now)
            work.follow_ups.undo(made.id, now)
            _note(work, "follow_up.undone", made, visit.patient_id, who, now)
            work.commit()
        return work.follow_ups.get(follow_up_id)


def _once(work: Work, order: Order, arrange: Callable[[Booking], FollowUp], rules: Rules, now: datetime) -> FollowUp:
    """What the order made before, or makes now, in one transaction with the mark that the patient came."""
    with work:
        visit = _begun(work, order, rules, now)
        made = _first_result(work, order)
        if made is None:
            made = arrange(visit)
            work.commit()
    return made


def _begun(work: Work, order: Order, rules: Rules, now: datetime) -> Booking:
    """The visit, whose patient came: what is arranged after it says so (S4.2)."""
    visit = _locked(work, order.visit_id)
    must_be_own(visit, order.doctor_id)
    must_have_come(visit, rules.today(visit.slot.starts_at), rules.today(now))
    return came_within(work, visit, who=order.who, rules=rules, now=now)


def _first_result(work: Work, order: Order) -> FollowUp | None:
    """What the same order made before. Raises NotYours where it was about another visit."""
    made = work.follow_ups.of_key(order.key)
    if made is not None and made.visit_id != order.visit_id:
        raise NotYours
    return made


def _locked(work: Work, visit_id: int) -> Booking:
    work.patients.lock(work.bookings.get(visit_id).patient_id)
    return work.bookings.get(visit_id)


def _for_doctors(work: Work, order: Order, visit: Booking, slot_id: int) -> Slot:
    slot = work.slots.get(slot_id)
    must_be_for_doctors(slot, order.purpose, visit.slot.speciality)
    return slot


def _referred(
    work: Work, order: Order, visit: Booking, speciality: str, rules: Rules, now: datetime
) -> tuple[str, int | None]:
    """Number of the patient's referral to the speciality, and its id where it is issued now and not known before."""
    patient, today = work.patients.get(visit.patient_id), rules.today(now)
    work.staff.speciality(speciality).admit(patient, today)
    number = order.number or _new_number(work, patient.id)
    known = work.referrals.find(patient.id, number)
    if known is None:
        until = today + timedelta(days=rules.referral_days)
        return number, work.referrals.add(Referral(0, patient.id, number, speciality, None, until))
    if known.speciality != speciality or not known.is_open(today):
        raise ReferralTaken(number)
    return number, None


def _new_number(work: Work, patient_id: int) -> str:
    """Digits alone, so that it can be keyed; never a leading zero."""
    while True:
        number = str(10 ** (DIGITS - 1) + secrets.randbelow(9 * 10 ** (DIGITS - 1)))
        if work.referrals.find(patient_id, number) is None:
            return number


def _command(
    work: Work, order: Order, visit: Booking, slot: Slot, number: str | None, rules: Rules, now: datetime
) -> BookingCommand:
    patient = work.patients.get(visit.patient_id)
    return BookingCommand(
        key=f"follow-up-{order.key}",
        slot_id=slot.id,
        patient_id=patient.id,
        purpose=order.purpose,
        call_key=f"follow-up-{order.key}",
        channel=Channel.MED_ARM,
        subject=Subject.SELF if patient.age(rules.today(now)) >= OWN_CONSENT_AGE else Subject.CHILD,
        referral_number=number,
        contact=patient.phone,
        by=order.who,
    )


def _wish(work: Work, order: Order, visit: Booking, awaited: Awaited) -> Wish:
    return Wish(
        patient_id=visit.patient_id,
        speciality=awaited.speciality,
        doctor_id=None,
        part_of_day=awaited.part_of_day,
        reason=WaitingReason.REFERRAL,
        contact=work.patients.get(visit.patient_id).phone,
        key=f"follow-up-{order.key}",
        suspicion=awaited.suspicion,
    )


def _keep(
    work: Work,
    order: Order,
    kind: FollowUpKind,
    now: datetime,
    *,
    booking_id: int | None = None,
    slot_id: int | None = None,
    entry_id: int | None = None,
    referral_id: int | None = None,
) -> FollowUp:
    ids = (booking_id, slot_id, entry_id, referral_id)
    new = FollowUp(0, order.key, order.visit_id, order.doctor_id, kind, order.reason, now, *ids)
    kept = work.follow_ups.get(work.follow_ups.add(new))
    _note(work, "follow_up.made", kept, work.bookings.get(order.visit_id).patient_id, order.who, now)
    return kept


def _take_back(work: Work, made: FollowUp, patient_id: int, who: str, reason: str, rules: Rules, now: datetime) -> None:
    if made.booking_id is not None:
        cancel_within(
            work,
            made.booking_id,
            patient_id=patient_id,
            key=f"follow-up-undone-{made.id}",
            rules=rules,
            now=now,
            status=BookingStatus.CANCELLED_BY_CLINIC,
            reason=reason,
            by=who,
        )
    if made.entry_id is not None:
        waiting.leave_within(work, made.entry_id, patient_id=patient_id, now=now)
    opened = made.slot_id
    if opened is not None and not work.slots.close_for(opened, Offer(patient_id, Channel.MED_ARM, now)):
        raise WrongTurn(f"slot {opened} is booked or talked about")
    issued = made.referral_id
    if issued is not None and not work.referrals.withdraw(issued, rules.today(now)):
        raise WrongTurn(f"referral {issued} is used")


def _note(work: Work, action: str, made: FollowUp, patient_id: int, who: str, now: datetime) -> None:
    detail = {
        "patient": patient_id,
        "after": made.visit_id,
        "arranged": made.kind.value,
        "booking": made.booking_id,
        "slot": made.slot_id,
        "entry": made.entry_id,
        "referral": made.referral_id,
    }
    work.audit.add(who=who, action=action, detail=detail, now=now)
