"""What the portal shows: posts, doctors and times that are open to it and to this patient (S1.5, S1.6, S1.9)."""

from dataclasses import dataclass
from datetime import date, datetime

from ivr.domain.identifiers import Snils
from ivr.domain.post import kinds_of
from ivr.domain.referral import Referral
from ivr.domain.refusals import NoSlots, Refusal
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Doctor, Slot
from ivr.domain.speciality import Access, Speciality
from ivr.services import choice, search
from ivr.services.portal import patient_of
from ivr.services.portal_ports import PortalSession
from ivr.services.ports import Work
from ivr.services.search import SlotQuery


@dataclass(frozen=True, slots=True)
class Free:
    """A doctor with his free time, in order; never empty."""

    doctor: Doctor
    speciality: Speciality
    slots: tuple[Slot, ...]


def specialities(work: Work, session: PortalSession, *, rules: Rules, now: datetime) -> list[Speciality]:
    """Those that admit the patient: without a referral, or with one that he has. Raises NotAttached."""
    patient = patient_of(work, session)
    open_to_him = choice.specialities_for(work, patient, rules=rules, now=now)
    with work.reading():
        sent_to = {referral.speciality for referral in work.referrals.open_of(patient.id, rules.today(now))}
    return [one for one in open_to_him if one.access is Access.FREE or one.key in sent_to]


def staffed(work: Work) -> list[Speciality]:
    """All that have a doctor, in the hospital's order, whomever they admit."""
    with work.reading():
        return work.staff.specialities(staffed=True)


def doctors_known_by(work: Work, snils: Snils) -> list[Doctor]:
    """One person, once for each post of his; nobody where none works here."""
    with work.reading():
        return [doctor for doctor in work.staff.doctors() if doctor.snils == snils]


def free(
    work: Work,
    session: PortalSession,
    wanted: list[Speciality],
    days: tuple[date, date],
    *,
    rules: Rules,
    now: datetime,
) -> list[Free]:
    """Doctors of these specialities with what is free on these local days, both included; the nearest time first.

    Raises NotAttached, and NoSlots (S1.9), or what stands in the way of all the specialities: NotAdmitted,
    ReferralNeeded, AlreadyBooked.
    """
    refusals: list[Refusal] = []
    found: list[Free] = []
    for speciality in wanted:
        try:
            found += _free(work, session, speciality, days, rules, now)
        except Refusal as refusal:
            refusals.append(refusal)
    if not found:
        raise refusals[0] if refusals else NoSlots
    return sorted(found, key=lambda one: one.slots[0].starts_at)


def referral_to(work: Work, session: PortalSession, speciality: str, *, rules: Rules, now: datetime) -> Referral | None:
    """The patient's open referral to that speciality, the first to end."""
    with work.reading():
        sent = work.referrals.open_of(session.patient_id, rules.today(now))
    return next((referral for referral in sent if referral.speciality == speciality), None)


def _free(
    work: Work, session: PortalSession, speciality: Speciality, days: tuple[date, date], rules: Rules, now: datetime
) -> list[Free]:
    referral = referral_to(work, session, speciality.key, rules=rules, now=now)
    number = None if referral is None else referral.number
    patient = patient_of(work, session)
    choice.check_choice(work, patient, speciality.key, referral=number, rules=rules, now=now)
    slots: list[Slot] = []
    for kind in kinds_of(Channel.EPGU):
        query = SlotQuery(speciality.key, session.patient_id, kind=kind, channel=Channel.EPGU)
        slots += search.free_between(work, query, *days, rules=rules, now=now)
    return _by_doctor(work, speciality, sorted(slots, key=lambda slot: (slot.starts_at, slot.id)))


def _by_doctor(work: Work, speciality: Speciality, slots: list[Slot]) -> list[Free]:
    ids = list(dict.fromkeys(slot.doctor_id for slot in slots))
    with work.reading():
        doctors = [work.staff.doctor(doctor_id) for doctor_id in ids]
    # Without a SNILS the portal has no name for a doctor.
    return [
        Free(doctor, speciality, tuple(slot for slot in slots if slot.doctor_id == doctor.id))
        for doctor in doctors
        if doctor.snils is not None
    ]
