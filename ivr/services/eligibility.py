"""The last word before a slot is taken: may this patient have it? (1.6, D-08, D-11, S4.2)"""

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.booking import Booking
from ivr.domain.override import Waiver
from ivr.domain.patient import Patient
from ivr.domain.purpose import Purpose
from ivr.domain.referral import Referral
from ivr.domain.refusals import NotAttached, ReferralNeeded, ReferralNotFound, TooManyBookings
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Slot, SlotKind
from ivr.domain.speciality import Access, Speciality
from ivr.services.choice import ATTACHED_ONLY, open_referral
from ivr.services.offers import other_visits, unless_booked, unless_overlapping, unless_too_far
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Claimed:
    """A slot that a patient is about to be given."""

    slot: Slot
    patient_id: int
    purpose: Purpose
    channel: Channel
    referral_number: str | None
    old: Booking | None
    """The booking that gives way."""
    by_person: bool = False
    """Somebody at the desk decides about attachment himself (D-08)."""
    waived: frozenset[Waiver] = frozenset()


def weigh(work: Work, claimed: Claimed, rules: Rules, now: datetime) -> Referral | None:
    """Return the referral that opens the slot, if one is needed or named.

    Raises NotAttached, OutsideHorizon, NotAdmitted, ReferralNeeded, ReferralNotFound, AlreadyBooked, TooManyBookings,
    Overlaps; Unsettled where the regional system has not told of another visit there.
    """
    patient = work.patients.get(claimed.patient_id)
    speciality = work.staff.speciality(claimed.slot.speciality)
    _unless_detached(patient, claimed)
    if Waiver.HORIZON not in claimed.waived:
        unless_too_far(claimed.slot, claimed.patient_id, speciality, rules, now)
    if Waiver.ADMISSION not in claimed.waived:
        speciality.admit(patient, rules.today(claimed.slot.starts_at))
    referral = _referral(work, claimed, speciality, rules, now)
    _unless_too_many(work, claimed, rules, now)
    return referral


def _unless_detached(patient: Patient, claimed: Claimed) -> None:
    planned = claimed.purpose is not Purpose.URGENT and claimed.old is None
    if planned and not claimed.by_person and claimed.channel in ATTACHED_ONLY and not patient.attached:
        raise NotAttached


def _referral(work: Work, claimed: Claimed, speciality: Speciality, rules: Rules, now: datetime) -> Referral | None:
    old = claimed.old
    number = claimed.referral_number or (old.referral_number if old else None)
    if number is not None:
        moving = None if old is None else old.id
        try:
            referral = open_referral(work, claimed.patient_id, number, today=rules.today(now), moving=moving)
        except ReferralNotFound:
            if old is None:  # a visit that was admitted once may be moved
                raise
        else:
            if referral.speciality == speciality.key:
                return referral
    if _needs_referral(claimed, speciality):
        raise ReferralNeeded
    return None


def _needs_referral(claimed: Claimed, speciality: Speciality) -> bool:
    """Not where a doctor books or opened the slot himself (S4.2), nor where the visit was admitted before."""
    by_doctor = claimed.channel is Channel.MED_ARM or claimed.slot.for_patient_id == claimed.patient_id
    admitted = claimed.old is not None and claimed.old.slot.speciality == speciality.key
    closed = speciality.access is Access.REFERRAL or claimed.slot.kind is SlotKind.REFERRAL
    return closed and not by_doctor and not admitted


def _unless_too_many(work: Work, claimed: Claimed, rules: Rules, now: datetime) -> None:
    moves = None if claimed.old is None else claimed.old.id
    visits = other_visits(work, claimed.patient_id, moves=moves, now=now)
    unless_booked(claimed.slot.speciality, visits)
    if len(visits) >= rules.max_active:
        raise TooManyBookings
    unless_overlapping(claimed.slot, visits, rules)
