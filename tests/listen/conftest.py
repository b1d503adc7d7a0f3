"""Recognisers with the tiny model, and Asterisk's side of their websocket. All tests of a module share a loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest_asyncio

from ivr.listen.server import ListenConfig, ListenServer
from ivr.phone.config import PROJECT
from tests.listen.far_asterisk import GRAMMARS, FarAsterisk

TINY = PROJECT / "models/tiny"


def vocabulary(step: str) -> Sequence[str]:
    """By the key of a question; "anything" is open, other keys are unknown."""
    return () if step == "anything" else GRAMMARS[step]


Listening = Callable[..., Awaitable[ListenServer]]
Connecting = Callable[..., Awaitable[FarAsterisk]]


async def _started(words=vocabulary, **config) -> ListenServer:
    server = ListenServer(ListenConfig(**{"model": TINY, "port": 0, **config}), words)
    await server.start()
    return server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[ListenServer]:
    """Shared by a module: not to be harmed."""
    shared = await _started()
    yield shared
    await shared.close()


@pytest_asyncio.fixture(loop_scope="module")
async def start() -> AsyncIterator[Listening]:
    """start(workers=1, …): a server of one's own that is ready; it ends with the test."""
    servers: list[ListenServer] = []

    async def started(**options) -> ListenServer:
        servers.append(await _started(**options))
        return servers[-1]

    yield started
    for own in servers:
        await own.close()


@pytest_asyncio.fixture(loop_scope="module")
async def connect() -> AsyncIterator[Connecting]:
    """connect(server): SpeechCreate."""
    far_ends: list[FarAsterisk] = []

    async def connected(to: ListenServer, **params: str) -> FarAsterisk:
        far_ends.append(await FarAsterisk.create(to.port, **params))
        return far_ends[-1]

    yield connected
    await asyncio.gather(*(far_end.close() for far_end in far_ends))


@pytest_asyncio.fixture(loop_scope="module")
async def caller(server: ListenServer, connect: Connecting) -> FarAsterisk:
    """One caller of the shared server."""
    return await connect(server)
