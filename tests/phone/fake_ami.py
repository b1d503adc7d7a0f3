"""A little AMI server on a real socket that misbehaves as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

GREETING = b"Asterisk Call Manager/11.0.0\r\n"


class FakeAmi:
    """Answers Challenge, Login and Ping; any other action as `answers` says, by name; None is silence."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | None] = {}
        self.lists: dict[str, list[bytes]] = {}
        """Events that follow an answer, by the name of the action; the last one ends with …Complete."""
        self.received: list[dict[str, str]] = []
        self.raw = b""
        self.logins = 0
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._arrived = asyncio.Condition()

    def send(self, data: bytes) -> None:
        self._writers[-1].write(data)

    def drop(self) -> None:
        """Break every connection."""
        while self._writers:
            self._writers.pop().transport.abort()

    async def got(self, action: str, times: int = 1) -> dict[str, str]:
        """The action once it has arrived so many times."""
        async with asyncio.timeout(5), self._arrived:
            await self._arrived.wait_for(lambda: len(self._of(action)) >= times)
        return self._of(action)[-1]

    def _of(self, action: str) -> list[dict[str, str]]:
        return [message for message in self.received if message["Action"] == action]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(GREETING)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await self._answer(await reader.readuntil(b"\r\n\r\n"), writer)
        writer.close()

    async def _answer(self, raw: bytes, writer: asyncio.StreamWriter) -> None:
        self.raw += raw
        message = dict(line.split(": ", 1) for line in raw.decode().strip().split("\r\n"))
        async with self._arrived:
            self.received.append(message)
            self._arrived.notify_all()
        usual = {"Challenge": b"Response: Success\r\nChallenge: 42\r\n", "Login": b"Response: Success\r\n"}
        usual["Ping"] = b"Response: Success\r\nPing: Pong\r\n"
        answer = {**usual, **self.answers}.get(message["Action"], b"Response: Success\r\n")
        self.logins += message["Action"] == "Login"
        if answer is not None:
            for part in (answer, *self.lists.get(message["Action"], ())):
                writer.write(part + f"ActionID: {message['ActionID']}\r\n\r\n".encode())


@contextlib.asynccontextmanager
async def fake_ami(kind: type[FakeAmi] = FakeAmi) -> AsyncIterator[FakeAmi]:
    fake = kind()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    yield fake
    server.close()
    fake.drop()
    await asyncio.sleep(0)
