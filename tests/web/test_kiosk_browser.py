"""The kiosk as a patient meets it: touch, scanner, printer, a lost network, the next patient (S3.1 to S3.8)."""

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pypdf import PdfReader

from ivr.bootstrap_web import OpenSite
from ivr.settings import Kiosk as Settings
from tests.web.conftest import a_site, open_page, serve
from tests.web.hall import ANNA, BORIS, NOBODY, ZHANNA, Stored

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]
IDLE = 4
SCREENS = [(1280, 720), (1280, 1024), (1366, 768), (1920, 1080), (1080, 1920)]
DARYA, ZAKHAR, EGOR, IN_THE_LIST = "6287699754009058", "6290899754009083", "6253220854009060", "6251330854009119"
PRIVATE = ("Тестов", "Анна", "Борис")
MM = 72 / 25.4


class Machine(Stored):
    """One kiosk with its browser: it prints silently, so that a call of print() is all that is seen of it."""

    def __init__(self, opened: OpenSite, page: Page) -> None:
        super().__init__(opened.site)
        self.page = page

    @property
    def screen(self):
        return self.page.locator("#screen")

    def key(self, number: str) -> None:
        """On the screen."""
        for digit in number:
            self.page.get_by_role("button", name=digit, exact=True).click()

    def press(self, name: str | re.Pattern[str]) -> None:
        self.screen.get_by_role("button", name=name).first.click()

    def scan(self, text: str) -> None:
        """As a scanner types: without a pause, and Enter at the end."""
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def heading(self, text: str | re.Pattern[str]) -> None:
        expect(self.screen.get_by_role("heading", level=1).first).to_have_text(text)

    def start(self) -> None:
        """As for the next patient."""
        self.page.goto("/kiosk")
        self.page.locator("html[data-ready=yes]").wait_for()

    def let_in(self) -> None:
        self.page.get_by_label("Пропуск инфомата").fill(self.pass_for("hall"))
        self.page.get_by_role("button", name="Подключить").click()
        self.page.locator("html[data-ready=yes]").wait_for()

    def is_wiped(self, *words: str) -> None:
        """On the screen and in the database."""
        self.heading("Запись к врачу")
        expect(self.page.locator("#number")).to_have_value("")
        assert [word for word in words if word in self.page.content()] == []
        assert self.rows("kiosk_visits") == []
        assert [row for row in self.rows("slots") if row.held_by] == []

    def choose(self, number: str, speciality: str = "Терапевт участковый") -> None:
        """As far as the question whether to book."""
        self.scan(number)
        self.press(speciality)
        self.heading("Выберите врача")
        self.press(re.compile("Ближайшее время"))
        self.heading("Выберите дату")
        self.press(re.compile("Свободно"))
        self.heading("Выберите время")
        self.press(re.compile(r"^\d\d:\d\d$"))
        self.heading("Записать вас на это время?")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, demo_hospital: Path, browser: Browser) -> Iterator[Machine]:
    with ExitStack() as stack:
        opened = stack.enter_context(
            a_site(tmp_path_factory.mktemp("kiosk"), demo_hospital, kiosk=Settings(per_minute=600))
        )
        address = stack.enter_context(serve(opened))
        page = open_page(browser, stack, address, None)
        page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
        page.set_default_timeout(10_000)
        machine = Machine(opened, page)
        page.goto("/kiosk")
        machine.let_in()
        yield machine


@pytest.fixture
def kiosk(machine: Machine) -> Machine:
    machine.start()
    return machine


def test_s3_1_to_s3_7_a_patient_books_by_touch_prints_and_is_told_by_a_call(kiosk: Machine, accessible):
    page = kiosk.page
    expect(page.get_by_role("button", name="Дальше")).to_be_in_viewport(ratio=1)
    accessible(page)

    kiosk.key(ANNA[:3])
    kiosk.press("Дальше")
    expect(page.locator("#number-error")).to_have_text("Номер полиса ОМС должен содержать 16 цифр.")
    expect(page.locator("#number")).to_be_focused()
    kiosk.key(ANNA[3:])
    kiosk.press("Дальше")

    kiosk.heading("Выберите специальность")
    expect(kiosk.screen.get_by_role("heading")).to_be_focused()
    expect(kiosk.screen).to_contain_text("Пациент: Т. А. И.")
    accessible(page)
    kiosk.press("Терапевт участковый")
    kiosk.heading("Выберите врача")
    accessible(page)
    kiosk.press("Назад")
    kiosk.press("Терапевт участковый")
    kiosk.press(re.compile("Ближайшее время"))
    kiosk.heading("Выберите дату")
    accessible(page)
    kiosk.press(re.compile("Свободно"))
    kiosk.heading("Выберите время")
    accessible(page)
    kiosk.press(re.compile(r"^\d\d:\d\d$"))
    kiosk.heading("Записать вас на это время?")
    accessible(page)
    kiosk.press("Записаться")
    kiosk.heading(re.compile("Вы записаны. Талон № "))
    accessible(page)

    kiosk.press("Напечатать талон")
    ticket = kiosk.ticket()
    kiosk.heading(f"Возьмите талон № {ticket}")
    page.wait_for_function("window.printed === 1")
    expect(page.locator("[data-print]")).to_be_hidden()
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    words = paper.pages[0].extract_text()
    assert len(paper.pages) == 1
    assert paper.pages[0].mediabox.width == pytest.approx(80 * MM, abs=1)
    for told in (ticket, "Кабинет", "Регистратура", "Т. А. И."):
        assert told in words
    assert not any(name in words for name in PRIVATE)
    assert "Возьмите талон" not in words  # the paper holds the talon alone
    accessible(page)

    kiosk.press("Дальше")
    kiosk.heading("Сообщать вам о приёме?")
    accessible(page)
    kiosk.press("Позвонить")
    kiosk.heading("Готово")
    accessible(page)
    made = kiosk.rows("bookings", ticket=ticket)[0]
    assert [(row.purpose, row.method) for row in kiosk.rows("consents", booking_id=made.id)] == [("REMINDER", "CALL")]
    assert len(kiosk.rows("tasks", booking_id=made.id, kind="FEEDBACK")) == 1
    kiosk.press("Закончить")
    kiosk.heading("Запись к врачу")


def test_s3_1_a_scanner_is_heard_wherever_the_focus_is_and_its_text_may_hold_more_than_the_number(kiosk: Machine):
    kiosk.page.get_by_role("button", name="5", exact=True).focus()

    kiosk.page.keyboard.type("ENP")
    kiosk.page.keyboard.press("Enter")
    kiosk.scan(f"{BORIS};TESTOV")

    kiosk.heading("Выберите специальность")
    expect(kiosk.screen).to_contain_text("Т. Б. П.")


def test_a_scan_with_spaces_presses_no_button_that_was_touched(kiosk: Machine):
    kiosk.scan(BORIS)
    kiosk.heading("Выберите специальность")
    kiosk.screen.get_by_role("button").first.focus()  # a finger was there, and slid off

    kiosk.scan("TESTOV BORIS 1954")

    kiosk.page.wait_for_timeout(300)
    kiosk.heading("Выберите специальность")


def test_a_scan_in_mid_choice_presses_nothing(kiosk: Machine):
    kiosk.scan(BORIS)
    kiosk.heading("Выберите специальность")
    kiosk.screen.get_by_role("button").first.focus()

    kiosk.scan(ANNA)

    kiosk.page.wait_for_timeout(300)
    kiosk.heading("Выберите специальность")


def test_s3_2_an_unknown_policy_is_sent_to_the_registry(kiosk: Machine, accessible):
    kiosk.scan(NOBODY)

    kiosk.heading("Пациент с таким номером полиса не зарегистрирован в системе")
    expect(kiosk.screen).to_contain_text("Обратитесь в регистратуру")
    accessible(kiosk.page)
    kiosk.press("Ввести номер ещё раз")
    kiosk.heading("Запись к врачу")
    expect(kiosk.page.locator("#number")).to_have_value("")


def test_s3_4_s3_6_a_talon_is_not_printed_unless_wished_and_a_missing_address_is_typed_on_the_screen(
    kiosk: Machine, accessible
):
    kiosk.choose(EGOR)
    kiosk.press("Записаться")
    kiosk.press("Не печатать")
    kiosk.press("Написать на электронную почту")
    kiosk.heading("Адрес электронной почты")
    for width, height in SCREENS:
        kiosk.page.set_viewport_size({"width": width, "height": height})
        expect(kiosk.page.get_by_role("button", name="Дальше")).to_be_in_viewport(ratio=1)
    accessible(kiosk.page)
    kiosk.key("egor")
    kiosk.press("Дальше")
    expect(kiosk.page.locator("#contact-error")).to_contain_text("латинскими буквами")
    kiosk.page.keyboard.type("@y", delay=80)  # goes on where it was, by real keys as by those on the screen
    kiosk.key("a")
    kiosk.press(".ru")
    kiosk.press("Дальше")
    kiosk.heading("Готово")

    assert kiosk.page.evaluate("window.printed") == 0
    assert kiosk.rows("consents")[-1].email == "egor@ya.ru"


def test_the_whole_way_goes_by_keyboard_alone(kiosk: Machine):
    keys = kiosk.page.keyboard
    keys.type(ZHANNA, delay=80)
    keys.press("Enter")
    kiosk.heading("Выберите специальность")
    for heading in ("Выберите врача", "Выберите дату", "Выберите время", "Записать вас на это время?"):
        expect(kiosk.screen.get_by_role("heading", level=1).first).to_be_focused()
        keys.press("Tab")
        if kiosk.page.evaluate("document.activeElement.tagName") != "BUTTON":
            keys.press("Tab")  # a list that is longer than the screen is a stop of its own, for scrolling by keys
        keys.press("Enter")
        kiosk.heading(heading)


def test_a_network_that_is_cut_while_booking_is_shown_and_the_booking_is_made_once(kiosk: Machine, accessible):
    page, before = kiosk.page, len(kiosk.rows("bookings", channel="INFOMAT"))
    kiosk.choose(DARYA)

    def lose_the_answer(route: Route) -> None:
        route.fetch()  # the server has booked
        page.context.set_offline(True)
        route.abort()

    page.route("**/kiosk/book", lose_the_answer, times=1)
    kiosk.press("Записаться")
    expect(page.get_by_role("alert").filter(has_text="Связь с больницей прервалась")).to_be_visible()
    accessible(page)
    page.context.set_offline(False)
    kiosk.heading(re.compile("Вы записаны. Талон № " + kiosk.ticket()))

    expect(page.locator("#lost")).to_be_hidden()
    assert len(kiosk.rows("bookings", channel="INFOMAT")) == before + 1


def test_a_request_that_never_left_is_sent_when_the_network_is_back(kiosk: Machine):
    before = len(kiosk.rows("bookings", channel="INFOMAT"))
    kiosk.choose(ZAKHAR)

    kiosk.page.context.set_offline(True)
    kiosk.press("Записаться")
    expect(kiosk.page.locator("#lost")).to_be_visible()
    kiosk.page.context.set_offline(False)
    kiosk.heading(re.compile("Вы записаны"))

    assert len(kiosk.rows("bookings", channel="INFOMAT")) == before + 1


def test_neither_back_nor_storage_shows_anything_of_a_patient(kiosk: Machine):
    page = kiosk.page
    kiosk.scan(BORIS)
    kiosk.heading("Выберите специальность")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.url.endswith("/kiosk")

    page.goto("about:blank")
    page.go_back()

    kiosk.is_wiped(BORIS, "Т. Б. П.")


def test_who_goes_away_is_asked_counted_down_and_wiped_after_thirty_seconds(kiosk: Machine, accessible):
    page = kiosk.page
    page.clock.install()
    kiosk.start()
    kiosk.choose(BORIS)
    assert [row for row in kiosk.rows("slots") if row.held_by]
    dialog = page.get_by_role("dialog", name="Вы ещё здесь?")

    page.clock.fast_forward(20_500)
    expect(dialog).to_be_visible()
    expect(page.locator("#still-seconds")).to_have_text(re.compile("^(9|10)$"))
    accessible(page)
    page.get_by_role("button", name="Да, продолжить").click()
    expect(dialog).to_be_hidden()
    kiosk.heading("Записать вас на это время?")

    page.clock.fast_forward(29_000)
    expect(dialog).to_be_visible()
    with page.expect_response("**/kiosk/end"):
        page.clock.fast_forward(1_500)
    expect(dialog).to_be_hidden()
    kiosk.is_wiped(BORIS, "Т. Б. П.")


def test_a_page_that_stands_for_long_is_loaded_again_when_nobody_is_there_and_there_is_a_network(kiosk: Machine):
    page = kiosk.page
    page.clock.install()
    kiosk.start()
    page.evaluate("window.old = true")
    kiosk.page.context.set_offline(True)

    page.clock.fast_forward("06:02:00")
    assert page.evaluate("window.old")
    kiosk.page.context.set_offline(False)
    with page.expect_event("load"):
        page.clock.fast_forward(61_000)

    assert page.evaluate("window.old") is None
    kiosk.heading("Запись к врачу")


def test_the_server_says_itself_what_the_patient_waits_for(kiosk: Machine):
    kiosk.choose(IN_THE_LIST)
    waiting = {"status": 503, "content_type": "text/plain; charset=utf-8", "body": "Запись ещё не подтверждена."}
    kiosk.page.route("**/kiosk/book", lambda route: route.fulfill(**waiting), times=1)

    kiosk.press("Записаться")

    expect(kiosk.page.locator("#lost")).to_have_text("Запись ещё не подтверждена.")
    kiosk.heading(re.compile("Вы записаны"))
    expect(kiosk.page.locator("#lost")).to_be_hidden()


def test_a_shorter_time_can_be_set_and_leaves_nothing_either(tmp_path: Path, demo_hospital: Path, browser: Browser):
    with ExitStack() as stack:
        opened = stack.enter_context(a_site(tmp_path, demo_hospital, kiosk=Settings(idle_seconds=IDLE)))
        page = open_page(browser, stack, stack.enter_context(serve(opened)), "/kiosk")
        kiosk = Machine(opened, page)
        kiosk.let_in()
        kiosk.scan(BORIS)
        kiosk.heading("Выберите специальность")

        with page.expect_response("**/kiosk/end"):
            expect(page.get_by_role("dialog", name="Вы ещё здесь?")).to_be_visible()

        kiosk.is_wiped(BORIS, "Т. Б. П.")
