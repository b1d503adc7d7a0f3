"""The registry's pages and questions without a browser: talons, messages at fields, rights, holds of others."""

import io
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from ivr.domain.identifiers import OmsNumber
from ivr.domain.slot import SlotKind
from ivr.domain.tasks import TaskKind
from ivr.domain.user import Role
from ivr.services import booking, calls, consent
from ivr.services.choice import find_referral
from ivr.services.desk_booking import page_key
from ivr.services.people import by_number
from ivr.storage.tables import audit, patients, specialities
from ivr.web.wording import address
from tests.web.conftest import Clients, post, post_json

ANNA = OmsNumber("6256410854009015")


class Desk:
    """A registrar's page about one patient."""

    def __init__(self, clients: Clients, role: Role = Role.REGISTRAR, oms: OmsNumber = ANNA) -> None:
        self.site = clients.opened.site
        self.client = clients(role)
        self.user = clients.users[role]
        self.key = page_key(self.user.id, uuid.uuid4().hex)
        self.patient = self.patient_of(oms)

    def patient_of(self, oms: OmsNumber) -> int:
        return by_number(self.site.new_work(), oms, who="test", now=self.site.now()).patients[0].id

    def ask(self, what: str, **data: Any) -> Any:
        return post_json(self.client, f"/registry/visit/{what}", data)

    def grid(self, speciality: str = "surgeon", **changes: Any) -> dict[str, Any]:
        asked = {"patient": self.patient, "key": self.key, "purpose": "ILLNESS", "speciality": speciality}
        return asked | changes

    def days(self, speciality: str = "surgeon") -> list[str]:
        return [one["day"] for one in self.ask("days", **self.grid(speciality)).json["days"]]

    def free(self, speciality: str = "surgeon") -> list[int]:
        day = self.days(speciality)[0]
        seen = self.ask("slots", **self.grid(speciality), first=day, last=day).json
        return [cell["id"] for cell in seen["cells"] if cell["mark"] == "FREE"]

    def book(self, slot: int, **changes: Any) -> Any:
        held = self.ask("hold", patient=self.patient, key=self.key, slot=slot)
        assert held.status_code == 200, held.text
        return self.ask("book", **self.command(slot), **changes)

    def command(self, slot: int = 0) -> dict[str, Any]:
        asked = {"patient": self.patient, "key": self.key, "purpose": "ILLNESS", "slot": slot}
        return asked | {"command": uuid.uuid4().hex}


@pytest.fixture
def desk(clients: Clients) -> Desk:
    return Desk(clients)


@pytest.fixture
def booked(desk: Desk) -> dict[str, Any]:
    made: dict[str, Any] = desk.book(desk.free()[0]).json
    return made


def test_s3_4_the_talon_is_a_page_of_pdf_that_says_all_that_a_talon_says(desk, booked):
    for paper, width in (("roll", 80), ("a5", 148)):
        answer = desk.client.get(f"/registry/bookings/{booked['booking']}/talon.pdf?paper={paper}")

        (page,) = PdfReader(io.BytesIO(answer.data)).pages
        assert round(float(page.mediabox.width) / 72 * 25.4) == width
        says_all(page, booked)
        assert booked["ticket"] in answer.headers["Content-Disposition"]


def says_all(page: Any, booked: dict[str, Any]) -> None:
    text = " ".join(page.extract_text().split())
    for words in (booked["ticket"], "Тестова Анна Ивановна", "хирург", "Кабинет", "Спасская районная больница"):
        assert words in text
    for words in ("Отменить или перенести", "8 (000) 000-20-20", "в регистратуре", "улица Примерная, дом 1"):
        assert words in text


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("улица Речная, дом двадцать пять, амбулатория", "улица Речная, дом 25, амбулатория"),
        ("улица Новая, дом сто девятнадцать", "улица Новая, дом 119"),
        ("Первый переулок, дом 7", "Первый переулок, дом 7"),
        ("дом тристановых", "дом тристановых"),
    ],
)
def test_a_house_is_a_figure_on_paper(spoken, written):
    assert address(spoken) == written


def test_the_longest_names_still_fit_on_one_talon(desk, booked):
    with desk.site.new_work() as work:
        long = {
            "surname": "Петропавловская-Воскресенская",
            "given_name": "Александра-Виктория",
            "patronymic": "Константиновна",
        }
        work.connection.execute(update(patients).where(patients.c.id == desk.patient).values(long))
        work.commit()

    for paper in ("roll", "a5"):
        answer = desk.client.get(f"/registry/bookings/{booked['booking']}/talon.pdf?paper={paper}")
        assert len(PdfReader(io.BytesIO(answer.data)).pages) == 1


def test_the_talon_of_a_cancelled_visit_says_so(desk, booked):
    post(
        desk.client,
        f"/registry/bookings/{booked['booking']}/cancel",
        {"by": "CANCELLED_BY_PATIENT", "reason": "передумал ехать"},
    )

    assert "Запись отменена" in desk.client.get(f"/registry/bookings/{booked['booking']}/talon").text


BAD = (
    ("number", {"number-number": "123"}, "Введите 16 цифр полиса"),
    ("number", {"number-number": "6256410854009016"}, "не соответствует формату"),
    ("number", {"number-number": "90000100793"}, "контрольное число"),
    ("number", {"number-number": ""}, "Заполните это поле"),
    ("name", {"name-surname": "Тестова", "name-born": "31.02.1985"}, "в виде ДД.ММ.ГГГГ"),
    ("name", {"name-surname": "Тестова", "name-born": "01.01.2999"}, "не может быть позже"),
    (
        "document",
        {"document-kind": "PASSPORT", "document-series": "61", "document-document_number": "1"},
        "серия из 4",
    ),
    ("phone", {"phone-phone": "12"}, "10 цифр после +7"),
)


def test_bad_input_is_told_at_its_field_and_nothing_typed_is_lost(desk):
    for way, typed, message in BAD:
        answer = post(desk.client, f"/registry/search/{way}", typed)

        assert answer.status_code == 422
        assert message in answer.text
        for value in filter(None, typed.values()):
            assert f'value="{value}"' in answer.text


def test_a_new_patient_who_is_known_is_led_to_his_card(desk):
    typed = {"surname": "Новая", "given_name": "Анна", "born": "01.02.1990", "sex": "F", "oms": ANNA.digits}

    answer = post(desk.client, "/registry/patients/new", typed | {"kind": "PASSPORT"})

    assert answer.status_code == 422
    assert "Такой пациент в регистре уже есть" in answer.text
    assert f"/registry/patients/{desk.patient}" in answer.text
    assert 'value="Новая"' in answer.text


def test_a_newcomer_with_a_temporary_certificate_gets_a_card_and_is_found_by_it(desk):
    typed = {"surname": "Новая", "given_name": "Анна", "born": "01.02.1990", "sex": "F", "kind": "PASSPORT"}
    until = f"{desk.site.now() + timedelta(days=20):%d.%m.%Y}"

    without = post(desk.client, "/registry/patients/new", typed | {"certificate": "123 456 789"})
    over = post(
        desk.client, "/registry/patients/new", typed | {"certificate": "123456789", "certificate_until": "01.02.2020"}
    )
    made = post(
        desk.client, "/registry/patients/new", typed | {"certificate": "123 456 789", "certificate_until": until}
    )
    found = post(desk.client, "/registry/search/number", {"number-number": "123456789"})

    assert without.status_code == over.status_code == 422
    assert "до какого дня действует" in without.text
    assert "Срок временного свидетельства истёк" in over.text
    assert 'value="123 456 789"' in without.text
    assert made.status_code == 302
    assert "Новая" in found.text


def test_the_card_names_the_doctor_of_the_patients_district(desk):
    card = desk.client.get(f"/registry/patients/{desk.patient}", headers={"Accept": "text/html"}).text

    assert "<dt>Участковый врач</dt><dd>Градусова Елена Аркадьевна, каб. 21</dd>" in card


def test_looking_at_a_card_is_in_the_audit_log_and_its_address_names_nobody(desk):
    found = post(desk.client, "/registry/search/number", {"number-number": ANNA.digits})
    assert f'href="/registry/patients/{desk.patient}"' in found.text
    desk.client.get(f"/registry/patients/{desk.patient}")

    with desk.site.new_work().reading() as work:
        rows = list(work.connection.execute(select(audit).order_by(audit.c.id.desc()).limit(2)))
    assert [(row.action, row.who) for row in rows] == [
        ("patient shown", f"user:{desk.user.id}"),
        ("search", f"user:{desk.user.id}"),
    ]
    assert ANNA.digits not in str([row.detail for row in rows])


def test_s2_4_there_is_no_grid_without_a_purpose(desk):
    asked = desk.grid(first="2026-11-23", last="2026-11-24")
    del asked["purpose"]

    answer = desk.ask("slots", **asked)

    assert (answer.status_code, answer.json["field"]) == (422, "purpose")


def test_one_press_books_once_however_often_it_is_sent(desk):
    slot = desk.free()[0]
    desk.ask("hold", patient=desk.patient, key=desk.key, slot=slot)
    command = desk.command(slot)

    first, second = desk.ask("book", **command), desk.ask("book", **command)

    assert first.json == second.json
    assert first.json["ticket"]


def test_nobody_reaches_into_the_holds_of_another(desk, clients):
    other = Desk(clients, Role.OPERATOR)
    slot = desk.free()[0]
    desk.ask("hold", patient=desk.patient, key=desk.key, slot=slot)

    assert other.ask("release", key=desk.key).status_code == 403
    assert other.ask("book", **(other.command(slot) | {"key": desk.key})).status_code == 403
    assert other.ask("release", key="no-such-call").status_code == 403
    lost = other.ask("hold", patient=other.patient, key=other.key, slot=slot)
    assert (lost.status_code, lost.json["message"]) == (409, "Это время только что заняли. Выберите другое.")


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("hold", {"patient": 999_999}),
        ("declined", {"patient": 999_999}),
        ("declined", {"speciality": "nonsense"}),
        ("waiting", {"doctor": 999_999}),
        ("waiting", {"doctor": 1}),
    ],
)
def test_what_there_is_not_is_told_so_and_changes_nothing(desk, what, wrong):
    asked = {
        "hold": {"patient": desk.patient, "key": desk.key, "slot": desk.free()[0]},
        "declined": {"patient": desk.patient, "speciality": "surgeon"},
        "waiting": {
            "patient": desk.patient,
            "speciality": "surgeon",
            "part": "ANY",
            "reason": "NO_SLOTS",
            "command": "wait-for-nobody",
        },
    }

    answer = desk.ask(what, **(asked[what] | wrong))

    assert (answer.status_code, answer.text) == (404, "Этого здесь нет: проверьте номер или название.\n")
    with desk.site.new_work().reading() as work:
        assert work.waiting.open_of(desk.patient) == []
        assert list(work.connection.execute(select(audit).where(audit.c.action == "waiting.declined"))) == []


def test_what_an_operator_books_with_one_key_is_in_the_audit_log(clients):
    desk = Desk(clients, Role.OPERATOR)
    here, now = desk.site, desk.site.now()
    slot = desk.free()[0]
    calls.begin(here.new_work(), call_key="call-8", caller=None, line="inbound", now=now)
    calls.keep(here.new_work(), "call-8", entered={"patient_id": desk.patient, "purpose": None})
    assert desk.ask("hold", patient=desk.patient, key="call-8", slot=slot).status_code == 200

    first = post(desk.client, "/desk/calls/call-8/book")
    again = post(desk.client, "/desk/calls/call-8/book")  # its answer was lost on the way

    assert re.findall(r'id="ticket">(\d+)', first.text) == re.findall(r'id="ticket">(\d+)', again.text) != []
    assert "Бронь истекла" not in again.text
    with here.new_work().reading() as work:
        rows = list(work.connection.execute(select(audit).where(audit.c.action == "booking.made")))
    assert [row.who for row in rows] == [f"user:{desk.user.id}"]


def override(desk: Desk, **changes: Any) -> Any:
    tomorrow = desk.site.rules.today(desk.site.now()) + timedelta(days=1)
    when = {"doctor": 1, "day": tomorrow.isoformat(), "at": "12:00", "minutes": 15}
    wish = desk.command() | {"waived": ["OVERBOOK"], "reason": "по просьбе заведующего"} | when
    return desk.ask("override", **(wish | changes))


def test_a_rule_is_set_aside_only_by_who_may(clients):
    assert override(Desk(clients, Role.REGISTRAR)).status_code == 403
    made = override(Desk(clients, Role.SUPERVISOR))
    assert made.status_code == 200, made.text


MISSING = (
    ({"reason": "да"}, "reason"),
    ({"reason": "          "}, "reason"),
    ({"doctor": None}, "doctor"),
    ({"day": None}, "day"),
    ({"at": None}, "at"),
    ({"at": "сейчас"}, "at"),
    ({"minutes": 1}, "minutes"),
    ({"waived": []}, "waived"),
    ({"waived": ["ALL"]}, "waived"),
)


def test_an_override_names_what_is_missing(clients):
    desk = Desk(clients, Role.SUPERVISOR)
    for changes, field in MISSING:
        answer = override(desk, **changes)

        assert (answer.status_code, answer.json["field"]) == (422, field), changes


def test_behind_the_horizon_only_an_override_books(clients):
    desk = Desk(clients, Role.SUPERVISOR)
    with desk.site.new_work() as work:
        short = update(specialities).where(specialities.c.key == "therapist").values(horizon_days=1)
        work.connection.execute(short)
        work.commit()
    today = desk.site.rules.today(desk.site.now())
    first, last = (today + timedelta(days=days) for days in (2, 10))
    seen = desk.ask("slots", **desk.grid("therapist"), first=first.isoformat(), last=last.isoformat()).json
    outside = [cell["id"] for cell in seen["cells"] if cell["mark"] == "OUTSIDE"]

    refused = desk.book(outside[0])
    made = override(desk, waived=["HORIZON"], slot=outside[0])

    assert (refused.status_code, refused.json["field"]) == (409, "waived")
    assert made.status_code == 200, made.text


def test_s3_5_a_reminder_needs_a_yes_and_a_telephone(desk, booked):
    def answer(**wish: Any) -> Any:
        return desk.ask("consent", booking=booked["booking"], key=desk.key, **wish)

    assert answer(method="CALL", phone="").json["field"] == "consent"
    assert answer(method="CALL", phone="12").json["field"] == "consent"
    assert answer(method="SMS", phone="8 900 000-01-01").status_code == 200
    made = booking.of_id(desk.site.new_work(), booked["booking"])
    kept = consent.given(desk.site.new_work(), made, "REMINDER")
    assert (kept.method, kept.phone.e164) == ("SMS", "+79000000101")

    answer(method="NONE")

    assert consent.given(desk.site.new_work(), made, "REMINDER") is None


def test_a_call_without_a_known_patient_stays_with_the_search_and_the_card(desk):
    now = desk.site.now()
    calls.begin(desk.site.new_work(), call_key="call-7", caller=None, line="inbound", now=now)

    page = desk.client.get("/registry/?call=call-7").text
    found = post(desk.client, "/registry/search/number", {"number-number": ANNA.digits, "call": "call-7"}).text
    card = desk.client.get(f"/registry/patients/{desk.patient}?call=call-7").text

    assert 'name="call" value="call-7"' in page
    assert f"/registry/patients/{desk.patient}?call=call-7" in found
    assert f"/registry/patients/{desk.patient}/visit?call=call-7" in card


def test_a_document_shown_at_the_window_names_the_patient_the_next_time(desk):
    passport = {"document-kind": "PASSPORT", "document-series": "6101", "document-document_number": "654321"}
    path = f"/registry/patients/{desk.patient}/documents"

    assert post(desk.client, path, passport | {"document-series": "61"}).status_code == 422
    assert post(desk.client, path, passport).status_code == 302
    found = post(desk.client, "/registry/search/document", passport).text

    assert f'href="/registry/patients/{desk.patient}"' in found
    assert "сервис ЕГИСЗ не подключён" in found
    other = desk.patient_of(BORIS)
    assert post(desk.client, f"/registry/patients/{other}/documents", passport).status_code == 422


BORIS = OmsNumber("6268150854009021")
VERA = OmsNumber("6292089754009030")
"""A child."""


def test_s2_5_a_visit_by_referral_needs_its_number_at_its_field(clients):
    desk = Desk(clients, oms=BORIS)
    with desk.site.new_work().reading() as work:
        referral = work.referrals.open_of(desk.patient, desk.site.rules.today(desk.site.now()))[0]
    grid = desk.grid(referral.speciality, purpose="REFERRAL")
    day = desk.ask("days", **grid).json["days"][0]["day"]
    cells = desk.ask("slots", **grid, first=day, last=day).json["cells"]
    slot = next(cell["id"] for cell in cells if cell["mark"] == "FREE")
    by_referral = {"purpose": "REFERRAL"}
    desk.ask("hold", patient=desk.patient, key=desk.key, slot=slot)

    refused = desk.ask("book", **(desk.command(slot) | by_referral))
    unknown = desk.ask("book", **(desk.command(slot) | by_referral | {"referral": "000"}))
    made = desk.ask("book", **(desk.command(slot) | by_referral | {"referral": referral.number}))

    assert (
        (refused.status_code, refused.json["field"])
        == (unknown.status_code, unknown.json["field"])
        == (409, "referral")
    )
    assert made.status_code == 200, made.text


def test_d11_a_paper_referral_entered_on_the_card_opens_its_speciality_in_every_channel(desk):
    now, rules = desk.site.now(), desk.site.rules
    until = f"{now + timedelta(days=20):%d.%m.%Y}"
    typed = {"referral-number": "7701", "referral-speciality": "cardiologist", "referral-valid_until": until}
    address = f"/registry/patients/{desk.patient}/referrals"

    bad = post(desk.client, address, typed | {"referral-number": "77-01"})
    over = post(desk.client, address, typed | {"referral-valid_until": "01.02.2020"})
    kept = [post(desk.client, address, typed).status_code for _ in range(2)]
    other = post(desk.client, address, typed | {"referral-speciality": "surgeon"})
    card = desk.client.get(f"/registry/patients/{desk.patient}", headers={"Accept": "text/html"}).text

    assert (bad.status_code, over.status_code, other.status_code) == (422, 422, 422)
    assert "от 3 до 16 цифр" in bad.text and 'value="77-01"' in bad.text
    assert "Срок направления истёк" in over.text
    assert "уже было" in other.text
    assert kept == [302, 302]
    assert card.count("№ 7701") == 1
    found = find_referral(desk.site.new_work(), desk.patient, "7701", rules=rules, now=now)
    assert found.speciality == "cardiologist"


def test_the_age_rule_is_told_and_set_aside_only_with_a_reason(clients):
    desk = Desk(clients, Role.SUPERVISOR, VERA)
    offered = desk.ask("route", patient=desk.patient, purpose="ILLNESS").json["specialities"]
    assert {one["key"]: one["fits"] for one in offered}["therapist"] is False
    day = Desk(clients, Role.REGISTRAR).days("therapist")[0]
    cells = desk.ask("slots", **desk.grid("therapist"), first=day, last=day).json["cells"]
    slot = next(cell["id"] for cell in cells if cell["mark"] == "FREE")

    refused = desk.book(slot)
    made = override(desk, waived=["ADMISSION"], slot=slot)

    assert (refused.status_code, refused.json["field"]) == (409, "waived")
    assert made.status_code == 200, made.text


JSON_PATHS = ("route", "days", "slots", "changed", "hold", "release", "book", "waiting", "declined", "consent")


def test_a_question_that_is_none_is_answered_with_a_message_in_russian(desk):
    for what in JSON_PATHS:
        for wrong in ([], {"patient": "x"}, {"key": 7}, {"a": {}}, {"patient": 10**30}):
            answer = post_json(desk.client, f"/registry/visit/{what}", wrong)

            assert (answer.status_code, answer.json["message"]) == (422, "Проверьте это поле."), (what, wrong)


def test_questions_about_nobody_are_answered_not_found(desk):
    nobody = desk.grid() | {"patient": 999_999}

    assert desk.ask("days", **nobody).status_code == 404
    assert desk.ask("route", patient=999_999, purpose="ILLNESS").status_code == 404
    assert desk.ask("hold", patient=desk.patient, key=desk.key, slot=999_999).status_code == 404
    assert desk.ask("days", **desk.grid("no-such")).status_code == 404


def test_every_kind_of_slot_has_its_word():
    from ivr.web.registry.words import KINDS

    assert set(KINDS) == set(SlotKind)


def test_every_code_has_its_word():
    from ivr.domain.booking import BookingStatus
    from ivr.domain.document import DocumentKind
    from ivr.domain.purpose import Purpose
    from ivr.domain.slot import Channel
    from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
    from ivr.services.egisz import Means
    from ivr.services.grid import Mark
    from ivr.web.registry import words

    for codes, said in (
        (BookingStatus, words.STATUSES),
        (DocumentKind, words.DOCUMENTS),
        (Purpose, words.PURPOSES),
        (Channel, words.CHANNELS),
        (PartOfDay, words.PARTS),
        (WaitingReason, words.WAITING_REASONS),
        (WaitingStatus, words.WAITING),
        (Means, words.MEANS),
        (Means, words.NOT_FOUND),
        (Mark, words.MARKS),
    ):
        assert set(said) == set(codes)


def test_the_hospital_moves_a_visit_only_with_a_reason_and_the_patient_is_told(desk, booked):
    slot = desk.free()[1]
    desk.ask("hold", patient=desk.patient, key=desk.key, slot=slot, moves=booked["booking"])
    command = desk.command(slot) | {"moves": booked["booking"]}

    for wrong in ("", "да", "    "):
        refused = desk.ask("book", **(command | {"clinic_reason": wrong}))
        assert (refused.status_code, refused.json["field"]) == (422, "clinic_reason")
    made = desk.ask("book", **(command | {"clinic_reason": "врач в операционной"}))

    assert made.json["present"] is False
    assert "Пациенту сообщат о переносе" in made.json["said"]
    with desk.site.new_work().reading() as work:
        assert work.tasks.of_booking(made.json["booking"], TaskKind.CLINIC_MOVED) is not None
    card = desk.client.get(f"/registry/patients/{desk.patient}", headers={"Accept": "text/html"}).text
    assert "перенесла больница: врач в операционной" in card
