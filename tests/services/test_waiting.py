"""The waiting list, on both databases."""

from datetime import date, timedelta

import pytest

from ivr.domain.refusals import AlreadyWaiting, NotYours, WrongTurn
from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
from ivr.services import waiting
from ivr.services.waiting import Wish
from tests.builders import CALLER, NOW, RULES, at


@pytest.fixture
def patient(clinic):
    clinic.speciality()
    clinic.speciality("ent")
    return clinic.patient()


def join(new_work, patient, key="wish-1", speciality="therapist", now=NOW, reason=WaitingReason.NO_SLOTS):
    wish = Wish(patient.id, speciality, None, PartOfDay.MORNING, reason, CALLER, key)
    return waiting.join(new_work(), wish, rules=RULES, now=now)


@pytest.mark.parametrize("reason", [WaitingReason.NO_SLOTS, WaitingReason.NO_SUITABLE_TIME])
def test_s2_7_an_entry_keeps_its_reason_and_wishes(new_work, clinic, patient, reason):
    entry = join(new_work, patient, reason=reason)

    assert (entry.status, entry.reason, entry.part_of_day) == (WaitingStatus.ACTIVE, reason, PartOfDay.MORNING)
    assert entry.window_until == date(2026, 5, 27)
    assert clinic.rows("waiting_entries")[0].contact == CALLER.e164
    assert waiting.of_patient(new_work(), patient.id, rules=RULES, now=NOW) == [entry]


def test_a_district_doctor_is_due_in_24_hours_and_a_specialist_in_14_working_days(new_work, patient):
    assert join(new_work, patient).deadline == NOW + timedelta(hours=24)
    assert join(new_work, patient, "wish-2", "ent").deadline == at("2026-05-19 23:59:59")


def test_d10_who_has_a_referral_goes_first(new_work, patient):
    assert join(new_work, patient, reason=WaitingReason.REFERRAL).priority
    assert not join(new_work, patient, "wish-2", "ent").priority


def test_a_repeated_wish_returns_the_first_entry(new_work, clinic, patient):
    entry = join(new_work, patient)

    assert join(new_work, patient) == entry
    with pytest.raises(NotYours):
        join(new_work, clinic.patient())


def test_a_patient_waits_once_for_a_speciality(new_work, patient):
    entry = join(new_work, patient)

    with pytest.raises(AlreadyWaiting) as refusal:
        join(new_work, patient, "wish-2")
    assert refusal.value.entry_id == entry.id


def test_who_leaves_may_join_again(new_work, clinic, patient):
    entry = join(new_work, patient)

    for _ in range(2):
        left = waiting.leave(new_work(), entry.id, patient_id=patient.id, now=NOW)
        assert left.status is WaitingStatus.CANCELLED_BY_PATIENT
    assert waiting.of_patient(new_work(), patient.id, rules=RULES, now=NOW) == []
    assert join(new_work, patient, "wish-2").id != entry.id


def test_nobody_leaves_for_another(new_work, clinic, patient):
    entry = join(new_work, patient)

    with pytest.raises(NotYours):
        waiting.leave(new_work(), entry.id, patient_id=clinic.patient().id, now=NOW)


def test_a_booking_closes_the_wait_for_its_speciality_only(new_work, clinic, patient):
    entry, other = join(new_work, patient), join(new_work, patient, "wish-2", "ent")

    clinic.book(clinic.slot(clinic.doctor(), at("10:00")), patient)

    assert waiting.of_patient(new_work(), patient.id, rules=RULES, now=NOW) == [other]
    assert clinic.rows("waiting_entries", id=entry.id)[0].status == "CLOSED_OTHER_BOOKING"
    with pytest.raises(WrongTurn):
        waiting.leave(new_work(), entry.id, patient_id=patient.id, now=NOW)


def test_a_person_looks_at_an_entry_4_hours_or_2_working_days_before_its_deadline(new_work, patient):
    district, specialist = join(new_work, patient), join(new_work, patient, "wish-2", "ent")

    def escalates(entry, moment):
        return waiting.is_escalating(entry, rules=RULES, now=moment)

    assert not escalates(district, at("2026-04-28 03:59"))
    assert escalates(district, at("2026-04-28 04:00"))
    assert not escalates(specialist, at("2026-05-14 23:59"))
    assert escalates(specialist, at("2026-05-15 00:00"))  # Friday; the deadline is Tuesday


def test_an_entry_past_its_window_is_over_and_stands_in_nobodys_way(new_work, clinic, patient):
    entry = join(new_work, patient)
    last = NOW + timedelta(days=30)
    later = NOW + timedelta(days=31)

    assert [each.id for each in waiting.of_patient(new_work(), patient.id, rules=RULES, now=last)] == [entry.id]
    again = join(new_work, patient, key="again", now=later)

    assert [row.status for row in clinic.rows("waiting_entries")] == ["EXPIRED", "ACTIVE"]
    assert [each.id for each in waiting.of_patient(new_work(), patient.id, rules=RULES, now=later)] == [again.id]


def test_an_entry_near_its_deadline_goes_to_a_person_once_a_day(new_work, clinic, patient):
    entry = join(new_work, patient)

    def escalate(now):
        due = now + timedelta(hours=2)
        return waiting.escalate(new_work(), entry.id, call_key="call-2", phone=CALLER, due_at=due, rules=RULES, now=now)

    first = escalate(NOW)
    assert escalate(NOW + timedelta(hours=1)) == first
    assert escalate(NOW + timedelta(days=1)) != first

    assert {row.entry_id for row in clinic.rows("tasks", kind="CALLBACK")} == {entry.id}
    assert [row.status for row in clinic.rows("waiting_entries")] == ["ESCALATED"]
