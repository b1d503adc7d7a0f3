"""The list of people's work: what is on it, in which order, and that nobody does what another does already."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from ivr.domain.refusals import TaskTaken
from ivr.domain.tasks import TaskKind, TaskOwner, TaskStatus
from ivr.domain.user import Role, User
from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
from ivr.domain.worklist import LEASE, RESULTS, TRIES, TaskResult
from ivr.services import access, booking, calls, operator_calls, task_card, tasks, waiting, worklist
from ivr.services.waiting import Wish
from tests.builders import CALLER, NOW, RULES, at

OLGA, PAVEL = "user:1", "user:2"
TEN = at("10:00")
DECENTRALISED = replace(RULES, centralised=False)
ROBOT = replace(RULES, robot_calls=True)
TOMORROW = at("2026-04-28 12:00")


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


def a_callback(new_work, key="one", promised=TEN, **changes):
    standard = {"call_key": "call-1", "caller": CALLER, "reason": "queue", "patient_id": None}
    return tasks.ask_callback(new_work(), promised_until=promised, key=key, now=NOW, **(standard | changes))


def an_entry(clinic, new_work, speciality="therapist", now=NOW, reason=WaitingReason.NO_SLOTS, key=None):
    patient = clinic.patient()
    wish = Wish(patient.id, speciality, None, PartOfDay.ANY, reason, CALLER, key or f"wish-{patient.id}")
    return waiting.join(new_work(), wish, rules=RULES, now=now)


def listed(new_work, rules=RULES, now=NOW, owner=None):
    return worklist.items(new_work(), owner=owner, rules=rules, now=now)


def done(new_work, task, result=TaskResult.SOLVED, note="", who=OLGA, now=NOW):
    return worklist.done(new_work(), task.id, attempt=task.attempts, result=result, note=note, who=who, now=now)


def row(clinic, task_id):
    return clinic.rows("tasks", id=task_id)[0]


def test_a_promised_callback_is_listed_with_its_promise(new_work):
    task_id = a_callback(new_work, promised=at("10:00"))

    (item,) = listed(new_work)

    assert (item.task.id, item.kind, item.due_at) == (task_id, TaskKind.CALLBACK, at("10:00"))


def test_the_nearest_legal_limit_comes_first_1_4(clinic, new_work):
    clinic.speciality("surgeon")
    clinic.speciality()
    specialist = an_entry(clinic, new_work, "surgeon")
    district = an_entry(clinic, new_work)
    a_callback(new_work, promised=at("2026-04-27 10:00"))

    told = listed(new_work)

    assert [item.due_at for item in told] == [
        at("10:00"),
        at("2026-04-28 08:00"),
        at("2026-05-19 23:59") + timedelta(seconds=59),
    ]
    assert [item.entry for item in told][1:] == [district, specialist]


def test_of_two_with_one_limit_who_was_sent_by_a_doctor_goes_first_1_5(clinic, new_work):
    clinic.speciality("surgeon")
    earlier = an_entry(clinic, new_work, "surgeon")
    sent = an_entry(clinic, new_work, "surgeon", reason=WaitingReason.REFERRAL, now=at("09:00"))

    assert [item.entry.id for item in listed(new_work)] == [sent.id, earlier.id]


def test_an_entry_near_its_limit_is_marked_as_an_escalation_1_5(clinic, new_work):
    clinic.speciality()
    an_entry(clinic, new_work)

    assert not listed(new_work, now=at("2026-04-28 03:59"))[0].escalating
    assert listed(new_work, now=at("2026-04-28 04:00"))[0].escalating


def test_an_escalation_and_its_entry_are_one_line(clinic, new_work):
    clinic.speciality()
    entry = an_entry(clinic, new_work)
    task_id = waiting.escalate(
        new_work(), entry.id, call_key="call-2", phone=CALLER, due_at=at("09:00"), rules=RULES, now=NOW
    )

    (item,) = listed(new_work)
    taken = worklist.take_entry(new_work(), entry.id, who=OLGA, rules=RULES, now=NOW)

    assert (item.due_at, item.entry.id, taken.id) == (at("09:00"), entry.id, task_id)


def test_feedback_is_the_robots_work_or_the_registrys_in_the_decentralised_model_s4_3(clinic, new_work, doctor):
    slots = clinic.slots(doctor, [at("2026-04-30 10:00"), at("2026-04-30 11:00")])
    clinic.book(slots[0], clinic.patient(), rules=ROBOT)
    clinic.book(slots[1], clinic.patient(), rules=DECENTRALISED)
    calling = at("2026-04-29 10:00")

    (item,) = listed(new_work, now=calling)

    assert (item.kind, item.owner) == (TaskKind.FEEDBACK, TaskOwner.REGISTRY)
    assert item.starts_at == at("2026-04-30 11:00")
    assert item.due_at == at("2026-04-29 18:00")
    assert listed(new_work, now=calling - timedelta(seconds=1)) == []


def test_what_the_robot_has_left_for_a_day_is_shown_to_people(clinic, new_work, doctor):
    clinic.book(clinic.slot(doctor, at("2026-05-05 14:00")), clinic.patient(), rules=ROBOT)  # a call from 04.05. 10:00

    assert listed(new_work, now=at("2026-05-05 09:59")) == []
    assert [item.kind for item in listed(new_work, now=at("2026-05-05 10:00"))] == [TaskKind.FEEDBACK]


def test_without_a_robot_the_operators_make_the_call_centres_calls_s4_3(clinic, new_work, doctor):
    clinic.book(clinic.slot(doctor, at("2026-04-30 10:00")), clinic.patient(), rules=RULES)

    (item,) = listed(new_work, now=at("2026-04-29 12:00"))

    assert (item.kind, item.owner) == (TaskKind.FEEDBACK, TaskOwner.CALL_CENTRE)


def test_the_model_is_switched_and_open_tasks_keep_their_owner_s4_3(clinic, new_work, doctor):
    slots = clinic.slots(doctor, [at("2026-04-30 10:00"), at("2026-04-30 11:00")])
    clinic.book(slots[0], clinic.patient(), rules=DECENTRALISED)
    clinic.book(slots[1], clinic.patient(), rules=ROBOT)
    calling = at("2026-04-29 12:00")

    under_both = [listed(new_work, rules=rules, now=calling) for rules in (RULES, DECENTRALISED)]

    assert [[item.starts_at for item in told] for told in under_both] == [[at("2026-04-30 10:00")]] * 2
    assert len(clinic.rows("tasks", kind="FEEDBACK")) == 2


def test_a_cancelled_visit_needs_no_feedback(clinic, new_work, doctor):
    slot = clinic.slot(doctor, at("2026-04-30 10:00"))
    patient = clinic.patient()
    booked = clinic.book(slot, patient, rules=DECENTRALISED)
    booking.cancel(new_work(), booked.id, patient_id=patient.id, key="cancel", rules=RULES, now=NOW)

    assert [item.kind for item in listed(new_work, now=at("2026-04-29 12:00"))] == [TaskKind.SLOT_FREED]


def test_a_list_is_of_one_owner_or_of_both(clinic, new_work):
    clinic.speciality()
    an_entry(clinic, new_work)
    a_callback(new_work)

    of = {
        owner: [item.kind for item in listed(new_work, rules=DECENTRALISED, owner=owner)]
        for owner in (None, *TaskOwner)
    }

    assert of[TaskOwner.CALL_CENTRE] == [TaskKind.CALLBACK]
    assert of[TaskOwner.REGISTRY] == [TaskKind.WAITING]
    assert of[None] == [TaskKind.CALLBACK, TaskKind.WAITING]


def test_a_taken_task_is_nobody_elses_for_15_minutes(new_work):
    task_id = a_callback(new_work)

    worklist.take(new_work(), task_id, who=OLGA, now=NOW)

    with pytest.raises(TaskTaken):
        worklist.take(new_work(), task_id, who=PAVEL, now=NOW + LEASE - timedelta(seconds=1))
    assert worklist.take(new_work(), task_id, who=PAVEL, now=NOW + LEASE).leased_by == PAVEL


def test_a_page_that_stays_open_keeps_the_task(new_work):
    task_id = a_callback(new_work)
    worklist.take(new_work(), task_id, who=OLGA, now=NOW)

    worklist.renew(new_work(), task_id, who=OLGA, now=NOW + timedelta(minutes=10))

    with pytest.raises(TaskTaken):
        worklist.take(new_work(), task_id, who=PAVEL, now=NOW + timedelta(minutes=20))


def test_who_lost_his_lease_can_neither_renew_nor_finish(new_work):
    task_id = a_callback(new_work)
    lost = worklist.take(new_work(), task_id, who=OLGA, now=NOW)
    worklist.take(new_work(), task_id, who=PAVEL, now=NOW + LEASE)

    with pytest.raises(TaskTaken):
        worklist.renew(new_work(), task_id, who=OLGA, now=NOW + LEASE)
    with pytest.raises(TaskTaken):
        done(new_work, lost)


def test_a_task_that_is_given_back_is_free_at_once_and_a_repeat_does_no_harm(new_work, clinic):
    task_id = a_callback(new_work)
    worklist.take(new_work(), task_id, who=OLGA, now=NOW)

    for _ in range(2):
        worklist.give_back(new_work(), task_id, who=OLGA)

    assert row(clinic, task_id).attempts == 0
    assert worklist.take(new_work(), task_id, who=PAVEL, now=NOW).attempts == 1
    worklist.give_back(new_work(), task_id, who=OLGA)
    assert row(clinic, task_id).leased_by == PAVEL


def test_a_done_task_is_off_the_list_with_result_note_and_doer(new_work, clinic):
    taken = worklist.take(new_work(), a_callback(new_work), who=OLGA, now=NOW)

    finished = done(new_work, taken, TaskResult.BOOKED, "записан к хирургу")

    assert finished.status is TaskStatus.DONE
    assert (finished.result, finished.note, finished.done_by) == ("BOOKED", "записан к хирургу", OLGA)
    assert listed(new_work) == []
    assert [one.task.id for one in worklist.done_lately(new_work(), now=NOW)] == [finished.id]
    assert clinic.rows("audit", action="task.done")[0].detail == {"task": finished.id, "result": "BOOKED"}


def test_the_same_form_sent_twice_changes_nothing(new_work, clinic):
    taken = worklist.take(new_work(), a_callback(new_work), who=OLGA, now=NOW)
    done(new_work, taken, TaskResult.NO_ANSWER)
    before = row(clinic, taken.id)

    done(new_work, taken, TaskResult.NO_ANSWER, now=NOW + timedelta(seconds=5))

    assert row(clinic, taken.id) == before
    assert len(clinic.rows("audit", action="task.done")) == 1


def test_nobody_reached_is_tried_three_times_90_minutes_apart_1_6(new_work, clinic):
    task_id = a_callback(new_work)
    now = NOW
    for attempt in range(1, TRIES + 1):
        taken = worklist.take(new_work(), task_id, who=OLGA, now=now)
        assert taken.attempts == attempt
        after = done(new_work, taken, TaskResult.NO_ANSWER, now=now)
        if attempt < TRIES:
            assert after.not_before == now + timedelta(minutes=90)
            now = after.not_before

    assert after.status is TaskStatus.DONE
    assert after.not_before is None
    assert row(clinic, task_id).tried_at == NOW


def test_what_is_to_be_tried_later_waits_at_the_end_of_the_list(new_work):
    first = a_callback(new_work, "first", at("09:00"))
    second = a_callback(new_work, "second", at("12:00"))
    done(new_work, worklist.take(new_work(), first, who=OLGA, now=NOW), TaskResult.NO_ANSWER)

    order = [[item.task.id for item in listed(new_work, now=now)] for now in (NOW, at("09:30"))]

    assert order == [[second, first], [first, second]]


def test_a_result_of_another_kind_of_task_is_refused(new_work):
    taken = worklist.take(new_work(), a_callback(new_work), who=OLGA, now=NOW)

    with pytest.raises(ValueError, match="CONFIRMED"):
        done(new_work, taken, TaskResult.CONFIRMED)


def test_every_kind_of_task_has_results():
    assert set(RESULTS) == set(TaskKind)


@pytest.mark.parametrize(
    ("result", "status", "declined", "no_answer"),
    [
        (TaskResult.DECLINED, WaitingStatus.ACTIVE, 1, 0),
        (TaskResult.NO_ANSWER, WaitingStatus.ACTIVE, 0, 1),
        (TaskResult.LEFT, WaitingStatus.CANCELLED_BY_PATIENT, 0, 0),
        (TaskResult.KEEPS, WaitingStatus.ACTIVE, 0, 0),
    ],
)
def test_the_waiting_list_learns_what_came_of_the_call_1_5(clinic, new_work, result, status, declined, no_answer):
    clinic.speciality()
    entry = an_entry(clinic, new_work)
    taken = worklist.take_entry(new_work(), entry.id, who=OLGA, rules=RULES, now=NOW)

    done(new_work, taken, result)

    found = worklist.entry_of(new_work(), entry.id)
    assert (found.status, found.declined, found.no_answer) == (status, declined, no_answer)


def test_who_did_not_answer_twice_is_escalated_and_never_removed_in_silence_1_5(clinic, new_work):
    clinic.speciality()
    entry = an_entry(clinic, new_work)

    for minutes in (0, 90):
        now = NOW + timedelta(minutes=minutes)
        taken = worklist.take_entry(new_work(), entry.id, who=OLGA, rules=RULES, now=now)
        done(new_work, taken, TaskResult.NO_ANSWER, now=now)

    assert worklist.entry_of(new_work(), entry.id).status is WaitingStatus.ESCALATED
    assert len(listed(new_work)) == 1


def test_an_entry_that_waits_on_can_be_taken_again_tomorrow(clinic, new_work):
    clinic.speciality()
    entry = an_entry(clinic, new_work)
    first = worklist.take_entry(new_work(), entry.id, who=OLGA, rules=RULES, now=NOW)
    done(new_work, first, TaskResult.KEEPS)

    second = worklist.take_entry(new_work(), entry.id, who=PAVEL, rules=RULES, now=TOMORROW)

    assert second.id != first.id
    assert (second.wanted.phone, second.wanted.patient_id) == (CALLER, entry.patient_id)


def test_a_patient_booked_while_his_entry_is_worked_on_still_gets_a_result(clinic, new_work, doctor):
    slot = clinic.slot(doctor, at("2026-04-30 10:00"))
    entry = an_entry(clinic, new_work)
    taken = worklist.take_entry(new_work(), entry.id, who=OLGA, rules=RULES, now=NOW)
    with new_work().reading() as work:
        patient = work.patients.get(entry.patient_id)
    clinic.book(slot, patient)
    assert row(clinic, taken.id).status == "DROPPED"

    assert done(new_work, taken, TaskResult.BOOKED).status is TaskStatus.DONE
    assert worklist.entry_of(new_work(), entry.id).status is WaitingStatus.CLOSED_OTHER_BOOKING


def test_an_operator_who_promises_to_ring_back_makes_a_task_with_his_note(clinic, new_work):
    olga = access.add_user(new_work(), User(0, "olga", "Ольга", Role.OPERATOR), "long-word-77", who="t", now=NOW)
    patient = clinic.patient()
    calls.begin(new_work(), call_key="call-7", caller=CALLER, line="main", now=NOW)
    calls.keep(new_work(), "call-7", entered={"patient_id": patient.id})
    ring = operator_calls.rang(new_work(), call_key="call-7", user_id=olga, now=NOW)

    for _ in range(2):
        operator_calls.wrap_up(new_work(), ring, user_id=olga, result="callback", note="после обеда", now=NOW)

    (item,) = listed(new_work)
    assert item.due_at == NOW + timedelta(hours=2)
    worklist.take(new_work(), item.task.id, who=OLGA, now=NOW)
    shown = task_card.card(new_work(), item.task.id, who=OLGA, now=NOW)
    assert (shown.patient.id, shown.phones, shown.notes) == (patient.id, (CALLER,), ("после обеда",))


def race(actions):
    barrier = Barrier(len(actions))

    def run(action):
        barrier.wait(timeout=30)
        try:
            return action()
        except TaskTaken as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_of_20_people_one_gets_the_task(new_work, clinic):
    task_id = a_callback(new_work)

    results = race([lambda who=f"user:{n}": worklist.take(new_work(), task_id, who=who, now=NOW) for n in range(20)])

    assert sum(not isinstance(one, TaskTaken) for one in results) == 1
    assert row(clinic, task_id).attempts == 1


def test_of_20_people_one_gets_the_entry_and_one_task_is_made(new_work, clinic):
    clinic.speciality()
    entry = an_entry(clinic, new_work)

    def take(number):
        return lambda: worklist.take_entry(new_work(), entry.id, who=f"user:{number}", rules=RULES, now=NOW)

    results = race([take(number) for number in range(20)])

    assert sum(not isinstance(one, TaskTaken) for one in results) == 1
    assert len(clinic.rows("tasks", entry_id=entry.id)) == 1


def test_one_form_sent_by_20_threads_is_one_attempt(new_work, clinic):
    taken = worklist.take(new_work(), a_callback(new_work), who=OLGA, now=NOW)

    results = race([lambda: done(new_work, taken, TaskResult.SOLVED) for _ in range(20)])

    assert not any(isinstance(one, TaskTaken) for one in results)
    assert len(clinic.rows("audit", action="task.done")) == 1
