"""The work list in the page: what is shown to whom, taken once, finished with a result."""

import re
from datetime import timedelta

import pytest

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.tasks import TaskKind, TaskOwner
from ivr.domain.user import Role
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.services import search, slot_offers, tasks, waiting
from ivr.services.search import SlotQuery
from ivr.services.waiting import Wish
from tests.web.conftest import Clients, Served, post, post_json

CALLER = PhoneNumber("+70000000177")


def a_callback(opened, key="one", minutes=60, patient_id=None):
    now = opened.site.now()
    return tasks.ask_callback(
        opened.site.new_work(),
        call_key="call-1",
        caller=CALLER,
        reason="asked_in_queue",
        promised_until=now + timedelta(minutes=minutes),
        patient_id=patient_id,
        key=key,
        now=now,
    )


def an_entry(opened, patient_id=1, speciality="surgeon"):
    wish = Wish(patient_id, speciality, None, PartOfDay.MORNING, WaitingReason.NO_SLOTS, CALLER, f"wish-{patient_id}")
    return waiting.join(opened.site.new_work(), wish, rules=opened.site.rules, now=opened.site.now())


@pytest.fixture
def surname(clients):
    with clients.opened.site.new_work().reading() as work:
        return work.patients.get(1).surname


def take(client, task_id):
    return post(client, f"/tasks/{task_id}/take")


def finish(client, task_id, result, attempt=1, note=""):
    return post(client, f"/tasks/{task_id}/done", {"result": result, "attempt": attempt, "note": note})


def audited(opened, action):
    from sqlalchemy import select

    from ivr.storage.tables import audit

    with opened.site.new_work().reading() as work:
        return [row.detail for row in work.connection.execute(select(audit).where(audit.c.action == action))]


def test_the_list_names_work_and_limit_but_no_patient(clients: Clients, surname):
    a_callback(clients.opened, patient_id=1)

    page = clients(Role.OPERATOR).get("/tasks").text

    assert "Перезвонить" in page
    assert "Ждал в очереди" in page
    assert surname not in page
    assert CALLER.e164 not in page


def test_a_taken_task_shows_whom_to_ring_up_and_the_look_is_audited(clients: Clients, surname):
    task_id = a_callback(clients.opened, patient_id=1)
    client = clients(Role.OPERATOR)

    answer = take(client, task_id)

    assert answer.location == f"/tasks/{task_id}"
    page = client.get(answer.location).text
    assert surname in page
    assert CALLER.e164 in page
    assert {"patient": 1, "why": "task", "task": task_id} in audited(clients.opened, "patient shown")


def test_a_task_that_another_has_taken_is_neither_taken_nor_seen(clients: Clients, surname):
    task_id = a_callback(clients.opened, patient_id=1)
    take(clients(Role.OPERATOR), task_id)
    other = clients(Role.SUPERVISOR)

    refused = take(other, task_id)

    assert refused.location == "/tasks"
    assert "Этой задачей уже занимается" in other.get("/tasks").text
    assert surname not in other.get(f"/tasks/{task_id}", follow_redirects=True).text
    assert post_json(other, f"/tasks/{task_id}/keep").status_code == 409
    assert "Operator Тестовый" in other.get("/tasks").text


def test_a_result_must_be_chosen_and_what_was_typed_stays(clients: Clients):
    task_id = a_callback(clients.opened)
    client = clients(Role.OPERATOR)
    take(client, task_id)

    answer = finish(client, task_id, "", note="перезвонить вечером")

    assert answer.status_code == 422
    assert "Выберите результат." in answer.text
    assert "перезвонить вечером" in answer.text


def test_a_result_that_this_task_cannot_have_is_refused_at_the_field(clients: Clients):
    task_id = a_callback(clients.opened)
    client = clients(Role.OPERATOR)
    take(client, task_id)

    assert finish(client, task_id, "CONFIRMED").status_code == 422
    for attempt in ("none", "", "²", "-1", "9" * 5000):
        assert finish(client, task_id, "SOLVED", attempt=attempt).status_code == 422


def test_a_done_task_leaves_the_list_and_a_repeat_of_the_form_changes_nothing(clients: Clients):
    task_id = a_callback(clients.opened)
    client = clients(Role.OPERATOR)
    take(client, task_id)

    for _ in range(2):
        answer = finish(client, task_id, "SOLVED", note="записан")
        assert answer.location == "/tasks"
        assert "Результат сохранён" in client.get("/tasks").text

    assert "Задач нет" in client.get("/tasks?kind=CALLBACK").text
    assert "записан" in client.get("/tasks/done").text
    assert len(audited(clients.opened, "task.done")) == 1


def test_who_was_not_reached_comes_back_later_on_the_list(clients: Clients):
    task_id = a_callback(clients.opened)
    client = clients(Role.OPERATOR)
    take(client, task_id)

    finish(client, task_id, "NO_ANSWER")

    page = client.get("/tasks").text
    assert re.search(r"Повторить после \d\d:\d\d", page)
    assert "снова после" in page


def test_a_task_given_back_is_free_for_all(clients: Clients):
    task_id = a_callback(clients.opened)
    client = clients(Role.OPERATOR)
    take(client, task_id)

    post(client, f"/tasks/{task_id}/back")

    assert take(clients(Role.SUPERVISOR), task_id).location == f"/tasks/{task_id}"


def test_an_entry_of_the_waiting_list_is_taken_from_the_same_list(clients: Clients):
    entry = an_entry(clients.opened)
    client = clients(Role.SUPERVISOR)

    assert "Лист ожидания" in client.get("/tasks?kind=WAITING").text
    answer = post(client, f"/tasks/entries/{entry.id}/take")
    page = client.get(answer.location).text

    assert "не было свободного времени" in page
    assert "Просит убрать из листа ожидания" in page


def test_each_role_begins_with_its_own_work_and_sees_that_there_is_more(clients: Clients):
    a_callback(clients.opened)

    page = clients(Role.REGISTRAR).get("/tasks").text

    assert "Задач нет" in page
    # The demo hospital has somebody on its waiting list.
    assert re.search(r'id="owner-CALL_CENTRE">Колл-центр <span class="badge">2</span>', page)


def test_a_task_that_is_none_is_told_so(clients: Clients):
    client = clients(Role.OPERATOR)

    assert client.get("/tasks/4711").status_code == 404
    assert take(client, 4711).status_code == 404
    assert post(client, "/tasks/entries/4711/take").status_code == 404


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_a_task_is_done_by_keyboard_and_the_other_page_sees_it_at_once(served: Served, accessible):
    a_callback(served.opened, patient_id=1)
    other = served.page(Role.SUPERVISOR, "/tasks?kind=CALLBACK")
    other.get_by_role("button", name="Взять").wait_for()
    page = served.page(Role.OPERATOR, "/tasks?kind=CALLBACK")
    accessible(page)

    page.get_by_role("button", name="Взять").press("Enter")
    page.get_by_text("Задача за вами до").wait_for()
    other.get_by_text("Operator Тестовый").wait_for()
    accessible(page)
    page.get_by_label("Вопрос решён").press("Space")
    page.keyboard.press("F4")
    page.get_by_text("Результат сохранён").wait_for()

    other.get_by_text("Задач нет").wait_for()
    assert page.url.endswith("/tasks")


def test_a_freed_time_is_shown_without_whose_it_was(clients: Clients):
    site = clients.opened.site
    slot = search.nearest(site.new_work(), SlotQuery("surgeon", 1), rules=site.rules, now=site.now())
    with site.new_work() as work:
        patient = work.patients.get(1)
        slot_offers.people_offer(work, slot, "slot-freed-after-1", TaskOwner.CALL_CENTRE, site.now())
        work.commit()
        (task,) = work.tasks.like(TaskKind.SLOT_FREED, "slot-freed-after-1")
    client = clients(Role.OPERATOR)

    page = client.get(take(client, task.id).location).text

    assert f"{slot.starts_at.astimezone(site.rules.zone):%d.%m.%Y в %H:%M}" in page
    assert patient.surname not in page
