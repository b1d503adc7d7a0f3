"""Days on which a doctor sees nobody: nothing more is booked there, and whoever is booked is rung up (1.6)."""

from dataclasses import dataclass
from datetime import date, datetime

from ivr.domain.booking import Booking
from ivr.domain.refusals import AbsenceClash, AlreadyCalled
from ivr.domain.rules import Rules
from ivr.domain.schedule import Absence
from ivr.domain.tasks import TaskKind
from ivr.services.aftermath import clinic_cancelled, takes_place
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Noted:
    """An absence as it is stored."""

    id: int
    absence: Absence
    reason: str


def affected(work: Work, doctor_id: int, first: date, last: date, *, rules: Rules, now: datetime) -> list[Booking]:
    """Visits that could not take place, in the order of time."""
    with work.reading():
        return _visits(work, Absence(doctor_id, first, last), rules, now)


def add(work: Work, absence: Absence, reason: str, *, who: str, rules: Rules, now: datetime) -> list[Booking]:
    """Close the days and ask for a call to everybody who is booked on them, in one transaction; returns those visits.

    The visits stay booked until somebody has spoken with the patient. Raises NotFound, AbsenceClash.
    """
    with work:
        work.staff.doctor(absence.doctor_id)
        # Of two for the same days one could not be undone without what the other asked for.
        if any(absence.meets(known) for known in work.schedule.absences()):
            raise AbsenceClash
        absence_id = work.schedule.add_absence(absence, rules.zone, reason)
        visits = _visits(work, absence, rules, now)
        for visit in visits:
            clinic_cancelled(work, visit, _prefix(absence_id), rules, now)
        work.changes.add("slots", ["all"])
        detail = {"absence": absence_id, "doctor": absence.doctor_id, "visits": len(visits)}
        work.audit.add(who=who, action="absence added", detail=detail, now=now)
        work.commit()
    return visits


def remove(work: Work, absence_id: int, *, who: str, now: datetime) -> None:
    """Undo: the days are open again and nobody is called. Raises NotFound; AlreadyCalled where somebody has been."""
    with work:
        noted = work.schedule.absence(absence_id)
        calls = work.tasks.like(TaskKind.CLINIC_CANCELLED, _prefix(absence_id))
        if any(call.attempts for call in calls):
            raise AlreadyCalled
        for call in calls:
            if call.wanted.booking_id is not None:
                takes_place(work, call.wanted.booking_id)
        work.schedule.remove_absence(absence_id)
        work.changes.add("slots", ["all"])
        detail = {"absence": absence_id, "doctor": noted.absence.doctor_id}
        work.audit.add(who=who, action="absence removed", detail=detail, now=now)
        work.commit()


def coming(work: Work, *, rules: Rules, now: datetime) -> list[Noted]:
    """Those that are not over, in the order of their days."""
    today = rules.today(now)
    with work.reading():
        noted = work.schedule.noted_absences()
    return sorted((one for one in noted if one.absence.last >= today), key=lambda one: (one.absence.first, one.id))


def _visits(work: Work, absence: Absence, rules: Rules, now: datetime) -> list[Booking]:
    since, until = rules.span(absence.first)[0], rules.span(absence.last)[1]
    return work.bookings.of_doctor(absence.doctor_id, max(since, now), until)


def _prefix(absence_id: int) -> str:
    return f"clinic-{absence_id}-"
