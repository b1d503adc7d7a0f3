"""What the tests of the telephone side share: a far end that speaks AGI over a real socket, and a real Asterisk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ivr.dialogue.line import Utterance
from ivr.phone.agi import AgiApplication, AgiCall
from ivr.phone.agi_line import AgiLine
from ivr.phone.asterisk import Asterisk
from ivr.phone.caller import Caller
from ivr.phone.exchange import AmiExchange
from ivr.phone.server import PhoneServer, Story
from ivr.services.exchange import Connected
from tests.asterisk import running_asterisk, tone
from tests.phone.desk_watch import DeskWatch
from tests.phone.far_end import FarEnd
from tests.phone.far_phone import FarPhone

Serve = Callable[..., Awaitable[FarEnd]]


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """One Asterisk for all tests that do not harm it."""
    with running_asterisk(tmp_path_factory.mktemp("phone")) as started:
        yield started


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """serve(route): a guarded server with one route, and a far end connected to it."""
    servers: list[tuple[AgiApplication, asyncio.Server]] = []
    far_ends: list[FarEnd] = []

    async def start(route: Callable[[AgiCall], Awaitable[None]], **options: Any) -> FarEnd:
        application = AgiApplication(**options)
        application.add_route("inbound", route)
        server = await application.listen("127.0.0.1", 0)
        servers.append((application, server))
        far_ends.append(await FarEnd.connect(server.sockets[0].getsockname()[1]))
        return far_ends[-1]

    yield start
    for far_end in far_ends:
        await far_end.close()
    for application, server in servers:
        server.close()
        await application.end()


@pytest.fixture
async def phone(asterisk: Asterisk) -> AsyncIterator[FarPhone]:
    """A telephone of the shared Asterisk; everything it began is over afterwards."""
    telephone = FarPhone(asterisk)
    yield telephone
    await telephone.hang_up()
    for member in ("ringing", "operator"):
        await telephone.cli(f"queue remove member Local/{member}@test from operators")


class Tones:
    """A voice for tests: every utterance is a short tone, unless its key is "missing"."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.seconds = 0.2
        self.prepared: list[str] = []

    async def sounds(self, utterance: Utterance) -> list[Path]:
        if utterance.key == "broken":
            raise RuntimeError("the voice is broken")
        path = self._folder / utterance.key
        return [path if utterance.key == "missing" else tone(path, self.seconds)]

    def prepare(self, utterances: Sequence[Utterance]) -> None:
        self.prepared += [utterance.key for utterance in utterances]


@pytest.fixture
def voice(tmp_path: Path) -> Tones:
    return Tones(tmp_path)


@pytest.fixture
async def answer_calls(asterisk: Asterisk, voice: Tones) -> AsyncIterator[Callable[..., Awaitable[PhoneServer]]]:
    """answer_calls(inbound, unserved=..., max_calls=...): a server behind the shared Asterisk; routes have stories."""
    servers: list[PhoneServer] = []

    async def story_of_a_goodbye(line: AgiLine, caller: Caller, key: str) -> None:
        await line.hang_up()

    async def start(
        inbound: Story = story_of_a_goodbye,
        *,
        callback: Story = story_of_a_goodbye,
        unserved: Story = story_of_a_goodbye,
        outbound: Story = story_of_a_goodbye,
        guests=None,
        **changes,
    ):
        stories = {"inbound": inbound, "callback": callback, "unserved": unserved, "outbound": outbound}
        server = PhoneServer(replace(asterisk.config, **changes), voice, stories, guests=guests)
        await server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
def watch() -> DeskWatch:
    return DeskWatch()


@pytest.fixture
async def exchange(asterisk: Asterisk, watch: DeskWatch) -> AsyncIterator[AmiExchange]:
    """The exchange as the desk sees it; what it tells is watched."""
    opened = AmiExchange(asterisk.config, lambda: datetime.now(UTC))
    opened.start(watch.tell)
    await watch.first(Connected)
    yield opened
    await asyncio.to_thread(opened.close)
