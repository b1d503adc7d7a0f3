"""A site on the demo hospital: as a Flask client, and served for a browser."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from ivr.bootstrap import prepare_database
from ivr.bootstrap_web import OpenSite, open_site
from ivr.domain.user import Role, User
from ivr.services import access, passwords
from ivr.settings import Database, Folders, Settings
from ivr.web.no_exchange import NoExchange
from tests.ports import free_ports

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PASSWORD = "kitten-blue-42"


def settings_in(folder: Path, **sections: Any) -> Settings:
    """Settings of an installation of its own."""
    return Settings(folders=Folders(var=folder), database=Database(url=f"sqlite:///{folder}/ivr.db"), **sections)


def add_users(opened: OpenSite) -> dict[Role, User]:
    """One user of each role, who logs in by its name in small letters."""
    for role in Role:
        user = User(0, role.value.lower(), f"{role.value.title()} Тестовый", role)
        access.add_user(opened.site.new_work(), user, PASSWORD, who="test", now=opened.site.now())
    with opened.site.new_work().reading() as work:
        return {user.role: user for user in work.users.all()}


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """argon2 as it is, but not as slow: these tests log in hundreds of times."""
    patch = pytest.MonkeyPatch()
    patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    yield
    patch.undo()


@dataclass
class Clients:
    """Flask clients, logged in."""

    opened: OpenSite
    users: dict[Role, User]

    def __call__(self, role: Role | None = None) -> FlaskClient:
        client = self.opened.app.test_client()
        if role is not None:
            log_in(client, role.value.lower())
        return client


def csrf(client: FlaskClient, path: str = "/login") -> str:
    """The forgery token of the client's session."""
    page = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def log_in(client: FlaskClient, login: str, password: str = PASSWORD) -> Any:
    form = {"login": login, "password": password, "csrf_token": csrf(client)}
    return client.post("/login", data=form, headers={"Accept": "text/html"})


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **how: Any) -> Any:
    """A form, as a page sends it."""
    headers = {"X-CSRFToken": csrf(client, "/"), "Accept": "text/html"} | how.pop("headers", {})
    return client.post(path, data=data or {}, headers=headers, **how)


def post_json(client: FlaskClient, path: str, data: Any = None, **how: Any) -> Any:
    headers = {"X-CSRFToken": csrf(client, "/"), "Accept": "application/json"}
    return client.post(path, json={} if data is None else data, headers=headers, **how)


@pytest.fixture(scope="session")
def demo_hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the database of the demo hospital of today, to be copied by each test."""
    folder = tmp_path_factory.mktemp("demo")
    prepare_database(settings_in(folder))
    return folder


@contextmanager
def a_site(folder: Path, demo: Path, **sections: Any) -> Iterator[OpenSite]:
    """The demo hospital in a database of its own."""
    shutil.copytree(demo, folder, dirs_exist_ok=True)
    settings = settings_in(folder, **sections)
    opened = open_site(settings, exchange=NoExchange())
    opened.app.config["RATELIMIT_ENABLED"] = False
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def clients(tmp_path: Path, demo_hospital: Path) -> Iterator[Clients]:
    """A site of its own for one test."""
    with a_site(tmp_path, demo_hospital) as opened:
        yield Clients(opened, add_users(opened))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module: while it runs no asyncio test can run in this thread."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield opened
        opened.close()


def open_page(browser: Browser, stack: ExitStack, address: str, path: str | None, **context: Any) -> Page:
    """A page of a browser of its own; every error of its scripts fails the test."""
    own = browser.new_context(base_url=address, viewport={"width": 1280, "height": 720}, locale="ru-RU", **context)
    stack.callback(own.close)
    page = own.new_page()
    page.set_default_timeout(20_000)
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    stack.callback(lambda: _no_problems(problems))
    if path is not None:
        page.goto(path)
    return page


@dataclass
class Served:
    """A site that browsers can reach."""

    address: str
    opened: OpenSite
    users: dict[Role, User]
    browser: Browser
    stack: ExitStack

    def page(self, role: Role | str | None = None, path: str = "/", **context: Any) -> Page:
        """A page of a browser of its own, logged in as that role."""
        page = open_page(self.browser, self.stack, self.address, None, **context)
        if role is not None:
            self.log_in(page, str(role).lower())
        page.goto(path)
        return page

    def log_in(self, page: Page, login: str, password: str = PASSWORD) -> None:
        page.goto("/login")
        page.get_by_label("Имя для входа").fill(login)
        page.get_by_label("Пароль").fill(password)
        page.get_by_role("button", name="Войти").click()
        page.wait_for_url(lambda url: not url.endswith("/login"))


def _closing(app: "WSGIApplication") -> "WSGIApplication":
    """This small server, unlike gunicorn, forgets to close what it sends when a browser goes away in its midst."""

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        body = app(environ, start_response)
        try:
            yield from body
        finally:
            if close := getattr(body, "close", None):
                close()

    return serve


def _no_problems(problems: list[str]) -> None:
    assert problems == []


@contextmanager
def serve(opened: OpenSite) -> Iterator[str]:
    """The application on a free port."""
    port = free_ports(1)[0]
    server = make_server("127.0.0.1", port, _closing(opened.app), threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        opened.site.hub.close()
        server.shutdown()


@pytest.fixture
def served(tmp_path: Path, demo_hospital: Path, browser: Browser) -> Iterator[Served]:
    """A site of its own, served for browsers, without a telephone exchange."""
    with ExitStack() as stack:
        opened = stack.enter_context(a_site(tmp_path, demo_hospital))
        users = add_users(opened)
        address = stack.enter_context(serve(opened))
        yield Served(address, opened, users, browser, stack)


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fails where axe-core finds a violation, in light and in dark."""

    def check(page: Page) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found = Axe().run(page).response["violations"]
            told = [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found]
            assert told == [], scheme

    return check
