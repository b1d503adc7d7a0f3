"""What the tests of the telephone side share: a far end that speaks AGI over a real socket, and a real Asterisk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from ivr.phone.agi import AgiApplication, AgiCall
from ivr.phone.asterisk import Asterisk
from tests.asterisk import running_asterisk
from tests.phone.far_end import FarEnd

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

    async def start(route: Callable[[AgiCall], Awaitable[None]], **options: float) -> FarEnd:
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
