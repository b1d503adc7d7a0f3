"""The registry in a real browser: every rule S2.1 to S2.7."""

import pytest

from ivr.domain.user import Role
from tests.web.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_try(served: Served, accessible):
    page = served.page(Role.SUPERVISOR, "/registry/")
    page.get_by_label("Полис ОМС, СНИЛС").fill("6256410854009015")
    page.keyboard.press("Enter")
    page.locator("#found").wait_for()
    page.get_by_role("link", name="Тестова Анна").click()
    page.get_by_role("link", name="Записать на приём").click()
    page.get_by_label("Цель обращения").select_option("ILLNESS")
    page.locator("#speciality option").nth(1).wait_for(state="attached")
    page.get_by_label("Специальность").select_option("surgeon")
    page.locator("#times button").first.wait_for()
    page.locator("#times button").first.click()
    page.get_by_text("Держим за вами").wait_for()
    accessible(page)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Талон №").wait_for()
