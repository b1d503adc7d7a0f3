"""Who sees patients: come, changed, gone."""

from dataclasses import replace
from datetime import datetime, timedelta

from ivr.domain.refusals import StillBooked
from ivr.domain.slot import Doctor
from ivr.services.ports import Work

FAR = timedelta(days=3660)


def everybody(work: Work) -> list[Doctor]:
    """Those who work here and those who did, by name."""
    with work.reading():
        return sorted(work.staff.doctors(former=True), key=lambda doctor: (not doctor.active, doctor.full_name))


def add(work: Work, doctor: Doctor, *, who: str, now: datetime) -> int:
    """Store a new doctor; without hours he sees nobody yet. Raises NotFound for an unknown speciality."""
    with work:
        work.staff.speciality(doctor.speciality)
        doctor_id = work.staff.add_doctor(replace(doctor, active=True))
        work.audit.add(who=who, action="doctor added", detail={"doctor": doctor_id}, now=now)
        work.commit()
    return doctor_id


def change(work: Work, doctor: Doctor, *, who: str, now: datetime) -> None:
    """Name, room, site, whether he works here; the speciality stays, for his slots were made for it.

    Raises NotFound; StillBooked where somebody leaves to whom patients are booked.
    """
    with work:
        before = work.staff.doctor(doctor.id)
        visits = work.bookings.of_doctor(doctor.id, now, now + FAR)
        if before.active and not doctor.active and visits:
            raise StillBooked(len(visits))
        work.staff.save_doctor(replace(doctor, speciality=before.speciality))
        if before.room != doctor.room:
            work.slots.move_room(doctor.id, doctor.room, now)
        work.changes.add("slots", ["all"])
        work.audit.add(who=who, action="doctor changed", detail={"doctor": doctor.id, "active": doctor.active}, now=now)
        work.commit()
