"""Infomats under /admin/kiosks: passes as `ivr kiosk` makes them."""

import re
from datetime import timedelta

import pytest

from ivr.domain.kiosk import Kiosk, KioskState
from ivr.domain.refusals import PassRefused
from ivr.domain.user import Role
from ivr.services import kiosks
from tests.builders import at
from tests.web.conftest import Clients, post

HTML = {"Accept": "text/html"}
MADE = at("2026-04-27 08:00")


def a_pass(client, name: str = "hall-1") -> str:
    return re.search(r'id="one-time">([^<]+)<', post(client, "/admin/kiosks", {"name": name}).text)[1]


def test_a_pass_is_shown_once_and_lets_a_machine_in(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site

    answer = post(client, "/admin/kiosks", {"name": "hall-1"})
    typed = re.search(r'id="one-time">([^<]+)<', answer.text)[1]

    assert answer.headers["Cache-Control"] == "no-store"
    waiting = client.get("/admin/kiosks", headers=HTML).text
    assert typed not in waiting
    assert "ждёт пропуска" in waiting
    kiosks.admit(here.new_work(), typed, now=here.now())
    assert '<span class="badge ok">работает</span>' in client.get("/admin/kiosks", headers=HTML).text
    log = client.get("/admin/audit", headers=HTML).text
    assert "Выдан пропуск инфомату" in log
    assert "Administrator Тестовый" in log
    assert typed not in log


def test_a_kiosk_is_closed_after_a_question_and_its_patient_is_gone(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    kiosk, device = kiosks.admit(here.new_work(), a_pass(client), now=here.now())

    question = client.get(f"/admin/kiosks/{kiosk.id}/close", headers=HTML).text
    assert "Закрыть инфомат «hall-1»?" in question
    assert kiosks.kiosk_of(here.new_work(), device)
    post(client, f"/admin/kiosks/{kiosk.id}/close")

    assert kiosks.kiosk_of(here.new_work(), device) is None
    assert ">закрыт<" in client.get("/admin/kiosks", headers=HTML).text


def test_a_new_pass_takes_the_place_of_the_last_one_and_the_machine_works_on(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    _, device = kiosks.admit(here.new_work(), a_pass(client), now=here.now())

    second, third = a_pass(client), a_pass(client)

    assert len(kiosks.everybody(here.new_work())) == 1
    assert kiosks.kiosk_of(here.new_work(), device)
    with pytest.raises(PassRefused):
        kiosks.admit(here.new_work(), second, now=here.now())
    kiosks.admit(here.new_work(), third, now=here.now())


def test_a_closed_kiosk_with_a_new_pass_waits_for_it(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    kiosk, _ = kiosks.admit(here.new_work(), a_pass(client), now=here.now())
    post(client, f"/admin/kiosks/{kiosk.id}/close")

    a_pass(client)

    assert kiosks.get(here.new_work(), kiosk.id).state(here.now()) is KioskState.AWAITED


@pytest.mark.parametrize("name", ["", "two words", "x" * 41, "---", "a_b", "<script>"])
def test_a_name_that_cannot_be_is_refused_at_its_field(clients: Clients, name: str):
    answer = post(clients(Role.ADMINISTRATOR), "/admin/kiosks", {"name": name})

    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert kiosks.everybody(clients.opened.site.new_work()) == []


def test_a_kiosk_that_there_is_not_is_no_page(clients: Clients):
    client = clients(Role.ADMINISTRATOR)

    assert client.get("/admin/kiosks/77/close", headers=HTML).status_code == 404
    assert post(client, "/admin/kiosks/77/close").status_code == 404


def test_a_pass_that_was_not_typed_in_within_a_day_has_lapsed():
    kiosk = Kiosk(1, "hall", MADE, pass_until=MADE + timedelta(days=1))

    assert kiosk.state(MADE) is KioskState.AWAITED
    assert kiosk.state(MADE + timedelta(days=1)) is KioskState.LAPSED
    assert Kiosk(1, "hall", MADE, revoked_at=MADE).state(MADE) is KioskState.CLOSED
