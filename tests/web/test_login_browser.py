"""The log-in in a real browser."""

import pytest

from ivr.domain.user import Role
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
