"""Who may go where: attachment, age and sex, referrals, one booking per speciality (D-08, D-11, 1.6)."""

from datetime import date, datetime

from ivr.domain.patient import Patient
from ivr.domain.referral import Referral
from ivr.domain.refusals import NotAdmitted, NotAttached, ReferralNeeded, ReferralNotFound
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Doctor
from ivr.domain.speciality import Access, Speciality
from ivr.services.mirror import freshen
from ivr.services.offers import other_visits, unless_booked, window
from ivr.services.ports import Offer, Work

ATTACHED_ONLY = frozenset({Channel.CC, Channel.EPGU, Channel.OTHER})
"""Channels in which a planned visit needs attachment (S1.2, D-08): nobody sees the patient or his papers there."""


def speciality_of(work: Work, key: str) -> Speciality:
    """Raises NotFound."""
    with work.reading():
        return work.staff.speciality(key)


def doctor(work: Work, doctor_id: int) -> Doctor:
    """Raises NotFound."""
    with work.reading():
        return work.staff.doctor(doctor_id)


def is_staffed(work: Work, key: str) -> bool:
    """Somebody works here in that speciality."""
    with work.reading():
        return any(speciality.key == key for speciality in work.staff.specialities(staffed=True))


def doctors_named(work: Work, surname: str) -> list[Doctor]:
    """Everybody of that surname who works here."""
    with work.reading():
        return [each for each in work.staff.doctors() if each.surname == surname]


def doctors_in(work: Work, speciality_key: str) -> list[Doctor]:
    """Everybody who works here in that speciality. Raises NotFound."""
    with work.reading():
        work.staff.speciality(speciality_key)
        return [each for each in work.staff.doctors() if each.speciality == speciality_key]


def staffed(work: Work) -> list[Speciality]:
    """All that have a doctor, in the hospital's order, whomever they admit."""
    with work.reading():
        return work.staff.specialities(staffed=True)


def surnames(work: Work) -> list[tuple[str, str]]:
    """Surname and sex of everybody who works here, for those who say a name."""
    with work.reading():
        return sorted({(each.surname, each.sex) for each in work.staff.doctors()})


def own_doctor(work: Work, patient: Patient) -> Doctor | None:
    """The patient's district doctor, while he works here."""
    if patient.district_doctor_id is None:
        return None
    with work.reading():
        own = work.staff.doctor(patient.district_doctor_id)
    return own if own.active else None


def specialities_for(work: Work, patient: Patient, *, rules: Rules, now: datetime) -> list[Speciality]:
    """Specialities that have a doctor and admit the patient within their horizon, in the hospital's order."""
    with work.reading():
        staffed = work.staff.specialities(staffed=True)
    return [speciality for speciality in staffed if _admits(speciality, patient, rules, now)]


def check_choice(
    work: Work,
    patient: Patient,
    speciality_key: str,
    *,
    referral: str | None,
    rules: Rules,
    now: datetime,
    channel: Channel = Channel.CC,
) -> Speciality:
    """The speciality, where this patient may be booked there by that channel.

    Raises NotAttached, NotAdmitted, ReferralNeeded or AlreadyBooked, in this order; Unsettled in place of the last.
    Then what `freshen` raises, where the regional system keeps the schedule.
    """
    with work.reading():
        speciality = work.staff.speciality(speciality_key)
        if channel in ATTACHED_ONLY and not patient.attached:
            raise NotAttached
        _admit(speciality, patient, rules, now)
        if speciality.access is Access.REFERRAL and not _sent(work, patient, speciality, referral, rules, now):
            raise ReferralNeeded
        unless_booked(speciality_key, other_visits(work, patient.id, moves=None, now=now))
    freshen(work, speciality_key, patient.id, rules=rules, now=now)
    return speciality


def find_referral(work: Work, patient_id: int, number: str, *, rules: Rules, now: datetime) -> Referral:
    """The open referral of that number. Raises ReferralNotFound."""
    with work.reading():
        return open_referral(work, patient_id, number, today=rules.today(now))


def open_referral(work: Work, patient_id: int, number: str, *, today: date, moving: int | None = None) -> Referral:
    """The same within a transaction that is open already."""
    referral = work.referrals.find(patient_id, number)
    if referral is None or not referral.is_open(today, moving=moving):
        raise ReferralNotFound
    return referral


def _sent(
    work: Work, patient: Patient, speciality: Speciality, number: str | None, rules: Rules, now: datetime
) -> bool:
    """By a referral, or by the doctor who opened a slot for this patient (S4.2)."""
    if number is not None:
        try:
            referral = open_referral(work, patient.id, number, today=rules.today(now))
        except ReferralNotFound:
            return False
        return referral.speciality == speciality.key
    opened = work.slots.opened_for(Offer(patient.id, Channel.CC, now), *window(speciality, rules, now))
    return any(slot.speciality == speciality.key for slot in opened)


def _admit(speciality: Speciality, patient: Patient, rules: Rules, now: datetime) -> None:
    """Raise NotAdmitted where age or sex fits on no day that can be booked (1.6)."""
    today = rules.today(now)
    speciality.admit_between(patient, today, rules.last_day(today, speciality.horizon_days))


def _admits(speciality: Speciality, patient: Patient, rules: Rules, now: datetime) -> bool:
    try:
        _admit(speciality, patient, rules, now)
    except NotAdmitted:
        return False
    return True
