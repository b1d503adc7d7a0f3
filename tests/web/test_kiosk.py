"""The kiosk without a browser: who is let in, what is told of whom, what is kept (S3.1 to S3.8, 4.2, D-06)."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from ivr.domain.slot import Channel, SlotKind
from ivr.printing.escpos import written
from ivr.services import kiosks
from ivr.services.ports import StorageDown, Work
from ivr.services.talon import Talon
from ivr.settings import Kiosk
from ivr.storage import tables
from ivr.web.wording import telephone
from tests.builders import MOSCOW, NOW
from tests.ports import free_ports
from tests.web.conftest import Clients, a_site, add_users, csrf
from tests.web.hall import ANNA, BORIS, HTML, NOBODY, ZHANNA, Hall, admit, paper, values

OTHER_CHANNELS = frozenset({Channel.CC, Channel.REG, Channel.EPGU})
PRIVATE = ("Тестова", "Анна", "Ивановна", "12.03.1985", "000-01-01", "+7000")
"""Of Anna, nothing of which a kiosk may show (4.2)."""
NO_TIME = "Свободного времени для записи через инфомат нет"
TAKEN = "Это время только что заняли"


@pytest.fixture
def hall(clients: Clients) -> Hall:
    return Hall(clients)


# --- who is let in


def test_a_machine_without_a_pass_is_told_nothing(hall: Hall):
    stranger = hall.clients()
    routes = [rule for rule in hall.app.url_map.iter_rules() if rule.endpoint.startswith("kiosk.")]
    headers = HTML | {"X-CSRFToken": csrf(stranger)}

    answers = {
        rule.endpoint: stranger.post(rule.rule, data={"number": ANNA}, headers=headers).status_code
        for rule in routes
        if "POST" in rule.methods and rule.endpoint != "kiosk.admit"
    }

    assert len(answers) >= 12
    assert set(answers.values()) == {401}
    assert "Инфомат не подключён" in stranger.get("/kiosk").text


def test_a_pass_lets_one_machine_in_once(hall: Hall):
    made = hall.pass_for("second")
    first, second = hall.clients(), hall.clients()

    assert admit(first, made).status_code == 302
    assert admit(second, made).status_code == 422
    assert "Введите 16 цифр" in first.get("/kiosk").text
    assert "Инфомат не подключён" in second.get("/kiosk").text


def test_a_pass_is_of_no_use_after_a_day(hall: Hall):
    before = hall.site.now() - timedelta(hours=24)
    made = kiosks.make_pass(hall.site.new_work(), "late", who="test", now=before)

    assert admit(hall.clients(), made).status_code == 422


def test_a_closed_kiosk_is_out_at_once(hall: Hall):
    (kiosk,) = kiosks.everybody(hall.site.new_work())

    kiosks.revoke(hall.site.new_work(), kiosk.id, who="test", now=hall.site.now())

    assert hall.post("policy", number=ANNA).status_code == 401


def test_of_pass_and_cookie_only_digests_are_kept_and_the_cookie_is_for_the_kiosk_alone(hall: Hall):
    made = hall.pass_for("third")

    cookie = admit(hall.clients(), made).headers.getlist("Set-Cookie")[0]

    secret = re.match(r"kiosk=([^;]+)", cookie)[1]
    stored = str(hall.rows("kiosks"))
    assert made not in stored and secret not in stored
    assert {"HttpOnly", "SameSite=Strict", "Path=/kiosk"} <= {part.strip() for part in cookie.split(";")}


def test_where_kiosks_are_off_there_is_no_page(tmp_path: Path, demo_hospital: Path):
    with a_site(tmp_path, demo_hospital, kiosk=Kiosk(enabled=False)) as opened:
        assert opened.app.test_client().get("/kiosk").status_code == 404


# --- S3.1, S3.2, D-06


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Укажите номер полиса ОМС"),
        ("625641085400901", "Номер полиса ОМС должен содержать 16 цифр"),
        ("6256410854009016", "Единый номер полиса не соответствует формату. Проверьте цифры"),
        ("0000000000000000", "Единый номер полиса не соответствует формату. Проверьте цифры"),
        (f"ЕНП|{ANNA}|{BORIS}", "Номер полиса прочитать не удалось"),
    ],
)
def test_s3_1_a_malformed_number_is_told_at_its_field_and_not_looked_up(hall: Hall, typed, said):
    answer = hall.post("policy", number=typed)

    assert answer.status_code == 422
    assert said in answer.text and 'aria-invalid="true"' in answer.text
    assert hall.rows("audit", action="search") == []


def test_s3_1_a_scanned_policy_may_hold_more_than_its_number(hall: Hall):
    answer = hall.post("policy", number=f"01;{ANNA};ТЕСТОВА;12.03.1985;20301231")

    assert "Выберите специальность" in answer.text


def test_s3_2_an_unknown_policy_is_sent_to_the_registry_as_often_as_it_is_tried(hall: Hall):
    answers = [hall.post("policy", number=NOBODY) for _ in range(7)]

    for answer in answers:
        assert "Пациент с таким номером полиса не зарегистрирован в системе" in answer.text
        assert "Обратитесь в регистратуру" in answer.text
    assert hall.rows("kiosk_visits") == []
    assert "Выберите специальность" in hall.post("policy", number=ANNA).text


@pytest.mark.parametrize("how", [{"per_minute": 5}, {"unknown_per_hour": 5}])
def test_d_06_who_tries_numbers_is_slowed_down_at_his_kiosk_alone(tmp_path: Path, demo_hospital: Path, how):
    with a_site(tmp_path, demo_hospital, kiosk=Kiosk(**how)) as opened:
        clients = Clients(opened, add_users(opened))
        hall, other = Hall(clients), Hall(clients, "other")

        seen = [hall.post("policy", number=NOBODY).status_code for _ in range(7)]

        assert seen == [404] * 5 + [429] * 2
        assert "Слишком много попыток" in hall.post("policy", number=ANNA).text
        assert other.post("policy", number=ANNA).status_code == 200


def test_every_number_that_is_tried_is_in_the_audit_log_without_its_digits(hall: Hall):
    hall.post("policy", number=NOBODY)
    hall.post("policy", number=ANNA)

    failed, found = hall.rows("audit", action="search")
    assert (failed.detail["found"], len(found.detail["found"])) == ([], 1)
    assert NOBODY not in str(failed) and ANNA not in str(found)


# --- 4.2


def test_4_2_nothing_but_initials_is_shown_of_whoever_the_policy_belongs_to(hall: Hall):
    screens = [hall.post("policy", number=ANNA)]
    fields = hall.choose()
    screens += [hall.post(path, **fields) for path in ("doctors", "days", "times", "hold", "book")]
    screens += [hall.post("print"), hall.post("notices")]
    screens += [hall.post("notices/choice", method=method) for method in ("CALL", "SMS", "EMAIL")]

    assert "Т. А. И." in screens[0].text
    for screen in screens:
        assert screen.status_code == 200
        assert [word for word in PRIVATE if word in screen.text] == []


def test_4_2_who_is_booked_already_hears_the_same_as_where_there_is_no_time(hall: Hall):
    hall.book()
    hall.post("policy", number=ANNA)

    booked_already = hall.post("doctors", speciality="therapist").text
    hall.change_slots(tables.slots.c.speciality == "surgeon")
    no_time = hall.post("doctors", speciality="surgeon").text

    assert booked_already == no_time
    assert NO_TIME in no_time


def test_4_2_no_speciality_is_shown_to_which_only_a_referral_leads(hall: Hall):
    shown = hall.post("policy", number=ANNA)

    asked = hall.post("doctors", speciality="cardiologist")

    assert "therapist" in shown.text and "cardiologist" not in shown.text
    assert NO_TIME in asked.text


# --- S3.3, S3.8


def test_s3_3_only_times_are_offered_that_are_open_to_kiosks_within_the_horizon(hall: Hall):
    fields = hall.choose()
    slots = values(hall.post("times", **fields), "slot")
    hall.change_slots(tables.slots.c.id == int(slots[-1]), channels=OTHER_CHANNELS)

    days = values(hall.post("days", **fields), "day")
    offered = values(hall.post("times", **fields), "slot")

    last = hall.site.rules.last_day(hall.site.rules.today(hall.site.now()))
    assert offered == slots[:-1]
    assert days == sorted(days) and days[-1] <= last.isoformat()
    with hall.site.new_work().reading() as work:
        kinds = {work.slots.get(int(slot)).kind for slot in offered}
    assert kinds <= {SlotKind.PRIMARY, SlotKind.PREVENTIVE, SlotKind.VACCINATION}


def test_s3_3_a_slot_is_held_while_the_page_is_on_it_and_free_when_the_patient_goes(hall: Hall):
    other = Hall(hall.clients, "other")
    fields = hall.choose()
    other.post("policy", number=BORIS)

    while_on_it = values(other.post("times", **fields), "slot")
    hall.post("end")
    afterwards = values(other.post("times", **fields), "slot")

    assert fields["slot"] not in while_on_it
    assert fields["slot"] in afterwards


def test_s3_3_who_loses_his_slot_is_told_so_and_shown_what_is_free_now(hall: Hall):
    fields = hall.choose()
    hall.post("end")
    hall.post("policy", number=ANNA)
    other = Hall(hall.clients, "other")
    other.post("policy", number=BORIS)
    assert "Вы записаны" in other.post("book", **fields).text

    for answer in (hall.post("hold", **fields), hall.post("book", **fields)):
        assert TAKEN in answer.text
        assert "Выберите время" in answer.text
        assert fields["slot"] not in values(answer, "slot")


def test_s3_8_without_free_time_both_telephones_are_named(hall: Hall):
    hall.post("policy", number=ANNA)
    hall.change_slots()

    answer = hall.post("doctors", speciality="therapist")

    here = hall.site.hospital
    assert NO_TIME in answer.text and "Обратитесь в колл-центр или в регистратуру" in answer.text
    assert telephone(here.call_centre_phone or here.registry_phone) in answer.text
    assert telephone(here.registry_phone) in answer.text


def test_s3_8_there_is_no_branch_for_attachment_at_the_kiosk(hall: Hall):
    (patient,) = hall.rows("patients", oms=ZHANNA)

    answer = hall.book(ZHANNA)

    assert not patient.attached
    assert "Вы записаны" in answer.text


# --- S3.4


def test_s3_4_a_printer_on_the_network_gets_the_talon_with_its_code(tmp_path: Path, demo_hospital: Path):
    with paper() as (port, printed), a_site(tmp_path, demo_hospital, kiosk=_printer(port)) as opened:
        hall = Hall(Clients(opened, add_users(opened)))
        hall.book()

        answer = hall.post("print")

        paper_roll, ticket = printed(), hall.ticket()
    text = paper_roll.decode("cp866", errors="replace")
    assert f'Возьмите талон № <span class="ticket">{ticket}' in answer.text
    assert f"Талон № {ticket}" in text and "Кабинет: " in text and "Пациент: Т. А. И." in text
    assert [word for word in PRIVATE if word in text] == []
    assert b"\x1d(k" in paper_roll and b"1P0" + ticket.encode() in paper_roll  # the QR code holds the number
    assert b"\x1dV" in paper_roll[-8:]  # cut off


@pytest.mark.parametrize("host", ["127.0.0.1", "printer..hall"])  # nobody listens there; no name of a machine
def test_s3_4_a_printer_that_fails_leaves_the_number_on_the_screen(host: str, tmp_path: Path, demo_hospital: Path):
    with a_site(tmp_path, demo_hospital, kiosk=_printer(*free_ports(1), host)) as opened:
        hall = Hall(Clients(opened, add_users(opened)))
        hall.book()

        answer = hall.post("print")

        assert "Принтер не отвечает" in answer.text
        assert hall.ticket() in answer.text


def test_s3_4_what_the_printers_code_page_lacks_is_written_as_it_can_be():
    words = {"hospital": "ГБУ «Спасская РБ» — филиал", "doctor": "Ёлкин Пётр", "room": "№\u00a05", "ticket": "90307954"}
    told = dict.fromkeys(("patient", "speciality", "address", "registry_phone"), "") | words
    found = Talon(patient_id=1, starts_at=NOW, created_at=NOW, channel=Channel.INFOMAT, stands=True, **told)

    text = written(found, MOSCOW).decode("cp866", errors="replace")

    assert 'ГБУ "Спасская РБ" - филиал' in text and "Ёлкин Пётр" in text and "№\u00a05" in text


def _printer(port: int, host: str = "127.0.0.1") -> Kiosk:
    return Kiosk(printers=f"hall={host}:{port}")


# --- S3.5, S3.6, S3.7


@pytest.mark.parametrize(
    ("method", "contact", "kept"),
    [
        ("CALL", "", [("REMINDER", "CALL", "+70000000101", None)]),
        ("SMS", "9161234567", [("REMINDER", "SMS", "+79161234567", None), ("NOTICE", "SMS", "+79161234567", None)]),
        ("EMAIL", "anna@example.ru", [("NOTICE", "EMAIL", None, "anna@example.ru")]),
    ],
)
def test_s3_5_s3_6_the_method_is_kept_with_words_and_time_and_a_missing_contact_is_asked(
    hall: Hall, method, contact, kept
):
    hall.book()

    answer = hall.post("notices/choice", method=method)
    if contact:
        assert 'name="contact"' in answer.text
        answer = hall.post("notices/contact", method=method, contact=contact)

    assert "Готово" in answer.text
    rows = hall.rows("consents")
    assert [(row.purpose, row.method, row.phone, row.email) for row in rows] == kept
    for row in rows:
        assert row.given and row.channel == "INFOMAT" and row.wording.startswith("infomat-")
        assert row.proof.startswith("infomat:") and row.booking_id == hall.rows("bookings")[-1].id
    (patient,) = hall.rows("patients", oms=ANNA)
    assert patient.phone == "+70000000101"  # who knows a policy's number changes nobody's card


def test_s3_5_without_consent_nothing_is_sent(hall: Hall):
    hall.book()

    answer = hall.post("notices/choice", method="NONE")

    assert "Сообщений не будет" in answer.text
    assert [row.given for row in hall.rows("consents")] == [False, False]
    assert hall.rows("notices") == []


@pytest.mark.parametrize(
    ("method", "contact", "said"),
    [
        ("CALL", "12345", "10 цифр после +7"),
        ("SMS", "4913512345", "мобильный"),
        ("EMAIL", "почта@больница", "латинскими буквами"),
    ],
)
def test_s3_6_an_invalid_contact_is_asked_again(hall: Hall, method, contact, said):
    hall.book()

    answer = hall.post("notices/contact", method=method, contact=contact)

    assert answer.status_code == 422
    assert said in answer.text and 'name="contact"' in answer.text
    assert hall.rows("consents") == []


def test_s3_7_every_booking_of_a_kiosk_has_its_feedback_task(hall: Hall):
    hall.book()

    made = hall.rows("bookings")[-1]
    assert made.channel == "INFOMAT"
    assert [task.owner for task in hall.rows("tasks", booking_id=made.id, kind="FEEDBACK")] == ["CALL_CENTRE"]


# --- one patient after another


def test_a_booking_that_is_sent_twice_is_made_once_also_after_the_turn_has_ended(hall: Hall):
    fields = hall.choose()
    before = len(hall.rows("bookings"))

    first, again = hall.post("book", **fields), hall.post("book", **fields)
    hall.client.get("/kiosk")
    late = hall.post("book", **fields)

    assert all(hall.ticket() in answer.text for answer in (first, again, late))
    assert len(hall.rows("bookings")) == before + 1
    assert "Напечатать" not in late.text


def test_the_next_patient_finds_nothing_and_the_page_before_is_of_no_use(hall: Hall):
    fields = hall.choose()
    before = hall.visit

    hall.post("policy", number=BORIS)

    assert [row.patient_id for row in hall.rows("kiosk_visits")] == [hall.rows("patients", oms=BORIS)[0].id]
    assert hall.rows("slots", id=int(fields["slot"]))[0].held_by is None
    assert "Время на запись истекло" in hall.post("specialities", visit=before).text


def test_a_turn_ends_by_itself_a_hold_after_the_last_sign_of_life(hall: Hall):
    hall.post("policy", number=ANNA)
    with hall.site.new_work() as work:
        long_ago = hall.site.now() - hall.site.rules.hold
        work.connection.execute(update(tables.kiosk_visits).values(seen_at=long_ago))
        work.commit()

    assert "Время на запись истекло" in hall.post("specialities").text


def test_a_farewell_that_comes_late_sends_nobody_else_away(hall: Hall):
    hall.post("policy", number=ANNA)
    before = hall.visit
    hall.post("policy", number=BORIS)

    hall.post("end", visit=before)

    assert "Выберите специальность" in hall.post("specialities").text


def test_a_kiosk_that_is_never_switched_off_keeps_its_forgery_token_alive(hall: Hall):
    renewed = hall.client.get("/kiosk").headers.getlist("Set-Cookie")

    assert any(cookie.startswith("ivr=") for cookie in renewed)


# --- when something is down


def test_a_page_that_meets_a_database_that_is_down_comes_back_by_itself(hall: Hall):
    def down() -> Work:
        raise StorageDown("down")

    hall.app.extensions["ivr"] = replace(hall.site, new_work=down)

    answer = hall.client.get("/kiosk", headers=HTML)

    assert answer.status_code == 503
    assert "<!doctype html>" in answer.text and 'http-equiv="refresh"' in answer.text
    assert 'href="/"' not in answer.text


def test_no_error_leads_from_the_kiosk_to_the_pages_of_the_site(hall: Hall):
    hall.book()
    fields = hall.choose(speciality="surgeon")
    behind = hall.site.now() + timedelta(days=400)
    chosen = tables.slots.c.id == int(str(fields["slot"]))
    hall.change_slots(chosen, starts_at=behind, ends_at=behind + timedelta(minutes=10))

    answer = hall.post("book", **fields)  # behind the horizon

    assert answer.status_code == 409
    assert "Запись сейчас недоступна" in answer.text and "data-leave" in answer.text
    assert "<html" not in answer.text


def test_4_2_who_takes_a_time_beside_another_visit_of_the_patient_is_not_told_of_that(hall: Hall):
    hall.book()
    (made,) = hall.rows("bookings", channel="INFOMAT")
    (at,) = [row.starts_at for row in hall.rows("slots", id=made.slot_id)]
    fields = hall.choose(speciality="surgeon")
    chosen = tables.slots.c.id == int(str(fields["slot"]))
    hall.change_slots(chosen, starts_at=at, ends_at=at + timedelta(minutes=10))

    for answer in (hall.post("hold", **fields), hall.post("book", **fields)):
        assert TAKEN in answer.text
        assert "другой приём" not in answer.text


def test_nothing_may_be_kept_by_the_browser(hall: Hall):
    for answer in (hall.client.get("/kiosk"), hall.post("policy", number=ANNA)):
        assert answer.headers["Cache-Control"] == "no-store"
