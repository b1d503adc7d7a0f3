"""What `free` means, in SQL: said once, for looking, holding and booking alike."""

from datetime import UTC, date

from sqlalchemy import ColumnElement, Integer, and_, exists, literal_column, not_, or_, type_coerce

from ivr.domain.booking import BookingStatus
from ivr.domain.slot import PERSONAL, REMOTE, Channel, Slot, SlotKind
from ivr.services.ports import Offer, Wanted
from ivr.storage.tables import absences, bookings, doctors, far_shown, referrals, slots
from ivr.storage.types import bit_of

FREE = slots.c.state == literal_column("'FREE'")
"""A literal: only that lets the databases use the index that has nothing but free slots."""


def free_for(offer: Offer) -> ColumnElement[bool]:
    """Nobody else has it, it is published, and it is meant for this patient and channel."""
    return and_(FREE, _not_held(offer), _published(offer), _meant_for(offer), _doctor_works())


def wanted_slots(wanted: Wanted) -> ColumnElement[bool]:
    """Free, of the kind, doctor and time that are looked for, beside the patient's other visits."""
    return and_(wanted_at_any_time(wanted), slots.c.starts_at >= wanted.since, slots.c.starts_at < wanted.until)


def wanted_at_any_time(wanted: Wanted) -> ColumnElement[bool]:
    """The same without the time: whoever adds his own must not leave a wider one for the index to choose."""
    whose = (
        slots.c.speciality == wanted.speciality if wanted.doctor_id is None else slots.c.doctor_id == wanted.doctor_id
    )
    return and_(whose, slots.c.kind == wanted.kind.value, suits(wanted))


def suits(wanted: Wanted) -> ColumnElement[bool]:
    """All that does not say where in an index to look."""
    conditions = [free_for(wanted.offer), *(not_(_clash(visit, wanted)) for visit in wanted.beside)]
    if wanted.site is not None:
        conditions.append(exists().where(doctors.c.id == slots.c.doctor_id, doctors.c.site == wanted.site))
    if wanted.shown_only:
        own = far_shown.c.patient_id == wanted.offer.patient_id
        conditions.append(exists().where(own, far_shown.c.slot_id == slots.c.id))
    return and_(*conditions)


def held_by_other(offer: Offer) -> ColumnElement[bool]:
    return not_(_not_held(offer))


def _not_held(offer: Offer) -> ColumnElement[bool]:
    lapsed = slots.c.held_until <= offer.now
    free = or_(slots.c.held_by.is_(None), lapsed)
    return free if offer.call_key is None else or_(free, slots.c.held_by == offer.call_key)


def _published(offer: Offer) -> ColumnElement[bool]:
    return or_(slots.c.release_at.is_(None), slots.c.release_at <= offer.now)


def _meant_for(offer: Offer) -> ColumnElement[bool]:
    vacant = and_(slots.c.for_patient_id.is_(None), _open_in(offer.channel), *_opened_to(offer))
    return or_(slots.c.for_patient_id == offer.patient_id, vacant)


def _open_in(channel: Channel) -> ColumnElement[bool]:
    """The same as Slot.opens_to."""
    channels = type_coerce(slots.c.channels, Integer)
    own = channels.bitwise_and(bit_of(channel)) != 0
    if channel is not Channel.OTHER:
        return own
    remote = sum(bit_of(each) for each in REMOTE)
    return or_(own, channels.bitwise_and(remote) == remote)


def _opened_to(offer: Offer) -> list[ColumnElement[bool]]:
    """Slots that nobody competes for are a doctor's to give; others need his referral for one kind of them (S4.2)."""
    if offer.channel is Channel.MED_ARM:
        return []
    day = offer.now.astimezone(UTC).date()
    by_referral = or_(slots.c.kind != SlotKind.REFERRAL.value, referred(offer.patient_id, slots.c.speciality, day))
    return [slots.c.kind.not_in([kind.value for kind in PERSONAL]), by_referral]


def referred(patient_id: int, speciality: ColumnElement[str] | str, day: date) -> ColumnElement[bool]:
    """A referral to the speciality that is not used, or whose visit is still to come and may be moved.

    Searches look at its last day in UTC, generous by some hours; whoever books is asked on the hospital's day.
    """
    own = referrals.c
    stands = exists().where(bookings.c.id == own.used_by, bookings.c.status == BookingStatus.BOOKED.value)
    return exists().where(
        own.patient_id == patient_id,
        own.speciality == speciality,
        own.valid_until >= day,
        or_(own.used_by.is_(None), stands),
    )


def _doctor_works() -> ColumnElement[bool]:
    away = exists().where(
        absences.c.doctor_id == slots.c.doctor_id,
        absences.c.ends_at > slots.c.starts_at,
        absences.c.starts_at <= slots.c.starts_at,
    )
    return and_(exists().where(doctors.c.id == slots.c.doctor_id, doctors.c.active), not_(away))


def _clash(visit: Slot, wanted: Wanted) -> ColumnElement[bool]:
    """The same as Slot.clashes_with."""
    begins, ends = slots.c.starts_at, slots.c.ends_at
    near = and_(begins > visit.starts_at - wanted.gap, begins < visit.starts_at + wanted.gap)
    return or_(near, and_(begins < visit.ends_at, ends > visit.starts_at))
