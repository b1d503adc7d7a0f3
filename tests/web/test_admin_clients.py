"""Other systems under /admin/clients: the rules and refusals of `ivr api client`, in Russian."""

import re

import pytest

from ivr.domain.client import BadClient, Client, Scope
from ivr.domain.refusals import BadToken
from ivr.domain.slot import Channel
from ivr.domain.user import Role
from ivr.services import clients as systems
from tests.web.conftest import Clients, Served, post

HTML = {"Accept": "text/html"}
NEW = {"name": "МИС поликлиники", "scopes": ["schedule", "book"], "channel": "REG", "per_minute": "120", "hosts": ""}


def known(clients: Clients) -> list[Client]:
    return systems.all_clients(clients.opened.site.new_work())


def test_a_system_that_is_added_calls_with_the_token_that_is_shown_once(clients: Clients):
    client = clients(Role.ADMINISTRATOR)

    answer = post(client, "/admin/clients", NEW | {"hosts": "Hooks.example.org, 192.0.2.7"})
    token = re.search(r'id="one-time">([^<]+)<', answer.text)[1]

    assert answer.headers["Cache-Control"] == "no-store"
    assert 'value="МИС' not in answer.text  # the form is empty again
    listed = client.get("/admin/clients", headers=HTML).text
    assert token not in listed
    assert "смотреть врачей и свободное время; записывать, переносить, отменять" in listed
    assert "hooks.example.org" in listed
    own = systems.of_token(clients.opened.site.new_work(), token)
    assert (own.channel, own.per_minute, own.scopes) == (Channel.REG, 120, {Scope.SCHEDULE, Scope.BOOK})
    assert own.hosts == ("192.0.2.7", "hooks.example.org")
    bearer = {"Authorization": f"Bearer {token}"}
    assert clients.opened.app.test_client().get("/api/v1/me", headers=bearer).status_code == 200


def test_what_was_done_is_in_the_audit_log_in_russian_and_the_token_is_not(clients: Clients):
    client = clients(Role.ADMINISTRATOR)
    token = re.search(r'id="one-time">([^<]+)<', post(client, "/admin/clients", NEW).text)[1]
    (own,) = known(clients)
    post(client, f"/admin/clients/{own.id}/revoke")

    page = client.get("/admin/audit", headers=HTML).text

    assert "Подключена система" in page and "Отключена система" in page
    assert "канал: Регистратура, что разрешено: записывать, переносить, отменять" in page
    assert token not in page


def test_a_system_is_cut_off_after_a_question_and_at_once(clients: Clients):
    client, work = clients(Role.ADMINISTRATOR), clients.opened.site.new_work
    token = re.search(r'id="one-time">([^<]+)<', post(client, "/admin/clients", NEW).text)[1]
    (own,) = known(clients)

    question = client.get(f"/admin/clients/{own.id}/revoke", headers=HTML)
    assert "Отключить систему «МИС поликлиники»?" in question.text
    assert 'aria-current="page">Системы<' in question.text
    assert systems.of_token(work(), token).active
    first, again = (post(client, f"/admin/clients/{own.id}/revoke") for _ in range(2))

    assert first.status_code == again.status_code == 302
    with pytest.raises(BadToken):
        systems.of_token(work(), token)
    listed = client.get("/admin/clients", headers=HTML).text
    assert ">отключена" in listed
    assert f"/admin/clients/{own.id}/revoke" not in listed


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"name": "  "}, "name", "От 1 до 60 знаков"),
        ({"name": "x" * 61}, "name", "От 1 до 60 знаков"),
        ({"name": "\u202eдом"}, "name", "От 1 до 60 знаков"),
        ({"scopes": []}, "scopes", "Выберите хотя бы одно."),
        ({"scopes": ["everything"]}, "scopes", "everything"),
        ({"channel": "MED_ARM"}, "channel", "Неверный вариант"),
        ({"per_minute": "0"}, "per_minute", "От 1 до 60000."),
        ({"per_minute": "60001"}, "per_minute", "От 1 до 60000."),
        ({"per_minute": "много"}, "per_minute", "числ"),
        ({"hosts": "https://hooks.example.org"}, "hosts", "Только имя узла"),
        ({"hosts": "hooks.example.org:8443"}, "hosts", "Только имя узла"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_what_was_typed_stays(clients: Clients, wrong, field, said):
    answer = post(clients(Role.ADMINISTRATOR), "/admin/clients", NEW | wrong)

    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error">([^<]+)<', answer.text)
    assert error and said in error[1], answer.text
    assert 'value="120"' in answer.text or "per_minute" in wrong
    assert known(clients) == []


def test_a_name_that_is_taken_is_refused_also_where_that_system_was_cut_off(clients: Clients):
    client = clients(Role.ADMINISTRATOR)
    post(client, "/admin/clients", NEW)
    post(client, f"/admin/clients/{known(clients)[0].id}/revoke")

    answer = post(client, "/admin/clients", NEW)

    assert answer.status_code == 422
    assert "Система с таким названием уже есть." in answer.text
    assert len(known(clients)) == 1


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR, Role.DOCTOR])
@pytest.mark.parametrize("path", ["/admin/clients", "/admin/kiosks"])
def test_only_administrators_let_anything_in(clients: Clients, role: Role, path: str):
    client = clients(role)

    assert client.get(path, headers=HTML).status_code == 403
    assert post(client, path, NEW).status_code == 403
    assert post(client, f"{path}/1/{'revoke' if 'clients' in path else 'close'}").status_code == 403


def test_a_system_that_there_is_not_is_no_page(clients: Clients):
    client = clients(Role.ADMINISTRATOR)

    assert client.get("/admin/clients/77/revoke", headers=HTML).status_code == 404
    assert post(client, "/admin/clients/77/revoke").status_code == 404


@pytest.mark.parametrize("given", [{"scopes": []}, {"hosts": ["https://x.example"]}])
def test_the_rules_are_those_of_the_use_case_for_every_way_in(clients: Clients, given):
    here = clients.opened.site

    with pytest.raises(BadClient) as refused:
        systems.add(here.new_work(), "МИС", **{"scopes": [Scope.BOOK]} | given, who="test", now=here.now())

    assert refused.value.field in given


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_systems_and_kiosks_are_made_by_keyboard_and_are_accessible(served: Served, accessible):
    page = served.page(Role.ADMINISTRATOR, "/admin/clients")
    page.get_by_label("Название").fill("МИС поликлиники")
    page.get_by_label("смотреть врачей и свободное время").press("Space")
    page.get_by_label("Название").press("Enter")
    page.locator("#one-time").wait_for()
    accessible(page)
    page.get_by_role("link", name="Отключить: МИС поликлиники").press("Enter")
    page.get_by_role("button", name="Отключить").wait_for()
    accessible(page)

    page.goto("/admin/kiosks")
    page.get_by_label("Название инфомата").fill("hall-1")
    page.keyboard.press("Enter")
    page.locator("#one-time").wait_for()
    accessible(page)
