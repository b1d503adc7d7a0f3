"""Fifty operators' pages open at once: from an event to the page, and what an ordinary page costs meanwhile.

The site is `ivr web`'s own server in a process of its own. Slots are held from here, as another process would; events
of the exchange are told in the process of the site by a clock, each with the moment of its birth.
"""

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from http.cookiejar import CookieJar
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from flask import Flask

from bench.measure import Result, percentile, repeated, result
from ivr.bootstrap import prepare_database, rules_of, work_factory
from ivr.bootstrap_web import demo_password, listening_of, open_site, prepare_users, site_address
from ivr.desk import utc_now
from ivr.domain.refusals import Refusal
from ivr.services import booking
from ivr.services.exchange import Event, QueueChanged, QueueState, Waiting
from ivr.settings import Database, Folders, Settings, Web
from ivr.web.no_exchange import NoExchange
from ivr.web.server import Server
from tests.ports import free_ports

PAGES = 50
GOAL = "p95 <= 50 ms"


def measure(*, quick: bool) -> list[Result]:
    events = 20 if quick else 100
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        settings = _settings(folder)
        prepare_database(settings)
        prepare_users(settings)
        stack.enter_context(_serving(settings, events))
        client = _logged_in(settings)
        pages = [stack.enter_context(_page(settings, client)) for _ in range(PAGES)]
        _until(lambda: all(page.told("hello") for page in pages))
        queue = _exchange_events(pages, events)
        slots = _slot_events(settings, pages, events)
        ordinary = repeated(events, lambda _: client.open(site_address(settings) + "desk").read(), budget=20)
    return [
        _result("event of the exchange to 50 pages", queue),
        _result("slot held by another process to 50 pages", slots),
        result("pages", "the workplace's page, with 50 streams open", ordinary),
    ]


def _result(what: str, seconds: list[float]) -> Result:
    p95 = percentile(seconds, 0.95) * 1000
    return result("pages", what, seconds, goal=GOAL, note=f"p95 {p95:.1f} ms, worst {max(seconds) * 1000:.0f} ms")


def _settings(folder: Path) -> Settings:
    return Settings(
        folders=Folders(var=folder),
        database=Database(url=f"sqlite:///{folder}/ivr.db"),
        web=Web(port=free_ports(1)[0], threads=2 * PAGES + 20),
    )


class _Clock(NoExchange):
    """Tells a change of the queue now and then; its key is the moment at which it happened."""

    def __init__(self, events: int) -> None:
        self._events = events

    def start(self, tell: Callable[[Event], None]) -> None:
        threading.Thread(target=self._tick, args=(tell,), daemon=True).start()

    def _tick(self, tell: Callable[[Event], None]) -> None:
        time.sleep(8)  # the pages are open by then
        for _ in range(self._events):
            waiting = Waiting(str(time.time_ns()), utc_now(), 1)
            tell(QueueChanged(QueueState((waiting,))))
            time.sleep(0.05)


@contextmanager
def _serving(settings: Settings, events: int) -> Iterator[None]:
    process = get_context("spawn").Process(target=_serve, args=(settings, events))
    process.start()
    try:
        _until(lambda: _answers(settings))
        yield
    finally:
        process.terminate()
        process.join(10)


def _serve(settings: Settings, events: int) -> None:
    sys.argv = ["ivr web"]

    def begin() -> tuple[Flask, Callable[[], None]]:
        opened = open_site(settings, exchange=_Clock(events))
        return opened.app, opened.close

    Server(listening_of(settings), begin).run()


def _answers(settings: Settings) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((settings.web.host, settings.web.port)) == 0


def _logged_in(settings: Settings) -> OpenerDirector:
    jar = CookieJar()
    client = build_opener(HTTPCookieProcessor(jar))
    client.addheaders = [("Accept", "text/html")]
    address = site_address(settings) + "login"
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.open(address).read().decode())
    assert token
    form = {"login": "operator", "password": demo_password(settings), "csrf_token": token[1]}
    client.open(address, urlencode(form).encode())
    client.jar = jar  # type: ignore[attr-defined]
    return client


class _Page:
    """One open stream of events, read by a thread; keeps when each event came."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rb")
        self.came: dict[str, list[tuple[dict[str, object], float]]] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def told(self, kind: str) -> list[tuple[dict[str, object], float]]:
        return self.came.get(kind, [])

    def _read(self) -> None:
        kind = ""
        try:
            for line in self._file:
                if line.startswith(b"event: "):
                    kind = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    self.came.setdefault(kind, []).append((json.loads(line[6:]), time.time()))
        except (OSError, ValueError):
            return


@contextmanager
def _page(settings: Settings, client: OpenerDirector) -> Iterator[_Page]:
    where = urlsplit(site_address(settings))
    cookie = "; ".join(f"{one.name}={one.value}" for one in client.jar)  # type: ignore[attr-defined]
    with socket.create_connection((where.hostname or "", where.port or 80), timeout=60) as connection:
        connection.sendall(f"GET /events HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {cookie}\r\n\r\n".encode())
        yield _Page(connection)


def _exchange_events(pages: list[_Page], events: int) -> list[float]:
    _until(lambda: all(len(page.told("queue")) == events for page in pages), within=60)
    return [
        came - int(data["waiting"][0]["call"]) / 1e9  # type: ignore[index]
        for page in pages
        for data, came in page.told("queue")
    ]


def _slot_events(settings: Settings, pages: list[_Page], events: int) -> list[float]:
    """A slot is held and let go by another process; counted from the end of its commit."""
    works, rules = work_factory(settings), rules_of(settings)
    with works().reading() as work:
        doctors = [doctor.id for doctor in work.staff.doctors()]
        tomorrow = utc_now() + timedelta(days=1)
        slots = work.slots.of_doctors(doctors, tomorrow, tomorrow + timedelta(days=7))
        patient = work.patients.get(1)
    taken: list[float] = []
    for slot in slots:
        if len(taken) >= events * PAGES:
            break
        try:
            booking.hold(works(), slot.id, patient_id=patient.id, call_key="bench", rules=rules, now=utc_now())
        except Refusal:  # not for the telephone, or taken already: the next one will do
            continue
        held = time.time()
        _until(partial(_all_told, pages, str(slot.id)))
        taken += [came - held for page in pages for data, came in page.told("slots") if _names(data, slot.id)]
    works.close()
    return taken


def _all_told(pages: list[_Page], ref: str) -> bool:
    return all(any(_names(data, ref) for data, _ in page.told("slots")) for page in pages)


def _names(data: dict[str, object], ref: object) -> bool:
    refs = data["refs"]
    return isinstance(refs, list) and str(ref) in refs


def _until(holds: Callable[[], object], within: float = 30.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("pages were not told in time")
        time.sleep(0.01)
