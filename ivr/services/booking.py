"""Holding, booking, moving and cancelling: every change is one transaction (1.6, D-13, D-14)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.consent import Consent, Wording
from ivr.domain.errand import ErrandKind, NewErrand
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method
from ivr.domain.override import LEAST_REASON, Override
from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    HoldLost,
    KeptByRegion,
    NotFound,
    NotYours,
    ReasonNeeded,
    ReferralNeeded,
    Refusal,
    SlotTaken,
)
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Doctor, Hold, Slot, SlotKind
from ivr.services import errands, visit
from ivr.services.eligibility import Claimed, weigh
from ivr.services.offers import other_visits, unless_overlapping
from ivr.services.ports import NewBooking, Offer, Work
from ivr.services.tickets import new_ticket


@dataclass(frozen=True, slots=True)
class Told:
    """How a patient wants to be told of this visit, agreed to together with the wish itself (S1.7)."""

    method: Method
    wording: Wording
    proof: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class BookingCommand:
    """A wish to book. The key makes it once, however often it is sent."""

    key: str
    slot_id: int
    patient_id: int
    purpose: Purpose
    call_key: str
    channel: Channel = Channel.CC
    subject: Subject = Subject.SELF
    referral_number: str | None = None
    moves: int | None = None
    """The booking that this one takes the place of."""
    clinic_reason: str | None = None
    """Why the hospital moves the visit; None: the patient wants it."""
    contact: PhoneNumber | None = None
    by: str | None = None
    """Who books at the desk, for the audit log; None: the patient himself."""
    override: Override | None = None
    told: Told | None = None
    """None: nothing was said of it."""

    def __post_init__(self) -> None:
        if self.clinic_reason is not None and self.moves is None:
            raise ValueError("only a visit that there is can be moved: name it in `moves`")
        if self.clinic_reason is not None and len(self.clinic_reason.strip()) < LEAST_REASON:
            raise ReasonNeeded


def hold(
    work: Work,
    slot_id: int,
    *,
    patient_id: int,
    call_key: str,
    channel: Channel = Channel.CC,
    rules: Rules,
    now: datetime,
    moves: int | None = None,
) -> Hold:
    """Keep a slot for this call while it is talked about; an earlier hold of the call is let go.

    Raises SlotTaken, ReferralNeeded, Overlaps.
    """
    until = now + rules.hold
    with work:
        # The new slot first: it is won or lost before anything else changes.
        offer = Offer(patient_id, channel, now, call_key)
        if not work.slots.hold(slot_id, offer, until):
            raise _not_his(work, slot_id, offer, rules)
        slot = work.slots.get(slot_id)
        unless_overlapping(slot, other_visits(work, patient_id, moves=moves, now=now), rules)
        work.slots.release(call_key, but=slot_id)
        work.commit()
    return Hold(slot, call_key, until)


def _not_his(work: Work, slot_id: int, offer: Offer, rules: Rules) -> Refusal:
    """Why he cannot have the slot: it is kept for referrals and he has none, or somebody was quicker."""
    for one in work.grid.of_ids([slot_id]):  # none where it was withdrawn meanwhile
        by_referral = one.slot.kind is SlotKind.REFERRAL and offer.channel is not Channel.MED_ARM
        if by_referral and not work.referrals.opens(offer.patient_id, one.slot.speciality, rules.today(offer.now)):
            return ReferralNeeded(slot_id)
    return SlotTaken(slot_id)


def renew(work: Work, call_key: str, *, rules: Rules, now: datetime) -> None:
    """A live call keeps its hold. One that lapsed and was taken by nobody is held again."""
    with work:
        work.slots.renew(call_key, now + rules.hold)
        work.commit()


def release(work: Work, call_key: str) -> None:
    """Let go of whatever the call holds; to repeat it does no harm."""
    with work:
        work.slots.release(call_key)
        work.commit()


def book(work: Work, command: BookingCommand, *, rules: Rules, now: datetime) -> Booking:
    """Book, or move a booking, in one transaction. A repeated key returns what its first use made.

    Of a move by the hospital the patient is told by a call (P135); of one that he wants himself by nobody.

    Raises SlotTaken (HoldLost where another caller holds it now), AlreadyBooked, Overlaps, TooManyBookings,
    NotAdmitted, NotAttached, OutsideHorizon, ReferralNeeded, ReferralNotFound; of a move also NotYours, TooLate,
    WrongTurn. Where the regional system keeps the schedule also RegionRefused, RegionUnreached, and Unsettled: look it
    up by its key.
    """
    with work:
        work.patients.lock(command.patient_id)
        known = first_result(work, command)
        booked = known or _begun(work, command, rules, now)
        if known is None:
            work.commit()
    return errands.carry_out(work, booked, rules=rules, now=now) if known is None else errands.told(known)


def cancel(
    work: Work,
    booking_id: int,
    *,
    patient_id: int,
    key: str,
    rules: Rules,
    now: datetime,
    status: BookingStatus = BookingStatus.CANCELLED_BY_PATIENT,
    reason: str | None = None,
    by: str | None = None,
) -> Booking:
    """Cancel and free the slot for the waiting list. A repeated key changes nothing. `by` goes to the audit log.

    Raises NotFound, NotYours, WrongTurn where it is over already, TooLate from the start of the visit on.
    """
    with work:
        work.patients.lock(patient_id)
        booking = cancel_within(
            work, booking_id, patient_id=patient_id, key=key, rules=rules, now=now, status=status, reason=reason, by=by
        )
        work.commit()
    return booking


def cancel_within(
    work: Work,
    booking_id: int,
    *,
    patient_id: int,
    key: str,
    rules: Rules,
    now: datetime,
    status: BookingStatus = BookingStatus.CANCELLED_BY_PATIENT,
    reason: str | None = None,
    by: str | None = None,
) -> Booking:
    """The same as `cancel`, as a part of a transaction in which the patient is locked."""
    booking = own_booking(work, booking_id, patient_id)
    if booking.closed_key == key:
        return booking
    booking = visit.close(work, booking, status, key, rules, now, reason)
    work.referrals.give_back(booking.id)
    if by is not None:
        detail = {"booking": booking.id, "patient": patient_id, "status": status, "reason": reason}
        work.audit.add(who=by, action="booking.cancelled", detail=detail, now=now)
    return booking


def result_of(work: Work, key: str) -> Booking | None:
    """What became of a command, for whoever did not hear the answer (X13).

    Of what the regional system has not made raises why; Unsettled while nobody knows.
    """
    with work.reading():
        found = work.bookings.of_key(key)
    return None if found is None else errands.told(found)


def of_id(work: Work, booking_id: int) -> Booking:
    """Raises NotFound."""
    with work.reading():
        return work.bookings.get(booking_id)


def made_in(work: Work, call_key: str, patient_id: int) -> Booking | None:
    """What was booked for the patient in a call, if it stands."""
    with work.reading():
        return work.bookings.of_call(call_key, patient_id)


def upcoming(work: Work, patient_id: int, *, now: datetime) -> list[Booking]:
    """Visits that may be told to who is known by his telephone, in the order of time.

    Those booked by others with a sensitive speciality are not among them (4.2).
    """
    with work.reading():
        booked = [each for each in work.bookings.active(patient_id) if each.slot.ends_at > now]
        return [each for each in booked if _may_be_told(work, each)]


def by_ticket(work: Work, ticket: str, *, patient_id: int, now: datetime) -> Booking:
    """The visit of that ticket, if it is the patient's and not over. Raises NotFound."""
    with work.reading():
        booking = work.bookings.of_ticket(ticket)
    if booking is None or booking.patient_id != patient_id:
        raise NotFound("ticket")
    if booking.status is not BookingStatus.BOOKED or booking.slot.ends_at <= now:
        raise NotFound("ticket")
    return booking


def doctor_of(work: Work, booking: Booking) -> Doctor:
    with work.reading():
        return work.staff.doctor(booking.slot.doctor_id)


def own_booking(work: Work, booking_id: int, patient_id: int) -> Booking:
    """Raises NotFound, NotYours; Unsettled where the regional system has not told whether there is one."""
    booking = work.bookings.get(booking_id)
    if booking.patient_id != patient_id:
        raise NotYours
    return errands.unless_pending(booking)


def first_result(work: Work, command: BookingCommand) -> Booking | None:
    """What the same command made before, within an open transaction. Raises NotYours."""
    booking = work.bookings.of_key(command.key)
    if booking is not None and booking.patient_id != command.patient_id:
        raise NotYours
    return booking


def book_within(work: Work, command: BookingCommand, rules: Rules, now: datetime) -> Booking:
    """The same as `book`, as a part of a transaction in which the patient is locked; of our own schedule alone.

    The regional system is asked between two transactions, which only `book` can do. Raises KeptByRegion.
    """
    if work.slots.get(command.slot_id).far_id is not None:
        raise KeptByRegion(command.slot_id)
    return _begun(work, command, rules, now)


def _begun(work: Work, command: BookingCommand, rules: Rules, now: datetime) -> Booking:
    """Booked, or PENDING with its errand: whoever calls this carries the errand out once it is committed."""
    old = None if command.moves is None else own_booking(work, command.moves, command.patient_id)
    if old is not None:
        old.becomes(BookingStatus.MOVED)
        old.must_not_have_begun(now)
    slot = work.slots.get(command.slot_id)
    _settle_past(work, command.patient_id, now)
    claimed = _claimed(command, slot, old)
    referral = weigh(work, claimed, rules, now)
    _take(work, command, now)
    if slot.far_id is None:
        # Only now that the new slot is ours does the old booking give way, in the same commit.
        _make_room(work, command, old, rules, now)
    booking = work.bookings.add(NewBooking(command.key, command.call_key, _booking(work, command, slot, old, now)))
    if referral is not None:
        work.referrals.use(referral.id, booking.id)
    if command.told is not None:
        _note_told(work, command.told, booking, command.call_key, now)
    if slot.far_id is None:
        visit.stands(work, booking, by=command.by, clinic_reason=command.clinic_reason, rules=rules, now=now)
    else:
        work.errands.add(_errand(command, booking), leased_until=now + visit.LEASE, now=now)
    return booking


def _make_room(work: Work, command: BookingCommand, old: Booking | None, rules: Rules, now: datetime) -> None:
    reason = command.clinic_reason
    visit.make_room(work, old, call_key=command.call_key, key=command.key, reason=reason, rules=rules, now=now)


def _errand(command: BookingCommand, booking: Booking) -> NewErrand:
    """All that is needed to finish the booking when the regional system has answered, whoever finishes it."""
    return NewErrand(
        kind=ErrandKind.BOOK,
        booking_id=booking.id,
        session=uuid4(),
        key=command.key,
        call_key=command.call_key,
        by=command.by,
        clinic_reason=command.clinic_reason,
    )


def _note_told(work: Work, told: Told, visit: Booking, call_key: str, now: datetime) -> None:
    """Before anything is told of the visit: the first message, too, goes by the chosen way and by no other."""
    said = Consent(
        patient_id=visit.patient_id,
        booking_id=visit.id,
        purpose=told.wording.purpose,
        given=True,
        method=told.method,
        phone=None,
        wording=told.wording.version,
        call_key=call_key,
        at=now,
        email=told.email,
        channel=visit.channel,
        proof=told.proof,
    )
    work.consents.add(said, told.wording.text)


def _claimed(command: BookingCommand, slot: Slot, old: Booking | None) -> Claimed:
    return Claimed(
        slot=slot,
        patient_id=command.patient_id,
        purpose=command.purpose,
        channel=command.channel,
        referral_number=command.referral_number,
        old=old,
        by_person=command.by is not None,
        waived=frozenset() if command.override is None else command.override.waived,
    )


def _take(work: Work, command: BookingCommand, now: datetime) -> None:
    offer = Offer(command.patient_id, command.channel, now, command.call_key)
    if work.slots.book(command.slot_id, offer):
        return
    if work.slots.held_by_other(command.slot_id, offer):
        raise HoldLost(command.slot_id)
    raise SlotTaken(command.slot_id)


def _booking(work: Work, command: BookingCommand, slot: Slot, old: Booking | None, now: datetime) -> Booking:
    return Booking(
        id=0,
        ticket=new_ticket(work),
        slot=slot,
        patient_id=command.patient_id,
        purpose=command.purpose,
        channel=command.channel,
        status=BookingStatus.BOOKED if slot.far_id is None else BookingStatus.PENDING,
        created_at=now,
        referral_number=command.referral_number or (old.referral_number if old else None),
        subject=old.subject if old else command.subject,
        contact=_contact(command, old),
        replaces_id=command.moves,
        overrides=command.override.rules if command.override else None,
        override_reason=command.override.reason if command.override else None,
    )


def _contact(command: BookingCommand, old: Booking | None) -> PhoneNumber | None:
    """What the hospital moves leaves the patient where he can be told of it."""
    if old is not None and command.clinic_reason is not None and old.contact is not None:
        return old.contact
    return command.contact


def _settle_past(work: Work, patient_id: int, now: datetime) -> None:
    """Visits that are over stand in the way of no new booking, even before anybody says how they ended."""
    for over, becomes in (
        (work.bookings.active(patient_id), BookingStatus.PASSED),
        (work.bookings.pending(patient_id), BookingStatus.NOT_MADE),
    ):
        for booking in over:
            if booking.slot.ends_at <= now:
                work.bookings.close(booking, becomes, key=None, now=now)


def _may_be_told(work: Work, booking: Booking) -> bool:
    by_another = booking.subject is Subject.OTHER
    return not (by_another and work.staff.speciality(booking.slot.speciality).sensitive)
