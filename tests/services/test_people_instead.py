"""Who is told by a person where neither the robot nor a message may tell him (S1.7, S3.5, 1.6)."""

from dataclasses import replace

import pytest

from ivr.domain.consent import ConsentPurpose
from ivr.domain.dialling import Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method
from ivr.domain.tasks import TaskKind
from ivr.services import aftermath, consent, notices, outreach, worklist
from tests.builders import NOW, RULES, at

SENDS = replace(RULES, robot_calls=True, sends_sms=True)
CALLING = at("2026-04-28 10:00")
LATE = at("2026-04-28 18:30")
MOBILE = PhoneNumber("+79000000001")
LANDLINE = PhoneNumber("+74912000001")


@pytest.fixture
def visit(clinic):
    """Of the day after CALLING, booked in time for a call."""
    return booked(clinic, NOW)


def booked(clinic, now, contact=MOBILE):
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), at("2026-04-29 12:00"))
    return clinic.book(slot, clinic.patient(), now=now, rules=SENDS, contact=contact)


def opts_out(new_work, phone=MOBILE):
    with new_work() as work:
        work.opt_outs.add(phone, channel="CC", call_key="c", now=NOW)
        work.commit()


def chooses(new_work, visit, purpose, method):
    consent.record(
        new_work(),
        patient_id=visit.patient_id,
        booking_id=visit.id,
        purpose=purpose,
        given=True,
        method=method,
        phone=MOBILE,
        email="a@b.ru" if method is Method.EMAIL else None,
        wording="w1",
        call_key="c",
        now=NOW,
    )


def rings_in_vain(new_work):
    """All the attempts there are; how many."""
    count, now = 0, CALLING
    while dial := outreach.claim(new_work(), node="dial", rules=SENDS, now=now):
        outreach.finish(new_work(), dial.key, Ended(Outcome.BUSY), rules=SENDS, now=now)
        count, now = count + 1, now + 3 * (at("2026-04-28 10:30") - CALLING)
    return count


def people_see(new_work, now=CALLING):
    return [(item.kind, item.owner) for item in worklist.items(new_work(), rules=SENDS, now=now)]


WITH_A_PERSON = [(TaskKind.FEEDBACK, "REGISTRY")]


@pytest.mark.parametrize("agreed", [None, (ConsentPurpose.REMINDER, Method.CALL)])
def test_who_has_opted_out_is_told_by_a_person_and_by_no_sms_that_he_has_not_chosen(clinic, new_work, visit, agreed):
    if agreed is not None:
        chooses(new_work, visit, *agreed)
    opts_out(new_work)

    assert rings_in_vain(new_work) == 0
    assert clinic.rows("notices") == []
    assert people_see(new_work) == WITH_A_PERSON


def test_who_has_opted_out_of_calls_and_chosen_sms_has_his_sms(clinic, new_work, visit):
    chooses(new_work, visit, ConsentPurpose.REMINDER, Method.SMS)
    opts_out(new_work)

    assert rings_in_vain(new_work) == 0
    assert [(row.kind, row.method) for row in clinic.rows("notices")] == [("REMINDER", "SMS")]
    assert people_see(new_work) == []


def test_who_opts_out_in_the_call_itself_is_told_by_a_person(clinic, new_work, visit):
    dial = outreach.claim(new_work(), node="dial", rules=SENDS, now=CALLING)
    opts_out(new_work)

    outreach.finish(new_work(), dial.key, Ended(Outcome.NOT_NEEDED), rules=SENDS, now=CALLING)

    assert clinic.rows("notices") == []
    assert people_see(new_work) == WITH_A_PERSON


def test_who_has_opted_out_and_books_too_late_for_a_call_is_told_by_a_person(clinic, new_work):
    booked(clinic, LATE)
    opts_out(new_work)

    outreach.write(new_work(), rules=SENDS, now=LATE)

    assert clinic.rows("notices") == []
    assert people_see(new_work, LATE) == WITH_A_PERSON


def test_who_has_chosen_email_gets_no_sms_when_he_is_not_reached(clinic, new_work, visit):
    """S1.7: by the chosen method and no other."""
    chooses(new_work, visit, ConsentPurpose.NOTICE, Method.EMAIL)

    assert rings_in_vain(new_work) == 3
    assert [(row.kind, row.method) for row in clinic.rows("notices")] == [("BOOKED", "EMAIL")]
    assert people_see(new_work) == WITH_A_PERSON


def test_who_has_chosen_nothing_has_an_sms_after_three_calls_in_vain(clinic, new_work, visit):
    """1.6."""
    assert rings_in_vain(new_work) == 3
    assert [row.method for row in clinic.rows("notices")] == ["SMS"]
    assert people_see(new_work) == []


def test_the_cancelled_clinic_is_told_to_who_has_opted_out_by_a_person(clinic, new_work, visit):
    with new_work() as work:
        aftermath.clinic_cancelled(work, visit, "absence-1-", SENDS, CALLING)
        work.commit()
    opts_out(new_work)

    assert rings_in_vain(new_work) == 0
    assert clinic.rows("notices") == []
    assert (TaskKind.CLINIC_CANCELLED, "REGISTRY") in people_see(new_work)


def test_the_sms_of_a_late_booking_that_cannot_be_delivered_is_seen_by_the_registry(clinic, new_work):
    booked(clinic, LATE)
    outreach.write(new_work(), rules=SENDS, now=LATE)
    assert people_see(new_work, LATE) == []
    message = notices.lease(new_work(), [Method.SMS], now=LATE)

    notices.not_sent(new_work(), message.id, "no such number", final=True, now=LATE)

    assert people_see(new_work, LATE) == WITH_A_PERSON


def test_who_books_too_late_for_a_call_from_a_landline_is_seen_by_the_registry(clinic, new_work):
    booked(clinic, LATE, contact=LANDLINE)

    outreach.write(new_work(), rules=SENDS, now=LATE)

    assert people_see(new_work, LATE) == WITH_A_PERSON


def test_without_a_robot_nobody_is_rung_about_a_visit_booked_too_late_for_a_call(clinic, new_work):
    """1.6: no call."""
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), at("2026-04-29 12:00"))
    clinic.book(slot, clinic.patient(), now=LATE, rules=RULES, contact=MOBILE)

    assert worklist.items(new_work(), rules=RULES, now=LATE) == []
