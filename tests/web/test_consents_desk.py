"""What a patient agrees to at the desk, takes back, and forbids the robot."""

from typing import Any

import pytest
from playwright.sync_api import expect

from ivr.domain.consent import WORDINGS, ConsentPurpose
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.user import Role
from ivr.services import calls, consent, robot_calls
from tests.web.conftest import Clients, Served, post
from tests.web.test_registry import ANNA, BORIS, Desk
from tests.web.test_registry_browser import id_of, logged

ANNAS = PhoneNumber("+70000000101")
AGREED = {"purpose": "REMINDER", "visit": "", "method": "SMS", "phone": "+79000000101", "proof": "desk:paper"}


@pytest.fixture
def desk(clients: Clients) -> Desk:
    return Desk(clients)


def agree(desk: Desk, **changes: Any) -> Any:
    return post(desk.client, f"/registry/patients/{desk.patient}/consents/new", AGREED | changes)


def lines(desk: Desk) -> Any:
    return consent.lines(desk.site.new_work(), desk.patient)


WRONG = (
    ({"purpose": ""}, "Выберите, на что пациент согласен."),
    ({"purpose": "ROBOT_CALLS"}, "Not a valid choice"),
    ({"method": "EMAIL"}, "Для этого согласия возможны: звонок, смс."),
    ({"phone": ""}, "Укажите телефон."),
    ({"phone": "12"}, "10 цифр после +7"),
    ({"phone": "+74950000101"}, "СМС приходят только на мобильный телефон."),
    ({"purpose": "NOTICE", "method": "EMAIL", "email": "анна@почта"}, "Укажите адрес"),
    ({"visit": "999999"}, "Not a valid choice"),
    ({"proof": "desk:guess"}, "Not a valid choice"),
)


def test_what_is_missing_is_told_and_nothing_is_written(desk):
    for changes, message in WRONG:
        answer = agree(desk, **changes)

        assert answer.status_code == 422, changes
        if not message.startswith("Not"):
            assert message in answer.text, changes
    assert lines(desk) == []


def test_the_card_tells_the_whole_ledger(desk):
    assert agree(desk).status_code == 302
    (line,) = lines(desk)
    withdrawn = post(
        desk.client, f"/registry/patients/{desk.patient}/consents/{line.said.id}/withdraw", {"proof": "desk:oral"}
    )
    assert withdrawn.status_code == 302

    card = desk.client.get(f"/registry/patients/{desk.patient}").text
    for words in (
        "Напоминания о приёме",
        "подписал бланк",
        "отозвано",
        "записал(а) Registrar Тестовый",
        "+79000000101",
    ):
        assert words in card
    assert line.said.wording in card


def test_in_a_call_that_is_served_the_channel_is_the_call(clients):
    desk = Desk(clients, Role.OPERATOR)
    calls.begin(desk.site.new_work(), call_key="call-5", caller=None, line="inbound", now=desk.site.now())

    assert agree(desk, call="call-5").status_code == 302
    assert agree(desk, call="no-such").status_code == 403

    (line,) = lines(desk)
    assert (line.said.channel, line.said.call_key) == ("CC", "call-5")


def test_a_consent_of_another_patient_is_not_found(desk):
    agree(desk)
    (line,) = lines(desk)
    other = desk.patient_of(BORIS)

    answer = post(desk.client, f"/registry/patients/{other}/consents/{line.said.id}/withdraw", {"proof": "desk:oral"})

    assert answer.status_code == 404


def test_the_robot_is_forbidden_only_a_number_of_the_patient(desk):
    path = f"/registry/patients/{desk.patient}/robot-calls"

    assert post(desk.client, path, {"phone": "12"}).status_code == 422
    assert post(desk.client, path, {"phone": "+79990000000", "allowed": "0"}).status_code == 404
    assert post(desk.client, path, {"phone": ANNAS.e164, "allowed": "0"}).status_code == 302

    (number,) = robot_calls.numbers(desk.site.new_work(), desk.patient)
    assert (number.phone, number.allowed) == (ANNAS, False)


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_a_patient_agrees_to_words_that_he_has_seen_and_takes_it_back(served: Served, accessible):
    page = served.page(Role.REGISTRAR, f"/registry/patients/{id_of(served, ANNA.digits)}")
    page.get_by_role("link", name="Внести согласие").click()
    for purpose in (ConsentPurpose.REMINDER, ConsentPurpose.NOTICE, ConsentPurpose.SURVEY):
        expect(page.get_by_text(WORDINGS[purpose].text)).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Записать согласие").click()
    expect(page.get_by_role("alert")).to_contain_text("Выберите, на что пациент согласен.")

    page.get_by_label("Напоминания о приёме").check()
    page.get_by_label("Способ").select_option("Звонок")
    page.get_by_label("подписал бланк").check()
    page.get_by_role("button", name="Записать согласие").click()
    row = page.get_by_role("row", name="Напоминания о приёме")
    expect(row).to_contain_text("действует")
    page.get_by_role("button", name="Запретить звонки помощника на +70000000101").click()
    expect(page.get_by_text("автоматический помощник не звонит")).to_be_visible()
    accessible(page)
    row.get_by_role("link", name="Отозвать").click()
    accessible(page)
    page.get_by_role("button", name="Отозвать согласие").click()
    expect(row).to_contain_text("отозвано")
    page.get_by_role("button", name="Снова разрешить").click()
    expect(page.get_by_text("автоматический помощник может звонить")).to_be_visible()

    assert [one["consent"] for one in logged(served, "consent.given")] == [1]
    assert [one["consent"] for one in logged(served, "consent.withdrawn")] == [1]
    assert len(logged(served, "robot.forbidden")) == len(logged(served, "robot.allowed")) == 1
