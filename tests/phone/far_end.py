"""Asterisk's end of an AGI or AMI socket, as a test plays it: well behaved or not."""

import asyncio
import contextlib
from typing import Self

HEADERS = b"agi_network: yes\nagi_network_script: inbound\nagi_callerid: +79161234567\nagi_arg_1: ivr-1.1\n\n"


class FarEnd:
    """A connected socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def again(self) -> Self:
        """Another connection to the same server."""
        return await self.connect(self.writer.get_extra_info("peername")[1])

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def line(self) -> bytes:
        """The next command; empty when the server has closed."""
        async with asyncio.timeout(5):
            return await self.reader.readline()

    async def is_closed(self) -> bool:
        """Whether the server ends the connection within 5 s."""
        try:
            return await self.line() == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
