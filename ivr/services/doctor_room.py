"""What a doctor sees: his own patients of a day, and one of them with all that was arranged after the visit (S4.2)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivr.domain.booking import Booking
from ivr.domain.follow_up import KINDS, FollowUp, must_be_made_by, must_be_own
from ivr.domain.patient import Patient
from ivr.domain.purpose import Purpose
from ivr.domain.referral import Referral
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Doctor, Slot
from ivr.domain.waiting_list import WaitingEntry
from ivr.services import search
from ivr.services.ports import Work
from ivr.services.search import SlotQuery


@dataclass(frozen=True, slots=True)
class Arranged:
    """A follow-up with what it made; what is None it did not make."""

    follow_up: FollowUp
    booking: Booking | None
    slot: Slot | None
    """Of the booking, or the one that was opened."""
    doctor: Doctor | None
    """Whose slot it is."""
    entry: WaitingEntry | None
    referral: Referral | None

    @property
    def number(self) -> str | None:
        """Of the referral."""
        if self.referral is not None:
            return self.referral.number
        return None if self.booking is None else self.booking.referral_number


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit of the doctor's."""

    visit: Booking
    patient: Patient
    arranged: tuple[Arranged, ...]


def own_visit(work: Work, visit_id: int, doctor_id: int) -> Booking:
    """Raises NotFound for a visit to somebody else."""
    with work.reading():
        visit = work.bookings.get(visit_id)
    must_be_own(visit, doctor_id)
    return visit


def own_follow_up(work: Work, follow_up_id: int, doctor_id: int) -> FollowUp:
    """Raises NotFound for one that another doctor made."""
    with work.reading():
        made = work.follow_ups.get(follow_up_id)
    must_be_made_by(made, doctor_id)
    return made


def seen(work: Work, visit_id: int, *, doctor_id: int, who: str, now: datetime) -> Seen:
    """The visit with its patient, whose data were looked at: the audit log says so. Raises NotFound."""
    with work:
        visit = work.bookings.get(visit_id)
        must_be_own(visit, doctor_id)
        patient = work.patients.get(visit.patient_id)
        arranged = tuple(_arranged(work, one, patient.id) for one in work.follow_ups.of_visit(visit_id))
        detail = {"patient": patient.id, "why": "visit", "booking": visit_id}
        work.audit.add(who=who, action="patient shown", detail=detail, now=now)
        work.commit()
    return Seen(visit, patient, arranged)


def _arranged(work: Work, one: FollowUp, patient_id: int) -> Arranged:
    booking = None if one.booking_id is None else work.bookings.get(one.booking_id)
    slot = booking.slot if booking else None if one.slot_id is None else work.slots.get(one.slot_id)
    return Arranged(
        follow_up=one,
        booking=booking,
        slot=slot,
        doctor=None if slot is None else work.staff.doctor(slot.doctor_id),
        entry=None if one.entry_id is None else work.waiting.get(one.entry_id),
        referral=None if one.referral_id is None else work.referrals.get(one.referral_id),
    )


def vacant(
    work: Work, visit: Booking, purpose: Purpose, speciality: str, *, rules: Rules, now: datetime
) -> list[tuple[Doctor, list[Slot]]]:
    """Vacant slots for that purpose, of which nobody competes for any: the doctor's own first, then the nearest."""
    # Who sits before the doctor needs no half an hour to come (D-12 is the robot's).
    query = SlotQuery(speciality, visit.patient_id, KINDS[purpose], channel=Channel.MED_ARM)
    slots = search.vacant(work, query, rules=replace(rules, lead_time=timedelta(0)), now=now)
    by_doctor: dict[int, list[Slot]] = {}
    for slot in slots:
        if not slot.is_competitive:
            by_doctor.setdefault(slot.doctor_id, []).append(slot)
    with work.reading():
        doctors = [work.staff.doctor(doctor_id) for doctor_id in by_doctor]
    doctors.sort(key=lambda doctor: doctor.id != visit.slot.doctor_id)
    return [(doctor, by_doctor[doctor.id]) for doctor in doctors]
