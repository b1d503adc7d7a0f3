"""A recogniser's server with the tiny model, and Asterisk's side of its websocket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest

from ivr.listen.server import ListenConfig, ListenServer
from ivr.phone.config import PROJECT
from tests.listen.far_asterisk import GRAMMARS, FarAsterisk

TINY = PROJECT / "models/tiny"


def vocabulary(step: str) -> Sequence[str]:
    """By the key of a question; "anything" is open, other keys are unknown."""
    return () if step == "anything" else GRAMMARS[step]


Listening = Callable[..., Awaitable[ListenServer]]


@pytest.fixture
async def start() -> AsyncIterator[Listening]:
    """start(workers=1, …): a server that is ready; it ends with the test."""
    servers: list[ListenServer] = []

    async def started(words=vocabulary, **config) -> ListenServer:
        server = ListenServer(ListenConfig(**{"model": TINY, "port": 0, **config}), words)
        await server.start()
        servers.append(server)
        return server

    yield started
    for server in servers:
        await server.close()


@pytest.fixture
async def server(start: Listening) -> ListenServer:
    return await start()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Awaitable[FarAsterisk]]]:
    """connect(server): SpeechCreate."""
    far_ends: list[FarAsterisk] = []

    async def connected(server: ListenServer, **params: str) -> FarAsterisk:
        far_ends.append(await FarAsterisk.create(server.port, **params))
        return far_ends[-1]

    yield connected
    await asyncio.gather(*(far_end.close() for far_end in far_ends))


@pytest.fixture
async def caller(server: ListenServer, connect: Callable[..., Awaitable[FarAsterisk]]) -> FarAsterisk:
    """One caller of one server."""
    return await connect(server)
