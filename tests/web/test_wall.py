"""The wallboard: what it shows, and what a supervisor does from it."""

import shutil
from contextlib import ExitStack
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from ivr.bootstrap_web import open_site
from ivr.domain.journal import StepRow
from ivr.domain.user import Role, User
from ivr.services import access, calls
from ivr.services.exchange import Abandoned, Answered, Ended, QueueChanged, QueueState, Ringing, Waiting
from ivr.storage.tables import audit
from tests.web.conftest import PASSWORD, Clients, Served, add_users, post_json, serve, settings_in
from tests.web.exchange_twin import ExchangeTwin


@pytest.fixture
def twin():
    return ExchangeTwin()


@pytest.fixture
def office(tmp_path, demo_hospital, twin):
    """A site whose exchange does what a test makes happen."""
    shutil.copytree(demo_hospital, tmp_path, dirs_exist_ok=True)
    opened = open_site(settings_in(tmp_path), exchange=twin)
    opened.app.config["RATELIMIT_ENABLED"] = False
    yield Clients(opened, add_users(opened))
    opened.close()


@pytest.fixture
def shown(office, browser):
    with ExitStack() as stack:
        address = stack.enter_context(serve(office.opened))
        yield Served(address, office.opened, office.users, browser, stack)


def heard(office, *events):
    """The exchange tells, and the desk has understood."""
    for event in events:
        office.opened.site.desk._heard(event)


def at_work(office, role):
    user = office.users[role]
    office.opened.site.desk.come(user)
    return user


def talking(office, call_key="call-9"):
    operator = at_work(office, Role.OPERATOR)
    phone = f"op{operator.id}"
    heard(office, Ringing(phone, call_key), Answered(phone, call_key, 7))
    return operator


def a_call(office, key="call-1", step="oms", ago=30):
    here = office.opened.site
    begun = here.now() - timedelta(seconds=ago)
    calls.begin(here.new_work(), call_key=key, caller=None, line="main", now=begun, node="n")
    if step:
        calls.keep(here.new_work(), key, [StepRow(step, 1, "answered", 900, "v", here.now())])


def state(client):
    return client.get("/wall/state").json


def done(office, prefix):
    with office.opened.site.new_work().reading() as work:
        rows = work.connection.execute(select(audit).order_by(audit.c.id))
        return [(row.who, row.action, row.detail) for row in rows if row.action.startswith(prefix)]


def test_a_live_call_is_shown_with_its_last_question_and_no_number(office):
    a_call(office, "call-1", "oms")
    a_call(office, "call-2", None, ago=5)

    told = state(office(Role.OPERATOR))["calls"]

    assert [(one["call"], one["step"]) for one in told] == [("call-1", "oms"), ("call-2", None)]
    assert set(told[0]) == {"call", "since", "step"}


def test_a_finished_call_and_one_of_a_dead_process_are_off_the_wall(office):
    here = office.opened.site
    a_call(office, "over")
    calls.finish(here.new_work(), "over", outcome="goodbye", detail=None, now=here.now())
    a_call(office, "dead", None, ago=600)

    assert state(office(Role.OPERATOR))["calls"] == []


def test_queue_and_operators_are_as_the_desk_knows_them(office):
    operator = talking(office)
    heard(office, QueueChanged(QueueState((Waiting("call-2", office.opened.site.now(), 1),))))

    told = state(office(Role.SUPERVISOR))

    assert [one["call"] for one in told["queue"]["waiting"]] == ["call-2"]
    assert [(one["user"], one["state"]) for one in told["agents"]] == [(operator.id, "TALKING")]


def test_figures_of_today_are_those_of_the_reports(office):
    operator = talking(office)
    heard(office, Ended(f"op{operator.id}", "call-9", 60), Abandoned("call-3", 44))

    told = office(Role.OPERATOR).get("/wall/today").json

    assert (told["offered"], told["abandoned"], told["level"], told["talks"]) == (2, 1, 0.5, 1)
    assert told["handled"] is not None


def test_before_the_first_call_there_is_nothing_to_divide(office):
    told = office(Role.OPERATOR).get("/wall/today").json

    assert (told["level"], told["handled"], told["alone"]) == (None, None, None)


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
def test_a_supervisor_comes_into_a_talk_and_the_audit_log_knows(office, twin, mode):
    operator = talking(office)
    supervisor = at_work(office, Role.SUPERVISOR)

    answer = post_json(office(Role.SUPERVISOR), f"/wall/agents/{operator.id}/spy/{mode}")

    assert answer.status_code == 200
    assert twin.done == [("spy", f"op{supervisor.id}", f"op{operator.id}", mode)]
    noted = {"operator": operator.id, "call": "call-9"}
    assert done(office, "spy.") == [(f"user:{supervisor.id}", f"spy.{mode}", noted)]


def test_without_an_open_telephone_nobody_can_listen(office, twin):
    operator = talking(office)

    answer = post_json(office(Role.SUPERVISOR), f"/wall/agents/{operator.id}/spy/listen")

    assert answer.status_code == 409
    assert "рабочее место" in answer.json["message"]
    assert twin.done == []


def test_who_does_not_talk_cannot_be_listened_to(office):
    operator = at_work(office, Role.OPERATOR)
    at_work(office, Role.SUPERVISOR)

    answer = post_json(office(Role.SUPERVISOR), f"/wall/agents/{operator.id}/spy/listen")

    assert (answer.status_code, answer.json["message"]) == (409, "Этот оператор сейчас не разговаривает.")
    assert done(office, "spy.") == []


def test_a_supervisor_stops_somebody_at_once_or_after_the_talk(office, twin):
    operator = at_work(office, Role.OPERATOR)
    office.opened.site.desk.ready(operator.id)
    client = office(Role.SUPERVISOR)

    assert post_json(client, f"/wall/agents/{operator.id}/pause").json["message"] == "Остановлен."

    view = office.opened.site.desk.of(operator.id)
    assert (view.state.value, view.reason) == ("BREAK", "supervisor")
    assert twin.members[f"op{operator.id}"] == "supervisor"
    assert len(done(office, "operator.paused")) == 1


def test_a_session_is_ended_from_the_wall_but_no_talk_is_cut(office):
    operator = talking(office)
    theirs, client = office(Role.OPERATOR), office(Role.SUPERVISOR)

    refused = post_json(client, f"/wall/agents/{operator.id}/log-out")
    heard(office, Ended(f"op{operator.id}", "call-9", 60))
    ended = post_json(client, f"/wall/agents/{operator.id}/log-out")

    assert (refused.status_code, ended.status_code) == (409, 200)
    assert theirs.get("/wall/state").status_code == 401
    assert office.opened.site.desk.of(operator.id) is None
    assert len(done(office, "sessions ended")) == 1


def test_operators_see_the_wall_and_no_buttons_of_supervisors(office):
    operator = talking(office)
    client = office(Role.OPERATOR)

    assert "data-spy" not in client.get("/wall").text
    assert post_json(client, f"/wall/agents/{operator.id}/spy/listen").status_code == 403
    assert "data-spy" in office(Role.SUPERVISOR).get("/wall").text


def test_an_exchange_that_is_down_is_told_in_words(office, twin):
    operator = talking(office)
    at_work(office, Role.SUPERVISOR)
    twin.down = True

    answer = post_json(office(Role.SUPERVISOR), f"/wall/agents/{operator.id}/spy/listen")

    assert (answer.status_code, answer.json["message"]) == (503, "Телефонная станция не отвечает.")


def crowd(office, number):
    """So many more operators, some of them talking."""
    here = office.opened.site
    for count in range(number):
        user = User(0, f"crowd{count}", f"Оператор Номер {count}", Role.OPERATOR)
        user_id = access.add_user(here.new_work(), user, PASSWORD, who="test", now=here.now())
        with here.new_work().reading() as work:
            here.desk.come(work.users.get(user_id))
        if count % 3:
            here.desk.ready(user_id)
        if count % 3 == 1:
            heard(office, Ringing(f"op{user_id}", f"talk-{count}"), Answered(f"op{user_id}", f"talk-{count}", 4))


def fits(page):
    return page.evaluate(
        """() => {
        const root = document.documentElement, box = document.querySelector('.agents');
        const page = root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth;
        return page && box.scrollHeight <= box.clientHeight; }"""
    )


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_the_wall_is_live_large_and_does_not_scroll(office, shown, accessible):
    page = shown.page(Role.ADMINISTRATOR, "/wall")
    page.get_by_text("На рабочих местах никого нет").wait_for()
    operator = talking(office)
    crowd(office, 5)
    a_call(office, "call-1", "oms")
    heard(office, QueueChanged(QueueState((Waiting("call-2", office.opened.site.now(), 1),))))
    heard(office, Ended(f"op{operator.id}", "call-9", 60), Abandoned("call-3", 44))

    page.get_by_text("Номер полиса").wait_for()
    page.locator("#waiting", has_text="1").wait_for()
    page.locator("#abandoned", has_text="1").wait_for()
    page.locator(".seat.WRAPUP").wait_for()

    assert page.evaluate("parseFloat(getComputedStyle(document.getElementById('waiting')).fontSize)") >= 64
    assert fits(page)
    accessible(page)


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_fifty_operators_fit_and_one_is_stopped_by_keyboard(office, shown, accessible):
    crowd(office, 50)
    page = shown.page(Role.SUPERVISOR, "/wall")
    page.locator(".seat").nth(49).wait_for()
    assert fits(page)

    page.locator(".seat.READY").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    accessible(page)
    assert page.get_by_role("button", name="Слушать").is_disabled()
    page.get_by_role("button", name="Остановить приём звонков").press("Enter")
    page.get_by_text("Остановлен.").wait_for()
    page.keyboard.press("Escape")

    expect(page.locator(".seat", has_text="Остановлен старшим")).to_be_focused()
