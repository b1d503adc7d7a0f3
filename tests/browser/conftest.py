"""Real browsers with a telephone in them, and the Asterisk that they phone."""

import http.server
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.async_api import Browser, Page, async_playwright

from ivr.phone.asterisk import Asterisk
from ivr.phone.config import PROJECT
from ivr.services.exchange import PhoneLogin
from tests.phone import conftest as shared

answer_calls, asterisk, phone, voice = shared.answer_calls, shared.asterisk, shared.phone, shared.voice
exchange, watch = shared.exchange, shared.watch

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--use-fake-device-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
]


class _Files(http.server.SimpleHTTPRequestHandler):
    """The page of the tests, and the site's own scripts under /static."""

    extensions_map: ClassVar = http.server.SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def translate_path(self, path: str) -> str:
        static = path.startswith("/static/")
        folder = PROJECT / "ivr/web/static" if static else HERE
        return str(folder / path.removeprefix("/static/").lstrip("/"))

    def log_message(self, *words: Any) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="session")
def page_address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/softphone.html"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


class Softphone:
    """A page with a telephone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def do(self, script: str) -> Any:
        """`phone` is the telephone of the page."""
        return await self.page.evaluate(script)

    async def state(self) -> dict[str, Any]:
        return await self.do("phone.state")

    async def until(self, condition: str, within: float = 20) -> None:
        """Wait until it holds of `state`, `told` and `phone`."""
        script = f"(() => {{ const state = phone.state; return !!({condition}); }})()"
        try:
            await self.page.wait_for_function(script, timeout=within * 1000)
        except Exception:
            print(await self.do("told"), await self.do("phone.stats()"))
            raise

    async def energy(self) -> float:
        stats = await self.do("phone.stats()")
        return stats["energy"] if stats else 0.0

    async def hears(self, within: float = 6) -> None:
        """Wait until sound comes, and goes on coming."""
        more = await self.energy() + 0.001
        script = f"async () => {{ const stats = await phone.stats(); return !!stats && stats.energy > {more}; }}"
        await self.page.wait_for_function(script, timeout=within * 1000)


@pytest.fixture
async def a_softphone(chromium: Browser, page_address: str) -> AsyncIterator[Callable[..., Awaitable[Softphone]]]:
    """a_softphone(asterisk, login=None, microphone=True): a page of its own, its telephone online."""
    opened: list[Softphone] = []

    async def opening(exchange: Asterisk, login: PhoneLogin | None = None, *, microphone: bool = True) -> Softphone:
        context = await chromium.new_context(permissions=["microphone"] if microphone else [])
        telephone = Softphone(await context.new_page())
        opened.append(telephone)
        await telephone.page.goto(page_address)
        ws = f"ws://{exchange.config.ws_host}:{exchange.config.ws_port}/ws"
        who = {"phone": login.phone, "ha1": login.ha1, "realm": login.realm} if login else None
        await telephone.page.wait_for_function("!!window.open_phone")
        await telephone.page.evaluate("([ws, login]) => open_phone(ws, login)", [ws, who])
        await telephone.until("state.link === 'online'")
        return telephone

    yield opening
    for telephone in opened:
        await telephone.page.close()
