"""The log-in in a real browser."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import pytest
from flask import has_request_context, request

from ivr.domain.user import Role
from ivr.services import access
from ivr.services.ports import StorageDown
from tests.web.conftest import PASSWORD, Served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]


def test_a_user_logs_in_by_keyboard_alone_and_out_again(served: Served, accessible):
    page = served.page(None, "/login")
    accessible(page)

    page.keyboard.type("supervisor")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong-password")
    page.keyboard.press("Enter")
    page.get_by_text("Имя или пароль не подходят").wait_for()
    accessible(page)
    page.keyboard.type(PASSWORD)  # what was wrong has the keyboard
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Выйти").wait_for()
    page.get_by_role("button", name="Выйти").click()

    page.get_by_role("heading", name="Вход для сотрудников").wait_for()


def test_a_page_of_a_closed_session_goes_to_the_log_in_by_itself(served: Served):
    page = served.page(Role.SUPERVISOR, "/")
    page.locator("#lamp:not(.lost)").wait_for()

    served.opened.site.hub.throw_out(served.users[Role.SUPERVISOR].id)

    page.wait_for_url("**/login*")


def test_ten_pages_of_one_browser_hear_of_everything_and_leave_it_able_to_ask(served: Served):
    # A browser opens six connections to a site: a stream in each page would leave none for the seventh.
    first = served.page(Role.SUPERVISOR, "/wall")
    pages = [first, *(first.context.new_page() for _ in range(9))]
    for page in pages:
        page.goto("/tasks")
        page.locator("html[data-ready]").wait_for(state="attached")
        page.evaluate("document.body.addEventListener('live:queue', () => { document.body.dataset.heard = 'yes' })")
    until(lambda: served.opened.site.hub.is_here(served.users[Role.SUPERVISOR].id))

    served.opened.site.hub.tell("queue", {})

    for page in pages:
        page.locator("body[data-heard]").wait_for()
    first.close()
    pages[1].reload()
    pages[1].get_by_role("heading", name="Задачи").wait_for()


def test_a_page_hears_again_when_the_database_is_back(served: Served):
    page, app, here = served.page(Role.SUPERVISOR, "/"), served.opened.app, served.opened.site
    page.locator("#lamp:not(.lost)").wait_for()
    page.evaluate("document.body.addEventListener('live:again', () => { document.body.dataset.heard = 'again' })")

    asked = []

    def down() -> NoReturn:
        asked.append(request.path if has_request_context() else "")
        raise StorageDown("down")

    app.extensions["ivr"] = replace(here, new_work=down)
    here.hub.close()
    page.locator("#lamp.lost").wait_for()
    until(lambda: "/events" in asked)  # a browser opens no stream again that was refused
    app.extensions["ivr"] = here

    page.locator("#lamp:not(.lost)").wait_for()
    page.locator("body[data-heard=again]").wait_for()


def test_a_page_whose_session_ended_while_it_had_no_connection_goes_to_the_log_in(served: Served):
    page, here = served.page(Role.SUPERVISOR, "/reports"), served.opened.site
    page.locator("#lamp:not(.lost)").wait_for()

    access.throw_out(here.new_work(), served.users[Role.SUPERVISOR].id, who="test", now=here.now())
    here.hub.close()

    page.wait_for_url("**/login*")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
