"""Who is calling about whom, on both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from ivr.domain.identifiers import Certificate, Snils
from ivr.domain.refusals import CallerLocked, CertificateExpired, NotFound, NotIdentified
from ivr.services import identification
from tests.builders import CALLER, NOW, RULES, STRANGER, an_oms, at

BORN = date(1985, 3, 12)


@pytest.fixture
def patient(clinic):
    return clinic.patient(
        oms=an_oms(500),
        snils=Snils("90000100792"),
        certificate=Certificate("123456789"),
        certificate_until=date(2026, 4, 27),
    )


def identify(new_work, claim, born=BORN, caller=CALLER, now=NOW):
    return identification.identify(new_work(), claim, born, caller=caller, rules=RULES, now=now)


@pytest.mark.parametrize("claim", [an_oms(500), Snils("90000100792"), Certificate("123456789")], ids=repr)
def test_s2_1_any_of_the_numbers_with_the_birth_date_names_the_patient(new_work, patient, claim):
    assert identify(new_work, claim) == patient


@pytest.mark.parametrize(("number", "born"), [(500, date(1985, 3, 13)), (501, BORN), (501, date(1985, 3, 13))])
def test_d05_number_and_birth_date_must_match_one_record(new_work, clinic, patient, number, born):
    clinic.patient(oms=an_oms(502), birth_date=date(1985, 3, 14))

    with pytest.raises(NotIdentified) as refusal:
        identify(new_work, an_oms(number), born)

    assert refusal.value.args == ()


def test_the_database_is_asked_the_same_whichever_half_is_wrong(new_work, database, patient):
    def asked(claim, born):
        statements = []

        def note(_connection, _cursor, statement, *_rest):
            statements.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        with pytest.raises(NotIdentified):
            identify(new_work, claim, born)
        event.remove(database.engine, "before_cursor_execute", note)
        return statements

    assert asked(an_oms(500), date(1990, 1, 1)) == asked(an_oms(501), BORN)


def test_an_expired_certificate_is_told_only_to_who_knows_its_birth_date(new_work, patient):
    tomorrow = at("2026-04-28 00:00")

    with pytest.raises(CertificateExpired):
        identify(new_work, Certificate("123456789"), now=tomorrow)
    with pytest.raises(NotIdentified):
        identify(new_work, Certificate("123456789"), date(1990, 1, 1), now=tomorrow)
    assert identify(new_work, an_oms(500), now=tomorrow) == patient


def fail(new_work, times, now=NOW, caller=CALLER):
    for _ in range(times):
        with pytest.raises(NotIdentified):
            identify(new_work, an_oms(501), caller=caller, now=now)


def test_d06_five_failures_lock_the_telephone_for_30_minutes(new_work, patient):
    fail(new_work, 4)
    assert identify(new_work, an_oms(500)) == patient
    fail(new_work, 1)

    almost = NOW + timedelta(minutes=30) - timedelta(seconds=1)
    for moment in (NOW, almost):
        with pytest.raises(CallerLocked):
            identify(new_work, an_oms(500), now=moment)
        with pytest.raises(CallerLocked):
            identification.refuse_locked(new_work(), CALLER, rules=RULES, now=moment)
    assert identify(new_work, an_oms(500), now=NOW + timedelta(minutes=30)) == patient
    assert identify(new_work, an_oms(500), caller=STRANGER) == patient


def test_d06_failures_are_counted_over_24_hours(new_work, patient):
    fail(new_work, 4)

    fail(new_work, 1, now=NOW + timedelta(hours=24))

    identification.refuse_locked(new_work(), CALLER, rules=RULES, now=NOW + timedelta(hours=24))


def test_d06_after_the_lock_one_more_failure_locks_again(new_work, patient):
    fail(new_work, 5)
    later = NOW + timedelta(minutes=31)

    fail(new_work, 1, now=later)

    with pytest.raises(CallerLocked):
        identification.refuse_locked(new_work(), CALLER, rules=RULES, now=later)


def test_hidden_numbers_are_counted_together_and_more_patiently(new_work, patient):
    fail(new_work, 19, caller=None)
    assert identify(new_work, an_oms(500), caller=None) == patient

    fail(new_work, 1, caller=None)

    with pytest.raises(CallerLocked):
        identify(new_work, an_oms(500), caller=None)
    assert identify(new_work, an_oms(500)) == patient


def test_a_failure_keeps_the_telephone_and_never_what_was_entered(new_work, patient, clinic):
    fail(new_work, 1)

    (row,) = clinic.rows("failed_identifications")
    assert row._asdict() == {"id": 1, "caller": CALLER.e164, "at": NOW}


def hears(new_work, patient, caller=None, ticket=None, now=NOW):
    return identification.may_hear_bookings(new_work(), patient, caller=caller, ticket=ticket, rules=RULES, now=now)


def test_existing_bookings_are_told_to_the_patients_telephone(new_work, patient):
    assert hears(new_work, patient, CALLER)
    assert not hears(new_work, patient, STRANGER)
    assert not hears(new_work, replace(patient, phone=None), None)


def test_existing_bookings_are_told_for_a_ticket_of_the_patient(new_work, clinic, patient):
    clinic.speciality()
    doctor = clinic.doctor()
    visit = clinic.book(clinic.slot(doctor, at("10:00")), patient, contact=STRANGER)
    other = clinic.book(clinic.slot(doctor, at("11:00")), clinic.patient())

    assert hears(new_work, patient, STRANGER, ticket=visit.ticket)
    assert not hears(new_work, patient, STRANGER, ticket=other.ticket)
    assert not hears(new_work, patient, STRANGER)  # although it was booked from there


def test_a_childs_bookings_are_told_to_a_representative_until_the_child_is_15(new_work, clinic):
    mother = clinic.patient()
    child = clinic.patient(birth_date=date(2011, 4, 28), phone=None, representatives=(mother.id,))
    birthday = at("2026-04-28 00:00")

    assert hears(new_work, child, CALLER)
    assert identification.represents(new_work(), CALLER, child, rules=RULES, now=NOW)
    assert not hears(new_work, child, STRANGER)
    assert not hears(new_work, child, CALLER, now=birthday)
    assert not identification.represents(new_work(), CALLER, child, rules=RULES, now=birthday)
    assert not identification.represents(new_work(), None, child, rules=RULES, now=NOW)


def test_a_patient_is_found_by_id(new_work, patient):
    assert identification.patient_of(new_work(), patient.id) == patient
    with pytest.raises(NotFound):
        identification.patient_of(new_work(), patient.id + 1)
