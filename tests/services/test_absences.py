"""A clinic day is cancelled: nobody more is booked, whoever is booked is rung up, and it can be undone until then."""

from datetime import date, timedelta

import pytest

from ivr.domain.refusals import AbsenceClash, AlreadyCalled, NoSlots, StillBooked
from ivr.domain.schedule import Absence
from ivr.domain.tasks import TaskKind, TaskOwner
from ivr.services import absences, booking, doctors, worklist
from ivr.services.choice import doctor as get_doctor
from tests.builders import NOW, RULES, Clinic

DAY = NOW + timedelta(days=2)


def days(doctor_id: int) -> Absence:
    local = DAY.astimezone(RULES.zone).date()
    return Absence(doctor_id, local, local)


@pytest.fixture
def booked(clinic: Clinic):
    """A doctor with one visit and one free time on that day."""
    clinic.speciality()
    doctor = clinic.doctor()
    first, _ = clinic.slots(doctor, [DAY, DAY + timedelta(minutes=40)])
    patient = clinic.patient()
    return doctor, clinic.book(first, patient)


def tasks_of(clinic: Clinic, booking_id: int) -> dict[TaskKind, str]:
    rows = clinic.rows("tasks", booking_id=booking_id)
    return {TaskKind(row.kind): row.status for row in rows}


def add(clinic: Clinic, doctor: int):
    return absences.add(clinic.new_work(), days(doctor), "болен", who="user:1", rules=RULES, now=NOW)


def remove(clinic: Clinic) -> None:
    (noted,) = absences.coming(clinic.new_work(), rules=RULES, now=NOW)
    absences.remove(clinic.new_work(), noted.id, who="user:1", now=NOW)


def test_whoever_is_booked_is_rung_up_instead_of_being_reminded(clinic, booked):
    doctor, visit = booked

    affected = add(clinic, doctor)

    assert [one.id for one in affected] == [visit.id]
    assert tasks_of(clinic, visit.id) == {TaskKind.FEEDBACK: "DROPPED", TaskKind.CLINIC_CANCELLED: "OPEN"}
    listed = worklist.items(clinic.new_work(), owner=TaskOwner.CALL_CENTRE, rules=RULES, now=NOW)
    assert [one.kind for one in listed] == [TaskKind.CLINIC_CANCELLED]


def test_nobody_is_offered_a_time_of_those_days(clinic, booked):
    doctor, _ = booked
    patient = clinic.patient()
    assert clinic.nearest(patient)

    add(clinic, doctor)

    with pytest.raises(NoSlots):
        clinic.nearest(patient)


def test_undone_before_anybody_was_called_everything_is_as_it_was(clinic, booked):
    doctor, visit = booked
    add(clinic, doctor)

    remove(clinic)

    assert tasks_of(clinic, visit.id) == {TaskKind.FEEDBACK: "OPEN", TaskKind.CLINIC_CANCELLED: "DROPPED"}
    assert clinic.nearest(clinic.patient())
    assert absences.coming(clinic.new_work(), rules=RULES, now=NOW) == []


def test_once_a_patient_has_been_called_it_cannot_be_undone_in_silence(clinic, booked):
    doctor, _ = booked
    add(clinic, doctor)
    (item,) = worklist.items(clinic.new_work(), rules=RULES, now=NOW)
    worklist.take(clinic.new_work(), item.task.id, who="user:1", now=NOW)

    with pytest.raises(AlreadyCalled):
        remove(clinic)


def test_days_are_closed_once_so_that_nobody_is_rung_up_twice_nor_forgotten_when_one_is_undone(clinic, booked):
    doctor, visit = booked
    add(clinic, doctor)

    with pytest.raises(AbsenceClash):
        add(clinic, doctor)

    assert tasks_of(clinic, visit.id) == {TaskKind.FEEDBACK: "DROPPED", TaskKind.CLINIC_CANCELLED: "OPEN"}


def test_undone_nobody_is_reminded_of_a_visit_that_was_cancelled_meanwhile(clinic, booked):
    doctor, visit = booked
    add(clinic, doctor)
    booking.cancel(clinic.new_work(), visit.id, patient_id=visit.patient_id, key="gone", rules=RULES, now=NOW)

    remove(clinic)

    assert tasks_of(clinic, visit.id)[TaskKind.FEEDBACK] == "DROPPED"


def test_a_doctor_with_visits_ahead_does_not_leave_unnoticed(clinic, booked):
    from dataclasses import replace

    doctor, _ = booked
    known = get_doctor(clinic.new_work(), doctor)

    with pytest.raises(StillBooked) as refusal:
        doctors.change(clinic.new_work(), replace(known, active=False), who="user:1", now=NOW)

    assert refusal.value.visits == 1


def test_a_new_room_is_where_patients_are_sent_from_now_on(clinic, booked):
    from dataclasses import replace

    doctor, visit = booked
    known = get_doctor(clinic.new_work(), doctor)

    doctors.change(clinic.new_work(), replace(known, room="44"), who="user:1", now=NOW)

    assert {row.room for row in clinic.rows("slots", id=visit.slot.id)} == {"44"}


def test_an_absence_that_is_over_is_listed_no_more(clinic, booked):
    doctor, _ = booked
    with clinic.new_work() as work:
        work.schedule.add_absence(Absence(doctor, date(2026, 1, 1), date(2026, 1, 2)), RULES.zone)
        work.commit()

    assert absences.coming(clinic.new_work(), rules=RULES, now=NOW) == []
