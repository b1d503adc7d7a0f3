"""Pictures of every page, with a real call going on: `make screenshots` writes docs/screenshots/."""

import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.up.instance import Instance
from tests.web import test_calls_browser as calls
from tests.web.conftest import CHROMIUM, FLAGS

BORIS = "6268150854009021"
OUT = Path(__file__).parents[2] / "docs" / "screenshots"
PAGES = {
    "registry": ("registrar", "/registry/"),
    "doctor-day": ("doctor", "/doctor"),
    "tasks": ("supervisor", "/tasks"),
    "wall": ("supervisor", "/wall"),
    "reports": ("supervisor", "/reports"),
    "recordings": ("supervisor", "/recordings"),
    "help": ("operator", "/help"),
    "card": ("operator", "/help/card/operator"),
    "admin-users": ("admin", "/admin/users"),
    "admin-doctors": ("admin", "/admin/doctors"),
    "admin-absences": ("admin", "/admin/absences"),
    "admin-calendar": ("admin", "/admin/calendar"),
    "admin-phrases": ("admin", "/admin/phrases"),
    "admin-clients": ("admin", "/admin/clients"),
    "admin-kiosks": ("admin", "/admin/kiosks"),
    "admin-settings": ("admin", "/admin/settings"),
    "admin-audit": ("admin", "/admin/audit"),
}


def main() -> None:
    """Take all of them, at 1280x720; the workplace in the dark, too."""
    OUT.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        hospital = calls.open_hospital(Path(folder))
        stack.callback(hospital.end)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.callback(browser.close)
        phones = calls.Telephones(hospital, hospital.secrets()["demo-desk"], browser, stack)
        _calls(phones)
        _doctor(phones)
        _registry(phones)
        _kiosk(phones)
        administrator = _administrator(hospital)
        _system(phones, administrator)
        people = sorted({login for login, _ in PAGES.values()})  # each once: the site counts log-ins
        own = {login: phones.page(administrator if login == "admin" else login) for login in people}
        for name, (login, path) in PAGES.items():
            own[login].goto(path)
            own[login].wait_for_timeout(1200)
            _take(own[login], name)


def _calls(phones: calls.Telephones) -> None:
    login = phones.page(None)
    login.goto("/login")
    _take(login, "login")
    operator, caller = phones.operator(), phones.caller()
    calls.to_the_nearest_time(caller, calls.ANNA)
    calls.answer(caller, calls.NEAREST, "1")
    _take(caller, "phone")
    calls.answer(caller, "Записываю", "0")
    calls.state(operator, "Звонок")
    _take(operator, "desk-ringing")
    calls.answers(operator)
    operator.wait_for_timeout(2500)
    _take(operator, "desk")
    operator.emulate_media(color_scheme="dark")
    operator.wait_for_timeout(600)  # colours change softly
    _take(operator, "desk-dark")
    wall = phones.page("supervisor")
    wall.goto("/wall")
    wall.wait_for_timeout(2000)
    _take(wall, "wall-live")
    operator.keyboard.press("Alt+Z")
    calls.state(operator, "Завершение")


def _doctor(phones: calls.Telephones) -> None:
    """A patient after the visit, and the times at which a specialist sees whom doctors send."""
    page = phones.page("doctor")
    page.goto("/doctor")
    page.get_by_role("link", name="Пробная Дарья Олеговна").click()
    page.get_by_label("Зачем").select_option("REFERRAL")
    page.get_by_label("К какому специалисту").select_option("cardiologist")
    page.get_by_role("button", name="Показать время").click()
    page.locator("#arrange").wait_for()
    _take(page, "doctor")
    page.context.close()


def _registry(phones: calls.Telephones) -> None:
    """The card of a patient who was sent to a specialist, with what the registrar does with his referrals."""
    page = phones.page("registrar")
    page.goto("/registry/")
    page.get_by_label("Полис ОМС, СНИЛС").fill(BORIS)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Тестов Борис Петрович").click()
    page.get_by_role("button", name="Внести направление").wait_for()
    _take(page, "registry-card", whole=True)
    page.context.close()


def _system(phones: calls.Telephones, administrator: tuple[str, str]) -> None:
    """One that is connected: the list of them is not empty then."""
    page = phones.page(administrator)
    page.goto("/admin/clients")
    page.get_by_label("Название").fill("МИС поликлиники")
    for scope in ("identify", "schedule", "book"):
        page.locator(f"[name=scopes][value={scope}]").check()
    page.get_by_label("Название").press("Enter")
    page.locator("#one-time").wait_for()
    page.context.close()


def _kiosk(phones: calls.Telephones) -> None:
    """Let in by the demo's password; the first screen, and one where something is chosen."""
    page = phones.page(None)
    page.goto("/kiosk")
    page.get_by_label("Пропуск инфомата").fill(phones.password)
    page.get_by_role("button", name="Подключить").click()
    page.locator("#number").wait_for()
    _take(page, "kiosk")
    page.keyboard.type(calls.ANNA[0])
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Терапевт участковый").wait_for()
    _take(page, "kiosk-specialities")
    page.context.close()


def _administrator(hospital: Instance) -> tuple[str, str]:
    """The first administrator, with a password of his own."""
    return calls.first_administrator(hospital)


def _take(page: Page, name: str, *, whole: bool = False) -> None:
    """`whole`: with what lies below the edge of the screen."""
    page.screenshot(path=OUT / f"{name}.png", full_page=whole)
    print(OUT / f"{name}.png", file=sys.stderr)


if __name__ == "__main__":
    main()
