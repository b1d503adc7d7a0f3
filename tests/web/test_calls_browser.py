"""Whole calls between browsers: a patient on the hospital's site, the automatic assistant, operators at their desks.

Everything is real: `ivr up` with its Asterisk, its site and its database, Chromium with a microphone that hums.
"""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ivr.bootstrap import Works
from ivr.desk import utc_now
from ivr.phone.config import PROJECT
from ivr.services import access
from ivr.storage.engine import open_engine
from tests.up.instance import Instance
from tests.web.conftest import CHROMIUM, open_page

pytestmark = [pytest.mark.browser, pytest.mark.sip, pytest.mark.xdist_group("desk")]

ANNA = ("6256410854009015", "12031985")
EGOR = ("6253220854009060", "18061977")
ZAKHAR = ("6290899754009083", "09092001")
KNOWN = "import('/static/site.mjs').then(site => site.get('/desk/state')).then(({ me }) => me?.state)"
"""What the site knows of the operator."""
NEAREST, ONLY_LATER = "Ближайшее время", "время есть только через сутки"
"""Before a day off a doctor's nearest time may be too far for the first question to name it."""
PATIENCE = 20_000
SLOW_TO_CLOSE = """() => {
  const close = WebSocket.prototype.close;
  WebSocket.prototype.close = function (...why) {
    this.addEventListener('close', () => setTimeout(() => { document.documentElement.dataset.closed = ''; }, 300));
    setTimeout(() => close.apply(this, why), 4000);
  };
}"""
"""The telephone with the old password is gone only when the one with the new password is there."""
ADMIN_PASSWORD = "strong-enough-77"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    ours = open_hospital(tmp_path_factory.mktemp("hospital"))
    yield ours
    ours.end()


def open_hospital(folder: Path) -> Instance:
    """The demo hospital, open at any hour, whatever day it is; ready to take calls."""
    ours = Instance(folder / "one", PROJECT / "prompts" / "generated")
    facts = (PROJECT / "ivr/data/hospital.toml").read_text(encoding="utf-8")
    always = re.sub(r'(?<=hours = )"\d\d:\d\d-\d\d:\d\d"', '"00:00-23:59"', facts)
    (folder / "hospital.toml").write_text(always, encoding="utf-8")
    (folder / "calendar.toml").write_text(_every_day_worked(), encoding="utf-8")
    ours.environment |= {
        "IVR_HOSPITAL__FACTS": str(folder / "hospital.toml"),
        "IVR_HOSPITAL__CALENDAR": str(folder / "calendar.toml"),
        "IVR_LISTEN__ENABLED": "false",
        "IVR_QUEUE__RING_SECONDS": "5",
    }
    done = ours.ivr("setup")
    assert done.returncode == 0, done.stdout + done.stderr
    ours.up()
    try:
        ours.until_ready()
    except AssertionError:
        ours.end()
        raise
    return ours


def first_administrator(hospital: Instance) -> tuple[str, str]:
    """Login and password, after his first log-in."""
    said = re.search(r"admin, password (\S+)", hospital.said())
    assert said
    url = hospital.environment.get("IVR_DATABASE__URL") or f"sqlite:///{hospital.folder}/var/ivr.db"
    works = Works(open_engine(url))
    with works().reading() as work:
        known = work.users.secret("admin")
    assert known
    access.change_password(works(), known.user.id, said[1], ADMIN_PASSWORD, now=utc_now())
    works.close()
    return "admin", ADMIN_PASSWORD


def _every_day_worked() -> str:
    text = (PROJECT / "ivr/data/calendar.toml").read_text(encoding="utf-8")
    days = [date.today() + timedelta(days=n) for n in range(-1, 30)]  # noqa: DTZ011 - far enough to both sides
    weekends = ", ".join(str(day) for day in days if day.weekday() > 4)
    text = re.sub(r"^(days_off|short_days|days) = \[.*?\]", r"\1 = []", text, flags=re.DOTALL | re.MULTILINE)
    return text.replace("working_weekends = []", f"working_weekends = [{weekends}]")


class Telephones:
    """Pages of one test; closed with it."""

    def __init__(self, hospital: Instance, password: str, browser: Browser, stack: ExitStack) -> None:
        self._hospital, self._browser, self._stack = hospital, browser, stack
        self.password = password

    def caller(self) -> Page:
        """A patient on the hospital's site, who has phoned."""
        page = self._page("/phone")
        page.get_by_role("button", name="Позвонить").click()
        expect(page.locator("#state")).to_have_text("Разговор", timeout=PATIENCE)
        return page

    def page(self, who: str | tuple[str, str] | None) -> Page:
        """A page of one of the demo users, or of whoever has this login and password."""
        page = self._page("/login")
        if who is not None:
            login, password = (who, self.password) if isinstance(who, str) else who
            page.get_by_label("Имя для входа").fill(login)
            page.get_by_label("Пароль").fill(password)
            page.get_by_role("button", name="Войти").click()
            page.wait_for_url(lambda url: not url.endswith("/login"))
        return page

    def operator(self, login: str = "operator", *, ready: bool = True) -> Page:
        page = self.page(login)
        page.wait_for_url("**/desk")
        expect(page.locator("#state")).to_have_text("Ещё не готов", timeout=PATIENCE)
        if ready:
            page.keyboard.press("F8")
            expect(page.locator("#state")).to_have_text("Готов", timeout=PATIENCE)
        self._stack.callback(self._leave, page)
        return page

    def beside(self, page: Page, path: str) -> Page:
        """A further tab of the same browser."""
        tab = page.context.new_page()
        tab.goto(f"{self._hospital.site}{path}")
        return tab

    def _leave(self, page: Page) -> None:
        page.evaluate("import('/static/site.mjs').then(site => site.post('/desk/leave'))")

    def _page(self, path: str) -> Page:
        return open_page(self._browser, self._stack, self._hospital.site, path)


@pytest.fixture(scope="module")
def password(hospital: Instance) -> str:
    """Of the demo users. A command tells it, and takes some seconds."""
    return hospital.secrets()["demo-desk"]


@pytest.fixture
def phones(hospital: Instance, password: str, browser: Browser) -> Iterator[Telephones]:
    with ExitStack() as stack:
        yield Telephones(hospital, password, browser, stack)


def key(page: Page, digits: str) -> None:
    for digit in digits:
        page.keyboard.press(digit)
        page.wait_for_timeout(60)


def asked(page: Page, words: str) -> None:
    """The assistant has begun to say this."""
    expect(page.locator("#captions p").last).to_contain_text(words, timeout=PATIENCE)


def answer(page: Page, words: str, digits: str) -> None:
    asked(page, words)
    key(page, digits)


def to_the_nearest_time(page: Page, who: tuple[str, str]) -> None:
    """A known patient up to the question whether the nearest time suits."""
    to_the_own_doctor(page, who)
    answer(page, "Ваш участковый врач", "1")
    said = page.locator("#captions p").last
    expect(said).to_contain_text(re.compile(f"{NEAREST}|{ONLY_LATER}"), timeout=PATIENCE)
    if ONLY_LATER in said.inner_text():
        key(page, "2")


def to_the_own_doctor(page: Page, who: tuple[str, str]) -> None:
    """A known patient up to the question whether he wants his district doctor."""
    oms, born = who
    answer(page, "Записаться к врачу — один", "1")
    answer(page, "Выберите цель обращения", "1")
    answer(page, "Нужна помощь сегодня", "2")
    answer(page, "Кого записываем", "1")
    answer(page, "Введите шестнадцать цифр", f"{oms}#")
    answer(page, "Последние цифры номера", "1")
    answer(page, "введите дату рождения", f"{born}#")
    answer(page, "Дата рождения", "1")


def energy(page: Page) -> float:
    """What was heard since the talk began."""
    return page.evaluate("phone.stats().then(seen => seen.energy)")


def hears_more(page: Page) -> Callable[[], bool]:
    before = energy(page)
    return lambda: energy(page) > before + 0.001


def until(page: Page, holds: Callable[[], bool], seconds: float = 8) -> None:
    for _ in range(int(seconds * 10)):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def state(page: Page, text: str) -> None:
    expect(page.locator("#state")).to_have_text(text, timeout=PATIENCE)


def wants_a_person(page: Page) -> None:
    """From the greeting straight to the queue."""
    answer(page, "Записаться к врачу — один", "0")


def answers(page: Page) -> None:
    """The operator takes the call that rings."""
    state(page, "Звонок")
    expect(page.locator("#answer")).to_be_visible()
    page.keyboard.press("F2")
    state(page, "Разговор")
    registry_hears(page)


def registry_hears(page: Page) -> None:
    """Keys pressed while a page is being loaded into the workplace reach nobody."""
    expect(page.frame_locator("#work").locator("html[data-ready]")).to_be_attached()
    page.wait_for_timeout(300)


def sums_up(page: Page) -> None:
    state(page, "Завершение")
    page.keyboard.press("F8")
    state(page, "Готов")


def test_a_patient_books_a_visit_from_the_browser_and_reads_what_is_said(phones):
    page = phones.caller()

    to_the_nearest_time(page, ZAKHAR)
    answer(page, NEAREST, "1")
    answer(page, "Записываю", "1")

    asked(page, "Номер талона")
    assert energy(page) > 0.01


def test_an_operator_sees_who_calls_books_the_held_time_and_the_next_caller_finds_nobody_elses_card(phones):
    operator, first = phones.operator(), phones.caller()
    registry = operator.frame_locator("#work")
    to_the_nearest_time(first, ANNA)
    answer(first, NEAREST, "1")
    answer(first, "Записываю", "0")

    state(operator, "Звонок")
    expect(operator.locator("#caller-name")).to_have_text("Тестова Анна Ивановна")
    expect(operator.locator("#why")).to_have_text("Сам попросил оператора")
    expect(operator.locator("#left")).to_have_text(re.compile(r"\d+"))
    answers(operator)
    until(operator, hears_more(operator))
    until(first, hears_more(first))
    operator.keyboard.press("Alt+T")
    expect(operator.locator("#nobody")).to_be_visible()
    operator.keyboard.press("Escape")
    expect(operator.locator("#transfer")).to_be_hidden()

    operator.keyboard.press("F4")
    expect(operator.locator("#ticket")).to_have_text(re.compile(r"\d{8}"))
    expect(registry.locator("#toasts")).to_have_text("Пациент записан на это время.")
    operator.keyboard.press("Alt+Z")
    state(operator, "Завершение")
    expect(operator.locator("#sum-up")).to_be_in_viewport()
    expect(operator.locator("#result")).to_have_value("booked")
    expect(first.locator("#state")).to_have_text("Звонок завершён")
    operator.locator("#note").fill("Просила напомнить")
    sums_up(operator)
    expect(registry.get_by_role("heading", name="Регистратура")).to_be_visible()

    second = phones.caller()
    to_the_own_doctor(second, EGOR)
    answer(second, "Ваш участковый врач", "0")
    answers(operator)
    expect(registry.get_by_role("heading", name="Учебный Егор")).to_be_visible()
    operator.keyboard.press("Alt+2")
    expect(registry.get_by_role("heading", name="Задачи")).to_be_visible()
    operator.keyboard.press("Alt+1")  # back to whoever is on the line, not to an empty search
    expect(registry.get_by_role("heading", name="Учебный Егор")).to_be_visible()
    registry_hears(operator)
    operator.keyboard.press("Alt+Z")
    sums_up(operator)


def test_a_held_caller_hears_music_a_muted_operator_is_not_heard_and_all_of_it_is_accessible(phones, accessible):
    operator, caller = phones.operator(), phones.caller()
    accessible(operator)
    accessible(caller)
    wants_a_person(caller)
    answers(operator)
    accessible(operator)

    operator.keyboard.press("Alt+R")
    expect(operator.locator("#record")).to_have_attribute("aria-pressed", "true")
    operator.keyboard.press("Alt+R")
    expect(operator.locator("#record")).to_have_attribute("aria-pressed", "false")
    until(caller, hears_more(caller))
    operator.keyboard.press("Alt+M")
    expect(operator.locator("#mute")).to_have_attribute("aria-pressed", "true")
    caller.wait_for_timeout(300)
    silent = energy(caller)
    caller.wait_for_timeout(1000)
    assert energy(caller) - silent < 0.001
    operator.keyboard.press("Alt+M")
    operator.keyboard.press("Alt+H")
    expect(operator.locator("#call-state")).to_have_text(re.compile("удержании"))
    until(caller, hears_more(caller))
    operator.keyboard.press("Alt+H")
    expect(operator.locator("#call-state")).to_have_text("Разговор")
    caller.get_by_role("button", name="Завершить").click()

    state(operator, "Завершение")
    accessible(operator)
    sums_up(operator)


def test_a_supervisor_comes_into_a_talk_from_the_wallboard(phones):
    operator, supervisor, caller = phones.operator(), phones.operator("supervisor", ready=False), phones.caller()
    wants_a_person(caller)
    answers(operator)
    wall = phones.beside(supervisor, "/wall")
    wall.locator(".seat", has_text="Ольга").click()

    wall.locator("[data-do='spy/listen']").click()

    expect(wall.locator("#agent-said")).to_have_text("Ответьте на звонок своего телефона.")
    expect(supervisor.locator("#answer")).to_be_visible(timeout=PATIENCE)
    supervisor.keyboard.press("F2")
    expect(supervisor.locator("#call-state")).to_have_text("Разговор")
    until(supervisor, hears_more(supervisor))
    state(operator, "Разговор")
    supervisor.keyboard.press("Alt+Z")
    operator.keyboard.press("Alt+Z")
    sums_up(operator)


def test_a_rejected_call_goes_to_the_next_operator_and_pauses_the_first(phones):
    first, caller = phones.operator(), phones.caller()
    wants_a_person(caller)
    state(first, "Звонок")
    second = phones.operator("operator2")

    first.keyboard.press("Alt+X")

    state(first, "Пропущен звонок")
    expect(first.locator("#warning")).to_contain_text("не взяли звонок")
    expect(first.locator("#toasts")).to_be_empty()
    answers(second)
    second.keyboard.press("Alt+Z")
    sums_up(second)
    first.keyboard.press("F8")
    state(first, "Готов")


def test_a_call_that_nobody_takes_pauses_the_operator(phones):
    operator, caller = phones.operator(), phones.caller()
    wants_a_person(caller)

    state(operator, "Звонок")

    state(operator, "Пропущен звонок")


def test_a_caller_is_passed_on_at_once(phones):
    first, caller = phones.operator(), phones.caller()
    wants_a_person(caller)
    answers(first)
    second = phones.operator("operator2")

    first.keyboard.press("Alt+T")
    first.locator("#colleagues button", has_text="Павел").click()
    first.locator("#blind").click()

    state(first, "Завершение")
    expect(first.locator("#result")).to_have_value("transferred")
    answers(second)
    until(caller, hears_more(caller))
    second.keyboard.press("Alt+Z")
    sums_up(second)


def test_a_colleague_is_asked_first_and_then_joined_with_the_caller(phones):
    first, caller = phones.operator(), phones.caller()
    wants_a_person(caller)
    answers(first)
    second = phones.operator("operator2")

    first.keyboard.press("Alt+T")
    first.locator("#colleagues button", has_text="Павел").click()
    first.keyboard.press("Enter")
    answers(second)
    expect(first.locator("#consult-state")).to_contain_text("Говорите с коллегой")
    until(second, hears_more(second))
    first.locator("#consult-complete").click()

    state(first, "Завершение")
    expect(first.locator("#result")).to_have_value("transferred")
    state(second, "Разговор")
    until(caller, hears_more(caller))
    second.keyboard.press("Alt+Z")
    sums_up(second)
    expect(caller.locator("#state")).to_have_text("Звонок завершён")


def test_a_page_loaded_again_in_mid_talk_gets_its_caller_back(phones):
    operator, caller = phones.operator(), phones.caller()
    wants_a_person(caller)
    answers(operator)

    operator.on("dialog", lambda dialog: dialog.accept())
    operator.reload()

    answers(operator)
    until(caller, hears_more(caller))
    caller.get_by_role("button", name="Завершить").click()
    sums_up(operator)


def test_a_talk_outlives_the_site_and_is_summed_up_when_that_is_back(hospital, phones):
    operator, caller = phones.operator(), phones.caller()
    wants_a_person(caller)
    answers(operator)
    operator.evaluate(SLOW_TO_CLOSE)

    for process in hospital.children("ivr.cli", "web"):
        os.kill(process, signal.SIGKILL)

    expect(operator.locator("#lamp")).to_have_class(re.compile("lost"), timeout=PATIENCE)
    expect(operator.locator("#lamp")).not_to_have_class(re.compile("lost"), timeout=PATIENCE)
    until(caller, hears_more(caller))
    state(operator, "Разговор")
    until(operator, lambda: operator.evaluate(KNOWN) == "TALKING")
    operator.keyboard.press("Alt+Z")
    sums_up(operator)
    expect(caller.locator("#state")).to_have_text("Звонок завершён")
    expect(operator.locator("html[data-closed]")).to_be_attached(timeout=PATIENCE)
    state(operator, "Готов")


def test_after_a_restart_of_asterisk_the_page_registers_again_by_itself(hospital, phones):
    operator = phones.operator()

    os.kill(hospital.asterisk_process(), signal.SIGKILL)

    state(operator, "Телефон отключён")
    expect(operator.locator("#state")).to_have_text("Готов", timeout=30_000)
    caller = phones.caller()
    wants_a_person(caller)
    answers(operator)
    operator.keyboard.press("Alt+Z")
    sums_up(operator)


def test_a_refused_microphone_is_said_plainly(hospital, browser):
    strict = browser.browser_type.launch(executable_path=CHROMIUM, args=["--deny-permission-prompts"])
    page = strict.new_page()
    page.goto(f"{hospital.site}/phone")

    page.get_by_role("button", name="Позвонить").click()

    expect(page.locator("#problem")).to_contain_text("не пускает к микрофону")
    strict.close()
