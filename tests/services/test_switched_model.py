"""The hospital's model is switched while work is open: each piece of it has exactly one owner afterwards (S4.3)."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.domain.dialling import BY_ROBOT, Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.slot import Channel
from ivr.domain.tasks import TaskKind
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.services import aftermath, answers, booking, outreach, slot_offers, waiting, worklist
from ivr.services.waiting import Wish
from tests.builders import RULES, at

ROBOT = replace(RULES, robot_calls=True, surveys=True)
DECENTRALISED = replace(ROBOT, centralised=False)
NOW = at("2026-04-28 11:00")
PHONE = PhoneNumber("+79000000001")


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


def a_visit(clinic, doctor, when="2026-04-29 15:00", **changes):
    slot = clinic.slot(doctor, at(when))
    return clinic.book(slot, clinic.patient(), now=at("2026-04-27 12:00"), rules=ROBOT, contact=PHONE, **changes)


def waits(clinic, new_work):
    patient = clinic.patient()
    contact = PhoneNumber(f"+7900{patient.id:07}")
    wish = Wish(patient.id, "therapist", None, PartOfDay.ANY, WaitingReason.NO_SLOTS, contact, key=f"join-{patient.id}")
    return waiting.join(new_work(), wish, rules=ROBOT, now=NOW)


def cancel(new_work, visit, rules):
    about = {"patient_id": visit.patient_id, "key": f"c-{visit.id}", "rules": rules, "now": NOW}
    booking.cancel(new_work(), visit.id, **about)


def listed(new_work, now=NOW):
    return [(item.kind, item.owner) for item in worklist.items(new_work(), rules=DECENTRALISED, now=now)]


def of_the_time(clinic, slot_id):
    """Who offers it to others: the robot by an open offer, people by a task."""
    open_offers = [row for row in clinic.rows("slot_offers", status="OPEN") if row.slot_id == slot_id]
    tasks = clinic.rows("tasks", kind="SLOT_FREED", status="OPEN", slot_id=slot_id)
    return ["robot" for _ in open_offers] + [row.owner for row in tasks]


@pytest.mark.parametrize("end", ["lapses", "is declined", "is not answered", "has lost its person"])
def test_a_time_whose_offer_ends_after_the_switch_is_the_registrys(clinic, new_work, doctor, end):
    entry, _next_one = waits(clinic, new_work), waits(clinic, new_work)
    visit = a_visit(clinic, doctor)
    cancel(new_work, visit, ROBOT)

    match end:
        case "lapses":
            slot_offers.tidy(new_work, rules=DECENTRALISED, now=NOW + timedelta(minutes=31))
        case "is declined":
            dial = outreach.claim(new_work(), node="dial", rules=DECENTRALISED, now=NOW)
            about = outreach.briefing(new_work(), dial.key, rules=DECENTRALISED, now=NOW)
            answers.decline(new_work(), about, rules=DECENTRALISED, now=NOW)
        case "is not answered":
            dial = outreach.claim(new_work(), node="dial", rules=DECENTRALISED, now=NOW)
            outreach.finish(new_work(), dial.key, Ended(Outcome.NO_SUCH_NUMBER), rules=DECENTRALISED, now=NOW)
        case _:
            waiting.leave(new_work(), entry.id, patient_id=entry.patient_id, now=NOW)
            slot_offers.tidy(new_work, rules=DECENTRALISED, now=NOW)

    assert of_the_time(clinic, visit.slot.id) == ["REGISTRY"]
    assert (TaskKind.SLOT_FREED, "REGISTRY") in listed(new_work, NOW + timedelta(minutes=31))


def test_a_time_that_somebody_has_taken_meanwhile_is_nobodys_work(clinic, new_work, doctor):
    waits(clinic, new_work)
    visit = a_visit(clinic, doctor)
    cancel(new_work, visit, ROBOT)
    later = NOW + timedelta(minutes=31)
    clinic.book(visit.slot.id, clinic.patient(), now=later, rules=DECENTRALISED)

    slot_offers.tidy(new_work, rules=DECENTRALISED, now=later)

    assert of_the_time(clinic, visit.slot.id) == []


def both(old, new):
    """At one moment, by two threads."""
    ready = threading.Barrier(2)
    problems = []

    def run(job, rules):
        ready.wait()
        try:
            job(rules)
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=one) for one in ((old, ROBOT), (new, DECENTRALISED))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_time_freed_amid_the_switch_has_one_owner(clinic, new_work, doctor):
    waits(clinic, new_work)
    visit = a_visit(clinic, doctor)

    both(*[lambda rules: cancel(new_work, visit, rules)] * 2)

    assert len(of_the_time(clinic, visit.slot.id)) == 1


def test_an_offer_that_ends_amid_the_switch_has_one_owner_afterwards(clinic, new_work, doctor):
    waits(clinic, new_work), waits(clinic, new_work)
    visit = a_visit(clinic, doctor)
    cancel(new_work, visit, ROBOT)
    later = NOW + timedelta(minutes=31)

    both(*[lambda rules: slot_offers.tidy(new_work, rules=rules, now=later)] * 2)

    assert len(of_the_time(clinic, visit.slot.id)) == 1


def open_task(clinic, new_work, doctor, kind):
    """Made in the centralised model, due now; its id."""
    if kind is TaskKind.OFFER:
        waits(clinic, new_work)
        cancel(new_work, a_visit(clinic, doctor), ROBOT)
    else:
        visit = a_visit(clinic, doctor)
        with new_work() as work:
            match kind:
                case TaskKind.FEEDBACK:
                    return work.tasks.of_booking(visit.id, kind).id
                case TaskKind.REFERRAL_NOTICE:
                    aftermath.booked(work, replace(visit, channel=Channel.MED_ARM), ROBOT, NOW)
                case TaskKind.CLINIC_CANCELLED:
                    aftermath.clinic_cancelled(work, visit, "absence-1-", ROBOT, NOW)
                case TaskKind.CLINIC_MOVED:
                    aftermath.clinic_moved(work, visit, ROBOT, NOW)
                case TaskKind.SURVEY:
                    aftermath.visited(work, visit, ROBOT, NOW)
                case TaskKind.NO_SHOW:
                    aftermath.missed(work, visit, ROBOT, NOW)
            work.tasks.drop(visit.id, TaskKind.FEEDBACK)
            work.commit()
    (task,) = clinic.rows("tasks", kind=kind.value, status="OPEN")
    return task.id


@pytest.mark.parametrize("kind", BY_ROBOT)
def test_open_work_of_the_robot_stays_the_robots_alone_and_is_rung_once(clinic, new_work, doctor, kind):
    task_id = open_task(clinic, new_work, doctor, kind)
    rung = []

    def ring(rules):
        while dial := outreach.claim(new_work(), node=f"dial-{rules.centralised}", rules=rules, now=NOW):
            rung.append(dial.task_id)
            outreach.finish(new_work(), dial.key, Ended(Outcome.BUSY), rules=rules, now=NOW)

    assert kind not in [listed_kind for listed_kind, _ in listed(new_work)]
    both(ring, ring)

    assert rung.count(task_id) == 1


@pytest.mark.parametrize("kind", [TaskKind.FEEDBACK, TaskKind.CLINIC_CANCELLED, TaskKind.CLINIC_MOVED])
def test_what_the_robot_gives_up_after_the_switch_is_once_in_the_list_of_the_registry(clinic, new_work, doctor, kind):
    open_task(clinic, new_work, doctor, kind)
    dial = outreach.claim(new_work(), node="dial", rules=ROBOT, now=NOW)

    outreach.finish(new_work(), dial.key, Ended(Outcome.NO_SUCH_NUMBER), rules=DECENTRALISED, now=NOW)

    assert listed(new_work) == [(kind, "REGISTRY")]
    assert outreach.claim(new_work(), node="dial", rules=ROBOT, now=NOW) is None
