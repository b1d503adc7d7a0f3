"""Which task is rung next, by whom, and what its end leads to (S1.8, S3.7, S4.3, 1.6)."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.dialling import Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Subject
from ivr.domain.worklist import TaskResult
from ivr.services import answers, calls, consent, outreach, worklist
from tests.builders import MOSCOW, NOW, RULES, at, every

ROBOT = replace(RULES, robot_calls=True)
CALLING = at("2026-04-28 10:00")
VISITS = every(15, at("2026-04-29 12:00"), 40)


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


def visits(clinic, doctor, count, phone="+7900{:07}"):
    slots = clinic.slots(doctor, VISITS[:count])
    numbers = [PhoneNumber(phone.format(number)) for number in range(count)]
    return [
        clinic.book(slot, clinic.patient(), rules=ROBOT, contact=number)
        for slot, number in zip(slots, numbers, strict=True)
    ]


def claim(new_work, node="dial", now=CALLING):
    return outreach.claim(new_work(), node=node, rules=ROBOT, now=now)


def finish(new_work, dial, outcome, now=CALLING):
    return outreach.finish(new_work(), dial.key, Ended(outcome), rules=ROBOT, now=now)


@pytest.mark.parametrize("diallers", [2, 4])
def test_several_diallers_on_one_database_ring_each_patient_once(clinic, new_work, doctor, diallers):
    visits(clinic, doctor, 24)

    def ring(node):
        misses = 0
        while misses < 3:
            misses = 0 if claim(new_work, node) else misses + 1

    threads = [threading.Thread(target=ring, args=(f"dial-{number}",)) for number in range(diallers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rung = clinic.rows("dial_attempts")
    assert sorted(row.task_id for row in rung) == [row.id for row in clinic.rows("tasks", kind="FEEDBACK")]


def test_nobody_is_rung_outside_the_hours(clinic, new_work, doctor):
    visits(clinic, doctor, 1)

    assert claim(new_work, now=CALLING - timedelta(seconds=1)) is None
    assert claim(new_work) is not None


def test_one_number_is_rung_about_one_thing_at_a_time(clinic, new_work, doctor):
    visits(clinic, doctor, 2, phone="+79000000001")

    first = claim(new_work)
    assert claim(new_work) is None
    finish(new_work, first, Outcome.BUSY)
    assert claim(new_work, now=CALLING + outreach.TALKS_NOW) is not None


def test_who_has_two_numbers_is_not_rung_on_both_at_once(clinic, new_work, doctor):
    slots = clinic.slots(doctor, [VISITS[0], VISITS[20]])
    clinic.speciality("surgeon")
    other = clinic.slot(clinic.doctor("surgeon"), VISITS[10])
    patient = clinic.patient()
    clinic.book(slots[0], patient, rules=ROBOT, contact=PhoneNumber("+79000000001"))
    clinic.book(other, patient, rules=ROBOT, contact=PhoneNumber("+79000000002"))

    first = claim(new_work)
    assert claim(new_work) is None
    finish(new_work, first, Outcome.BUSY)
    assert claim(new_work, now=CALLING + outreach.TALKS_NOW).phone != first.phone


def test_who_is_asked_for_about_himself_is_not_rung_about_his_child_at_once(clinic, new_work, doctor):
    clinic.speciality("paediatrician", age_from=0, age_to=17)
    mother = clinic.patient()
    child = clinic.patient(birth_date=date(2015, 5, 1), representatives=(mother.id,))
    own = clinic.slot(doctor, VISITS[0])
    childs = clinic.slot(clinic.doctor("paediatrician"), VISITS[10])
    clinic.book(own, mother, rules=ROBOT, contact=PhoneNumber("+79000000001"))
    clinic.book(childs, child, rules=ROBOT, subject=Subject.CHILD, contact=PhoneNumber("+79000000002"))

    assert claim(new_work) is not None
    assert claim(new_work) is None


def test_who_is_ringing_us_is_not_rung(clinic, new_work, doctor):
    (visit,) = visits(clinic, doctor, 1)
    calls.begin(new_work(), call_key="in", caller=visit.contact, line="inbound", now=CALLING, node="n")

    assert claim(new_work) is None
    assert clinic.rows("dial_attempts") == []


def test_who_has_opted_out_is_rung_by_people(clinic, new_work, doctor):
    (visit,) = visits(clinic, doctor, 1)
    with new_work() as work:
        work.opt_outs.add(visit.contact, channel="CALL", call_key=None, now=NOW)
        work.commit()

    assert claim(new_work) is None
    assert [(row.robot, row.status) for row in clinic.rows("tasks", kind="FEEDBACK")] == [(False, "OPEN")]


def test_three_calls_in_vain_leave_the_visit_as_it_is_and_go_to_the_registry(clinic, new_work, doctor):
    (visit,) = visits(clinic, doctor, 1)
    now = CALLING
    for _ in range(3):
        dial = claim(new_work, now=now)
        finish(new_work, dial, Outcome.BUSY, now)
        now += timedelta(minutes=90)

    (task,) = clinic.rows("tasks", kind="FEEDBACK")
    assert (task.robot, task.owner, task.status) == (False, "REGISTRY", "OPEN")
    assert clinic.rows("bookings", id=visit.id)[0].status == "BOOKED"


def test_the_end_of_a_call_is_written_once(clinic, new_work, doctor):
    visits(clinic, doctor, 1)
    dial = claim(new_work)

    assert finish(new_work, dial, Outcome.BUSY)
    assert not finish(new_work, dial, Outcome.NO_ANSWER)
    assert [row.outcome for row in clinic.rows("dial_attempts")] == ["BUSY"]


def test_a_dialler_that_died_costs_an_attempt_and_rings_nobody_at_once(clinic, new_work, doctor):
    visits(clinic, doctor, 1)
    claim(new_work)
    later = CALLING + outreach.LEASE

    assert outreach.close_lost(new_work(), rules=ROBOT, now=later - timedelta(seconds=1)) == 0
    assert outreach.close_lost(new_work(), rules=ROBOT, now=later) == 1
    assert outreach.close_lost(new_work(), rules=ROBOT, now=later) == 0
    assert claim(new_work, now=later) is None
    assert claim(new_work, now=later + timedelta(minutes=90)).number == 2


def test_a_failing_trunk_costs_the_patient_no_attempt(clinic, new_work, doctor):
    visits(clinic, doctor, 1)
    now = CALLING
    for _ in range(5):
        finish(new_work, claim(new_work, now=now), Outcome.TRUNK, now)
        now += timedelta(minutes=5)

    assert claim(new_work, now=now) is not None
    assert clinic.rows("tasks", kind="FEEDBACK")[0].robot


def test_what_is_booked_in_a_call_is_its_result_though_its_story_dies_in_the_next_moment(clinic, new_work, doctor):
    slot, other = clinic.slots(doctor, VISITS[:2])
    patient = clinic.patient()
    visit = clinic.book(slot, patient, rules=ROBOT, contact=PhoneNumber("+79000000001"))
    dial = claim(new_work)
    clinic.book(other, patient, rules=ROBOT, call_key=dial.key, moves=visit.id, now=CALLING)

    outreach.close_lost(new_work(), rules=ROBOT, now=CALLING + outreach.LEASE)

    assert [(row.outcome, row.result) for row in clinic.rows("dial_attempts")] == [("DONE", "MOVED")]
    assert [row.status for row in clinic.rows("tasks", booking_id=visit.id, kind="FEEDBACK")] == ["DONE"]


def test_a_child_whose_parents_nobody_knows_is_looked_after_by_people(clinic, new_work):
    clinic.speciality("paediatrician", age_from=0, age_to=17)
    (slot,) = clinic.slots(clinic.doctor("paediatrician"), VISITS[:1])
    child = clinic.patient(birth_date=date(2015, 5, 1))
    clinic.book(slot, child, rules=ROBOT, subject=Subject.CHILD, contact=PhoneNumber("+79000000001"))

    assert claim(new_work) is None
    assert [(row.robot, row.status) for row in clinic.rows("tasks", kind="FEEDBACK")] == [(False, "OPEN")]


SENDS = replace(ROBOT, sends_sms=True)
PHONE = PhoneNumber("+79000000001")


def booked(clinic, doctor, when, now, rules=SENDS):
    return clinic.book(clinic.slot(doctor, at(when)), clinic.patient(), now=now, rules=rules, contact=PHONE)


@pytest.mark.parametrize(
    ("made", "visit"), [("2026-04-27 19:00", "2026-04-28 09:00"), ("2026-05-08 18:30", "2026-05-12 09:00")]
)
def test_who_books_too_late_for_a_call_has_his_sms_at_once_though_nobody_may_be_rung_now(
    clinic, new_work, doctor, made, visit
):
    """1.6: less than a day ahead, or after the last calling hours before the visit, no call, an SMS at once."""
    booked(clinic, doctor, visit, at(made))

    assert outreach.write(new_work(), rules=SENDS, now=at(made)) == 1
    assert outreach.write(new_work(), rules=SENDS, now=at(made)) == 0
    assert [(row.kind, row.due_at, row.status) for row in clinic.rows("notices")] == [("REMINDER", at(made), "WAITING")]
    assert clinic.rows("dial_attempts") == []


def test_who_went_on_to_a_person_has_that_person_and_no_sms_instead(clinic, new_work, doctor):
    """He has asked for an operator; what came of it is for people to close."""
    booked(clinic, doctor, "2026-04-29 12:00", NOW)
    dial = claim(new_work)
    outreach.told(new_work(), dial.key, Outcome.DONE, now=CALLING)

    outreach.finish(new_work(), dial.key, Ended(Outcome.UNFINISHED), rules=SENDS, now=CALLING)

    assert clinic.rows("notices") == []
    (task,) = clinic.rows("tasks", kind="FEEDBACK")
    assert (task.owner, task.robot, task.status) == ("REGISTRY", False, "OPEN")


def test_of_a_child_whose_parents_nobody_knows_nobody_is_told_by_sms_either(clinic, new_work):
    """4.2: the number from which the visit was booked may be anybody's."""
    clinic.speciality("paediatrician", age_from=0, age_to=17)
    (slot,) = clinic.slots(clinic.doctor("paediatrician"), VISITS[:1])
    child = clinic.patient(birth_date=date(2015, 5, 1))
    clinic.book(slot, child, rules=SENDS, subject=Subject.CHILD, contact=PHONE)

    outreach.claim(new_work(), node="dial", rules=SENDS, now=CALLING)

    assert clinic.rows("notices") == []
    assert [(row.robot, row.status) for row in clinic.rows("tasks", kind="FEEDBACK")] == [(False, "OPEN")]


def test_the_late_end_of_a_lost_call_does_not_take_a_task_from_the_person_who_has_it_now(clinic, new_work, doctor):
    visits(clinic, doctor, 1)
    dial = claim(new_work)
    later = CALLING + outreach.LEASE
    worklist.take(new_work(), dial.task_id, who="clerk", now=later)

    outreach.close_lost(new_work(), rules=ROBOT, now=later)

    (task,) = clinic.rows("tasks", kind="FEEDBACK")
    assert (task.leased_by, task.status) == ("clerk", "OPEN")
    assert [row.outcome for row in clinic.rows("dial_attempts")] == ["LOST"]
    worklist.done(
        new_work(), task.id, attempt=task.attempts, result=TaskResult.CONFIRMED, note="", who="clerk", now=later
    )


def test_who_opts_out_while_his_telephone_rings_is_told_nothing_by_the_robot(clinic, new_work, doctor):
    (visit,) = visits(clinic, doctor, 1)
    dial = claim(new_work)
    with new_work() as work:
        work.opt_outs.add(visit.contact, channel="DESK", call_key=None, now=CALLING)
        work.commit()

    about = outreach.briefing(new_work(), dial.key, rules=ROBOT, now=CALLING)

    assert not about.welcome
    assert not answers.is_needed(about, now=CALLING)


def test_who_takes_his_consent_back_while_his_telephone_rings_is_told_nothing_by_the_robot(clinic, new_work, doctor):
    (visit,) = visits(clinic, doctor, 1)
    dial = claim(new_work)
    consent.record(
        new_work(),
        patient_id=visit.patient_id,
        booking_id=visit.id,
        purpose="REMINDER",
        given=False,
        method="CALL",
        phone=visit.contact,
        wording="w1",
        call_key="c1",
        now=CALLING,
    )

    assert not outreach.briefing(new_work(), dial.key, rules=ROBOT, now=CALLING).welcome


@pytest.mark.parametrize(
    ("visit", "tries", "last"),
    [
        ("2026-04-29 09:00", ["10:00"], False),
        # In the afternoon there is no later half of the day before the visit.
        ("2026-04-29 09:00", ["10:00", "14:00"], True),
        ("2026-04-29 15:00", ["10:00", "14:00"], False),
    ],
)
def test_the_attempt_that_leaves_a_message_is_the_one_that_no_other_can_follow(
    clinic, new_work, doctor, visit, tries, last
):
    """4.2: once, on the last attempt, which is the second one where a third would come too late."""
    booked(clinic, doctor, visit, NOW, ROBOT)
    for clock in tries:
        now = at(f"2026-04-28 {clock}")
        dial = claim(new_work, now=now)
        about = outreach.briefing(new_work(), dial.key, rules=ROBOT, now=now)
        finish(new_work, dial, Outcome.MACHINE, now)

    assert (Outcome.MACHINE in about.final) is last


@pytest.mark.parametrize(
    ("phone", "rung_from"),
    [
        ("+74012000001", "2026-04-28 11:00"),  # Kaliningrad is an hour behind Moscow
        ("+74232000001", "2026-04-28 10:00"),  # Vladivostok is seven hours ahead: until 11:00 of Moscow
        ("+74912000001", "2026-04-28 10:00"),
    ],
)
def test_the_hours_are_those_of_the_place_where_the_telephone_is_too(clinic, new_work, doctor, phone, rung_from):
    zones = {"+7401": ZoneInfo("Europe/Kaliningrad"), "+7423": ZoneInfo("Asia/Vladivostok"), "+7": MOSCOW}
    rules = replace(ROBOT, zones=zones)
    (slot,) = clinic.slots(doctor, VISITS[:1])
    clinic.book(slot, clinic.patient(), rules=rules, contact=PhoneNumber(phone))

    def rung(moment):
        return outreach.claim(new_work(), node="dial", rules=rules, now=moment)

    if at(rung_from) > CALLING:
        assert rung(at(rung_from) - timedelta(seconds=1)) is None
    assert rung(at(rung_from)) is not None


def test_after_the_evening_of_vladivostok_nobody_there_is_rung(clinic, new_work, doctor):
    rules = replace(ROBOT, zones={"+7423": ZoneInfo("Asia/Vladivostok")})
    (slot,) = clinic.slots(doctor, VISITS[:1])
    clinic.book(slot, clinic.patient(), rules=rules, contact=PhoneNumber("+74232000001"))

    assert outreach.claim(new_work(), node="dial", rules=rules, now=at("2026-04-28 11:00")) is None
