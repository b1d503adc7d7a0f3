"""Whose turn it is at a kiosk, on both databases (S3.1 to S3.3, 4.2)."""

from datetime import timedelta

import pytest

from ivr.domain.refusals import NotIdentified, PassRefused, SessionOver
from ivr.domain.slot import Channel
from ivr.services import infomat, kiosks
from tests.builders import NOW, RULES, an_oms, at, every

LATER = at("2026-04-28 10:00")


def a_kiosk(new_work, name="hall"):
    made = kiosks.make_pass(new_work(), name, who="test", now=NOW)
    return kiosks.admit(new_work(), made, now=NOW)[0]


def begun(new_work, kiosk, patient, now=NOW):
    return infomat.begin(new_work(), kiosk, patient.oms, now=now)[0]


def test_a_kiosk_is_known_by_the_secret_of_its_last_admission_alone(new_work):
    made = kiosks.make_pass(new_work(), "hall", who="test", now=NOW)
    _, first = kiosks.admit(new_work(), made, now=NOW)
    again = kiosks.make_pass(new_work(), "hall", who="test", now=NOW)
    known_meanwhile = kiosks.kiosk_of(new_work(), first)

    kiosk, second = kiosks.admit(new_work(), again, now=NOW)

    assert known_meanwhile is not None
    assert kiosks.kiosk_of(new_work(), first) is None
    assert kiosks.kiosk_of(new_work(), second).id == kiosk.id
    with pytest.raises(PassRefused):
        kiosks.admit(new_work(), again, now=NOW)


def test_a_kiosk_that_was_closed_is_opened_by_a_new_pass(new_work):
    kiosk = a_kiosk(new_work)
    kiosks.revoke(new_work(), kiosk.id, who="test", now=NOW)
    assert not kiosks.everybody(new_work())[0].is_open

    a_kiosk(new_work)

    assert kiosks.everybody(new_work())[0].is_open


def test_s3_2_an_unknown_number_leaves_nobody_at_the_kiosk(new_work, clinic):
    kiosk = a_kiosk(new_work)
    visit = begun(new_work, kiosk, clinic.patient())

    with pytest.raises(NotIdentified):
        infomat.begin(new_work(), kiosk, an_oms(99), now=NOW)

    with pytest.raises(SessionOver):
        infomat.go_on(new_work(), kiosk.id, visit.id, rules=RULES, now=NOW)


def test_s3_3_a_hold_lasts_as_long_as_somebody_is_there_and_ends_with_him(new_work, clinic):
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), LATER)
    kiosk, patient, other = a_kiosk(new_work), clinic.patient(), clinic.patient()
    visit = begun(new_work, kiosk, patient)
    infomat.hold(new_work(), visit, slot, rules=RULES, now=NOW)

    soon = NOW + RULES.hold - timedelta(seconds=1)
    infomat.go_on(new_work(), kiosk.id, visit.id, rules=RULES, now=soon)
    afterwards = soon + timedelta(seconds=100)
    kept = clinic.rows("slots")[0].held_until
    infomat.end(new_work(), kiosk.id)

    assert kept == soon + RULES.hold > afterwards
    assert clinic.nearest(other, now=afterwards) == slot


def test_two_kiosks_do_not_share_their_patients(new_work, clinic):
    hall, child = a_kiosk(new_work), a_kiosk(new_work, "child")
    visit = begun(new_work, hall, clinic.patient())
    begun(new_work, child, clinic.patient())

    with pytest.raises(SessionOver):
        infomat.go_on(new_work(), child.id, visit.id, rules=RULES, now=NOW)
    assert infomat.go_on(new_work(), hall.id, visit.id, rules=RULES, now=NOW)[0].patient_id == visit.patient_id


def test_a_command_books_once_and_is_the_result_of_its_visit(new_work, clinic):
    clinic.speciality()
    slots = clinic.slots(clinic.doctor(), every(15, LATER, 2))
    kiosk, patient = a_kiosk(new_work), clinic.patient()
    visit = begun(new_work, kiosk, patient)

    first = infomat.book(new_work(), visit, slots[0], "c1", rules=RULES, now=NOW)
    again = infomat.book(new_work(), visit, slots[0], "c1", rules=RULES, now=NOW)

    assert first == again
    assert first.channel is Channel.INFOMAT
    assert clinic.rows("kiosk_visits")[0].booking_id == first.id
    assert len(clinic.rows("bookings")) == 1
