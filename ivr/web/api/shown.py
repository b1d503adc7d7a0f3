"""Values of the hospital as the answers show them; moments in the hospital's zone."""

from collections.abc import Iterable
from datetime import datetime

from ivr.domain.booking import Booking
from ivr.domain.slot import Doctor, Hold, Slot
from ivr.domain.speciality import Access, Speciality
from ivr.domain.waiting_list import WaitingEntry
from ivr.services.ports import Work
from ivr.web.api.models import (
    Bookings,
    BookingShown,
    Doctors,
    DoctorShown,
    EntryShown,
    HoldShown,
    Slots,
    SlotShown,
    SpecialityShown,
    seconds_left,
)
from ivr.web.site import run, site


def local(moment: datetime) -> datetime:
    return moment.astimezone(site().rules.zone)


def local_or_none(moment: datetime | None) -> datetime | None:
    return None if moment is None else local(moment)


def speciality(one: Speciality) -> SpecialityShown:
    needed = one.access is Access.REFERRAL
    return SpecialityShown(key=one.key, name=one.name, referral_needed=needed, minutes=one.minutes)


def doctors(found: Iterable[Doctor]) -> Doctors:
    return Doctors(doctors=[_doctor(one) for one in found])


def slots(found: Iterable[Slot]) -> Slots:
    listed = list(found)
    known = run(_doctors, {slot.doctor_id for slot in listed})
    return Slots(slots=[_slot(one, known[one.doctor_id]) for one in listed])


def slot(one: Slot) -> SlotShown:
    return slots([one]).slots[0]


def hold(one: Hold) -> HoldShown:
    left = seconds_left(one.until, site().now())
    return HoldShown(slot=slot(one.slot), until=local(one.until), seconds_left=left)


def booking(one: Booking) -> BookingShown:
    return BookingShown(
        id=one.id,
        ticket=one.ticket,
        patient=one.patient_id,
        status=one.status.value,
        purpose=one.purpose,
        channel=one.channel,
        slot=slot(one.slot),
        created_at=local(one.created_at),
        replaces=one.replaces_id,
    )


def bookings(found: Iterable[Booking]) -> Bookings:
    return Bookings(bookings=[booking(one) for one in found])


def entry(one: WaitingEntry) -> EntryShown:
    return EntryShown(
        id=one.id,
        patient=one.patient_id,
        speciality=one.speciality,
        doctor=one.doctor_id,
        part_of_day=one.part_of_day,
        reason=one.reason,
        status=one.status,
        entered_at=local(one.entered_at),
        deadline=local(one.deadline),
        window_until=one.window_until,
    )


def _doctors(work: Work, ids: set[int]) -> dict[int, Doctor]:
    with work.reading():
        return {doctor_id: work.staff.doctor(doctor_id) for doctor_id in ids}


def _doctor(one: Doctor) -> DoctorShown:
    return DoctorShown(id=one.id, name=one.full_name, speciality=one.speciality, site=one.site)


def _slot(one: Slot, doctor: Doctor) -> SlotShown:
    return SlotShown(
        id=one.id,
        doctor=_doctor(doctor),
        speciality=one.speciality,
        starts_at=local(one.starts_at),
        minutes=one.minutes,
        room=one.room,
        kind=one.kind,
    )
