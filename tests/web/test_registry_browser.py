"""The registry in a real browser: every rule S2.1 to S2.7, and what pages see of each other."""

import io
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlalchemy import select, update

from ivr.domain.document import DocumentKind, IdentityDocument
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.refusals import SlotTaken
from ivr.domain.user import Role
from ivr.egisz.client import EgiszClient
from ivr.services import booking, calls
from ivr.storage.tables import audit, patients, slots, tasks
from tests.ports import free_ports
from tests.web.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]

ANNA = "6256410854009015"
ANNAS_SNILS = "90000100792"
BORIS = "6268150854009021"


def id_of(served: Served, oms: str) -> int:
    with served.opened.site.new_work().reading() as work:
        return int(work.connection.execute(select(patients.c.id).where(patients.c.oms == oms)).scalar_one())


def logged(served: Served, action: str) -> list[dict[str, Any]]:
    with served.opened.site.new_work().reading() as work:
        chosen = select(audit.c.detail).where(audit.c.action == action).order_by(audit.c.id)
        return list(work.connection.execute(chosen).scalars())


def visit(served: Served, oms: str, role: Role = Role.REGISTRAR) -> Page:
    return served.page(role, f"/registry/patients/{id_of(served, oms)}/visit")


def choose(page: Page, purpose: str = "ILLNESS", speciality: str = "surgeon") -> None:
    page.get_by_label("Цель обращения").select_option(purpose)
    page.locator(f"#speciality option[value={speciality}]").wait_for(state="attached")
    page.get_by_label("Специальность").select_option(speciality)


def free(page: Page) -> list[str]:
    """Ids of the slots in the list of free times."""
    page.locator("#times button").first.wait_for()
    found: list[str] = page.locator("#times button").evaluate_all("all => all.map(one => one.dataset.slot)")
    return found


def in_grid(page: Page, slot: str) -> Any:
    return page.locator(f"#grid button[data-slot='{slot}']")


def book_held(page: Page) -> None:
    expect(page.get_by_text("Держим за вами ещё")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#done-said")).to_contain_text("Талон №")


def search_number(page: Page, number: str) -> None:
    page.get_by_label("Полис ОМС, СНИЛС").fill(number)
    page.keyboard.press("Enter")


def test_s2_1_the_policy_or_the_snils_alone_names_the_patient_at_the_window(served, accessible):
    page = served.page(Role.REGISTRAR, "/registry/")
    for number in (ANNA, ANNAS_SNILS[:3] + "-" + ANNAS_SNILS[3:]):
        search_number(page, number)
        expect(page.get_by_role("link", name="Тестова Анна Ивановна")).to_be_visible()
    accessible(page)

    page.keyboard.press("Tab")  # the result has the keyboard
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Тестова Анна Ивановна")).to_be_visible()
    assert ANNA not in page.url
    accessible(page)


def test_s2_2_a_document_finds_the_patient_and_the_result_says_when_the_service_is_down(served):
    with served.opened.site.new_work() as work:
        passport = IdentityDocument(DocumentKind.PASSPORT, "6101", "123456")
        work.patients.add_document(id_of(served, ANNA), passport)
        work.commit()
    served.opened.site.extras["egisz"] = EgiszClient(f"http://127.0.0.1:{free_ports(1)[0]}/")
    page = served.page(Role.REGISTRAR, "/registry/")

    page.get_by_label("Серия").fill("61 01")
    page.get_by_label("Номер документа").fill("123456")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Тестова Анна Ивановна")).to_be_visible()
    expect(page.locator("#means")).to_contain_text("сервис ЕГИСЗ не отвечает")
    assert logged(served, "search")[-1]["means"] == "LOCAL_SERVICE_DOWN"


def test_s2_3_without_a_policy_both_messages_are_shown_and_logged(served, accessible):
    page = served.page(Role.REGISTRAR, "/registry/")

    page.keyboard.press("Alt+b")

    told = page.locator("#no-policy")
    expect(told).to_contain_text("Неотложную помощь вам окажут и без полиса.")
    expect(told).to_contain_text("оформите полис в любой страховой медицинской компании")
    assert logged(served, "no_policy.told") == [{"patient": None, "messages": ["urgent_care", "insurer"]}]
    accessible(page)


def test_s2_4_the_purpose_is_asked_before_any_slot_is_shown(served):
    page = visit(served, ANNA)
    expect(page.get_by_label("Цель обращения")).to_be_focused()
    expect(page.locator("#schedule")).to_be_hidden()
    expect(page.get_by_label("Специальность")).to_be_hidden()

    choose(page)

    expect(page.locator("#schedule")).to_be_visible()
    page.locator("#grid .FREE").first.wait_for()


def test_s2_5_a_purpose_decides_whether_there_is_a_booking_and_of_which_kind(served):
    page = visit(served, ANNA)

    page.get_by_label("Цель обращения").select_option("PAPER")
    expect(page.locator("#ending")).to_contain_text("сестринский пост")
    expect(page.locator("#schedule")).to_be_hidden()
    page.get_by_label("Цель обращения").select_option("URGENT")
    expect(page.locator("#ending")).to_contain_text("кабинете неотложной помощи")
    choose(page, "VACC", "vaccination")

    expect(page.locator("#ending")).to_be_hidden()
    page.locator("#times button").first.wait_for()
    names = page.locator("#times button").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert all("вакцинация" in name for name in names)
    assert [one["ending"] for one in logged(served, "purpose.no_booking")] == ["NURSE_POST", "URGENT_ROOM"]


def test_s2_6_free_time_in_the_horizon_is_told_chosen_and_booked_by_keys_alone(served, accessible):
    page = visit(served, ANNA)
    choose(page)
    expect(page.locator("#availability")).to_contain_text("Свободное время есть, ближайшее")
    expect(page.locator("#availability")).to_contain_text("Горизонт записи — до")
    slot = free(page)[1]

    page.keyboard.press("Alt+5")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Держим за вами ещё")).to_be_visible()
    expect(in_grid(page, slot)).to_have_text(re.compile("^●"))
    accessible(page)
    page.keyboard.press("Control+Enter")

    expect(page.locator("#done-said")).to_contain_text("Талон №")
    expect(in_grid(page, slot)).to_have_text(re.compile("^★"))
    page.get_by_role("button", name="Согласен на звонок").click()
    expect(page.get_by_text("Согласие записано.")).to_be_visible()
    page.keyboard.press("Alt+p")
    expect(page.get_by_role("heading", name="Талон на приём №")).to_be_visible()
    accessible(page)
    (printed,) = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert round(float(printed.mediabox.width) / 72 * 25.4) == 80


def test_s2_7_the_waiting_list_is_offered_where_no_time_is_left_and_where_none_suits(served, accessible):
    with served.opened.site.new_work() as work:
        work.connection.execute(update(slots).where(slots.c.speciality == "surgeon").values(state="CLOSED"))
        work.commit()
    page = visit(served, ANNA)

    choose(page)
    expect(page.locator("#availability")).to_contain_text("Свободного времени нет")
    page.get_by_label("Телефон для предложения").fill("12")
    page.get_by_role("button", name="Внести в лист ожидания").click()
    expect(page.locator("#phone-error")).to_have_text("Номер телефона должен содержать 10 цифр после +7.")
    accessible(page)
    page.get_by_label("Телефон для предложения").fill("+70000000101")
    page.get_by_label("Когда удобно").select_option("MORNING")
    page.get_by_role("button", name="Внести в лист ожидания").click()
    expect(page.locator("#waiting-done")).to_contain_text("Пациент в листе ожидания")

    choose(page, speciality="therapist")
    page.get_by_role("button", name="Время не подходит").click()
    expect(page.locator("#waiting-why")).to_have_text("Предложенное время не подошло.")
    page.get_by_role("button", name="Пациент отказался").click()
    expect(page.locator("#waiting-done")).to_have_text("Отказ от листа ожидания записан.")

    with served.opened.site.new_work().reading() as work:
        (entry,) = work.waiting.open_of(id_of(served, ANNA))
    assert (entry.speciality, entry.reason, entry.part_of_day) == ("surgeon", "NO_SLOTS", "MORNING")
    assert logged(served, "waiting.declined")[-1]["speciality"] == "therapist"


def test_forms_begin_at_their_first_field_and_go_on_at_the_first_mistake(served):
    page = served.page(Role.REGISTRAR, "/registry/")
    search_number(page, "Тестова Анна")  # as long as a SNILS, but no number
    expect(page.locator(".error")).to_contain_text("Введите 16 цифр полиса, 11 цифр СНИЛС")

    page.keyboard.press("Alt+a")
    expect(page.get_by_label("Фамилия")).to_be_focused()
    page.keyboard.type("Новикова")
    page.keyboard.press("Enter")
    expect(page.locator("#given_name")).to_be_focused()


def test_a_key_that_is_quicker_than_the_scripts_of_the_page_is_heard_when_they_are_here(served):
    page = served.page(Role.REGISTRAR, "/registry/")
    on_their_way = []
    page.route("**/site.mjs*", lambda route: on_their_way.append(route))
    page.goto("/registry/", wait_until="commit")
    page.get_by_label("Полис ОМС, СНИЛС").wait_for()

    page.keyboard.press("Alt+a")
    for script in on_their_way:
        script.continue_()

    expect(page.get_by_role("heading", name="Новый пациент")).to_be_visible()


def test_two_registrars_and_a_caller_want_one_time_and_one_wins_while_the_others_see_it(served):
    one, two = visit(served, ANNA), visit(served, BORIS, Role.OPERATOR)
    for page in (one, two):
        choose(page)
    called, wanted = free(one)[:2]
    site = served.opened.site

    def call_holds(slot: str) -> None:
        booking.hold(site.new_work(), int(slot), patient_id=1, call_key="call-9", rules=site.rules, now=site.now())

    call_holds(called)
    for page in (one, two):
        expect(in_grid(page, called)).to_have_text(re.compile("^☎"))
        expect(page.locator(f"#times button[data-slot='{called}']")).to_have_count(0)
    one.locator(f"#times button[data-slot='{wanted}']").click(no_wait_after=True)
    two.evaluate("slot => document.querySelector(`#times button[data-slot='${slot}']`)?.click()", wanted)
    expect(in_grid(one, wanted)).to_have_text(re.compile("^[●◐]"))
    expect(in_grid(two, wanted)).to_have_text(re.compile("^[●◐]"))
    winner, loser = (one, two) if in_grid(one, wanted).text_content().startswith("●") else (two, one)
    expect(in_grid(loser, wanted)).to_have_text(re.compile("^◐"))
    with pytest.raises(SlotTaken):
        call_holds(wanted)

    book_held(winner)

    expect(in_grid(loser, wanted)).to_have_text(re.compile("^■"))


def test_a_page_that_is_left_lets_go_of_what_it_holds(served):
    page, other = visit(served, ANNA), visit(served, BORIS, Role.OPERATOR)
    for one in (page, other):
        choose(one)
    slot = free(page)[0]
    page.locator(f"#times button[data-slot='{slot}']").click()
    expect(in_grid(other, slot)).to_have_text(re.compile("^◐"))

    page.goto("/registry/")

    expect(in_grid(other, slot)).to_have_text(re.compile("^[0-9]"))


def test_a_caller_taken_over_opens_with_his_data_and_the_time_he_holds(served):
    site, anna = served.opened.site, id_of(served, ANNA)
    page = visit(served, ANNA)
    choose(page)
    slot = free(page)[2]
    calls.begin(site.new_work(), call_key="call-1", caller=PhoneNumber("+70000000101"), line="inbound", now=site.now())
    entered = {"patient_id": anna, "purpose": "ILLNESS", "speciality": "surgeon", "slot_id": int(slot)}
    calls.keep(site.new_work(), "call-1", entered=entered)
    booking.hold(site.new_work(), int(slot), patient_id=anna, call_key="call-1", rules=site.rules, now=site.now())

    page.goto("/registry/?call=call-1")

    expect(page.get_by_text("Держим за вами ещё")).to_be_visible()
    expect(page.get_by_label("Специальность")).to_have_value("surgeon")
    expect(in_grid(page, slot)).to_have_text(re.compile("^●"))
    page.get_by_role("button", name="Записать").first.click()
    expect(page.locator("#done-said")).to_contain_text("Талон №")
    with site.new_work().reading() as work:
        (made,) = [one for one in work.bookings.active(anna) if one.slot.id == int(slot)]
    assert (made.channel, made.contact) == ("CC", PhoneNumber("+70000000101"))


def test_what_was_typed_badly_is_told_at_its_field_and_stays(served, accessible):
    page = served.page(Role.REGISTRAR, "/registry/patients/new")

    page.get_by_label("Фамилия").fill("Новая")
    page.get_by_label("Полис ОМС").fill("6256410854009016")
    page.get_by_label("Дата рождения").fill("31.02.1990")
    page.get_by_role("button", name="Завести карту").click()

    expect(page.locator("#oms-error")).to_have_text(re.compile("не соответствует формату"))
    expect(page.locator("#born-error")).to_have_text("Дата рождения вводится в виде ДД.ММ.ГГГГ.")
    expect(page.locator("#sex-error")).to_have_text("Выберите пол.")
    expect(page.get_by_label("Фамилия")).to_have_value("Новая")
    expect(page.get_by_label("Полис ОМС")).to_have_value("6256410854009016")
    accessible(page)


def test_a_visit_is_moved_and_cancelled_with_a_reason_that_the_card_shows(served, accessible):
    page = visit(served, ANNA)
    choose(page)
    first, second = free(page)[:2]
    page.locator(f"#times button[data-slot='{first}']").click()
    book_held(page)
    page.get_by_role("link", name="К карте").click()

    page.get_by_role("link", name="Перенести").click()
    page.locator(f"#times button[data-slot='{second}']").click()
    book_held(page)
    page.get_by_role("link", name="К карте").click()
    expect(page.get_by_text("перенесена")).to_be_visible()
    page.get_by_role("link", name="Отменить").click()
    page.get_by_role("button", name="Отменить запись").click()
    expect(page.locator("#reason-error")).to_be_visible()
    accessible(page)
    page.get_by_label("пациент").check()
    page.get_by_label("Причина").fill("уезжает из района")
    page.get_by_role("button", name="Отменить запись").click()

    expect(page.get_by_text("отменил пациент: уезжает из района")).to_be_visible()


def test_an_occupied_time_is_booked_by_who_may_and_says_why(served, accessible):
    page = visit(served, ANNA, Role.SUPERVISOR)
    choose(page)
    page.locator("#grid .OTHER button").first.click()

    page.get_by_role("button", name="Записать особым решением").click()
    expect(page.locator("#reason-error")).to_have_text("Укажите причину: хотя бы пять знаков.")
    accessible(page)
    page.get_by_label("Причина").fill("по просьбе заведующего")
    page.get_by_role("button", name="Записать особым решением").click()

    expect(page.locator("#done-said")).to_contain_text("Талон №")
    made = logged(served, "booking.made")[-1]
    assert (made["overrides"], made["reason"]) == ("OVERBOOK", "по просьбе заведующего")
    other = visit(served, BORIS)
    choose(other)
    expect(other.locator("#override")).to_have_count(0)


def test_a_move_by_the_hospital_asks_why_and_leaves_the_patient_a_call(served, accessible):
    page = visit(served, ANNA)
    choose(page)
    first, second = free(page)[:2]
    page.locator(f"#times button[data-slot='{first}']").click()
    book_held(page)
    expect(page.locator("#consent")).to_be_visible()
    page.get_by_role("link", name="К карте").click()
    page.get_by_role("link", name="Перенести").click()
    page.locator(f"#times button[data-slot='{second}']").click()
    expect(page.get_by_text("Держим за вами ещё")).to_be_visible()
    expect(page.get_by_label("Причина переноса")).to_be_hidden()

    page.get_by_label("больница").check()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#clinic_reason-error")).to_have_text("Укажите причину переноса: хотя бы пять знаков.")
    expect(page.get_by_label("Причина переноса")).to_be_focused()
    accessible(page)
    page.keyboard.type("врач в операционной")
    page.keyboard.press("Control+Enter")

    expect(page.locator("#done-said")).to_contain_text("Пациенту сообщат о переносе звонком.")
    expect(page.locator("#consent")).to_be_hidden()
    assert logged(served, "booking.made")[-1]["moved_for"] == "врач в операционной"
    with served.opened.site.new_work().reading() as work:
        kinds = list(work.connection.execute(select(tasks.c.kind).where(tasks.c.status == "OPEN")).scalars())
    assert kinds.count("CLINIC_MOVED") == 1
