"""Guarded FastAGI server: panoramisk's routes, behind a door that survives whatever a socket brings."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from panoramisk.fast_agi import Application  # type: ignore[import-untyped]

from ivr.dialogue.line import CallerHungUp
from ivr.phone.agi_session import AgiCall, AgiFailure, close_socket
from ivr.phone.agi_text import parse_headers

__all__ = ["AgiApplication", "AgiCall", "AgiFailure", "NotAgi", "Route"]

log = logging.getLogger(__name__)

HEADER_BYTES = 16 * 1024
HEADER_SECONDS = 5.0


class NotAgi(Exception):
    """What connected does not speak AGI; says why."""


Route = Callable[[AgiCall], Awaitable[None]]


class AgiApplication(Application):  # type: ignore[misc]  # panoramisk is untyped
    """Routes of panoramisk's Application; every connection ends closed, and none can stop the others."""

    def __init__(self, *, header_seconds: float = HEADER_SECONDS, secret: str = "") -> None:
        super().__init__(default_encoding="utf-8", loop=asyncio.get_running_loop())
        self.header_seconds = header_seconds
        self._secret = secret
        self._connections: set[asyncio.Task[None]] = set()

    def add_route(self, path: str, endpoint: Route) -> None:
        """Any callable that returns an awaitable; panoramisk's own needs asyncio.coroutine, gone from Python."""
        if path in self._route:
            raise ValueError(f"AGI route {path!r} is already there")
        self._route[path] = endpoint

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Take connections."""
        return await asyncio.start_server(self._accept, host, port, limit=HEADER_BYTES)

    async def end(self) -> None:
        """Cancel what is still running and close its sockets."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.sleep(0)  # a socket is closed one step of the loop later

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: asyncio's complains with a traceback when it is cancelled (Python 3.11).
        connection = asyncio.create_task(self.handler(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        # Also when it was cancelled before its first step.
        connection.add_done_callback(lambda _: writer.close())

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from first byte to close. Cancellation passes through."""
        try:
            headers = await self._headers(reader)
            route = self._route_of(headers)
        except NotAgi as problem:
            log.warning("connection is not AGI", extra={"reason": str(problem), "peer": _peer(writer)})
            await close_socket(writer)
            return
        except BaseException:
            writer.close()
            raise
        await self._serve(route, AgiCall(self, headers, reader, writer, self.default_encoding))

    async def _serve(self, route: Route, call: AgiCall) -> None:
        try:
            await route(call)
        except CallerHungUp:
            log.info("caller hung up")
        except Exception:
            log.exception(
                "AGI route failed", extra={"route": call.headers.get("agi_network_script", "").partition("?")[0]}
            )
        finally:
            await call.close()

    async def _headers(self, reader: asyncio.StreamReader) -> dict[str, str]:
        try:
            async with asyncio.timeout(self.header_seconds):
                raw = await reader.readuntil(b"\n\n")
        except TimeoutError:
            raise NotAgi(f"headers not finished within {self.header_seconds} s") from None
        except asyncio.IncompleteReadError:
            raise NotAgi("closed before the end of the headers") from None
        except asyncio.LimitOverrunError:
            raise NotAgi(f"headers longer than {HEADER_BYTES} bytes") from None
        except OSError as problem:
            raise NotAgi(f"connection lost: {type(problem).__name__}") from None
        try:
            return parse_headers(raw.decode(self.default_encoding, "replace"))
        except ValueError as problem:
            raise NotAgi(str(problem)) from None

    def _route_of(self, headers: dict[str, str]) -> Any:
        script = headers.get("agi_network_script")
        if script is None:
            raise NotAgi("no agi_network_script among the headers")
        name, _, secret = script.partition("?")
        if self._secret and not hmac.compare_digest(secret.encode(), self._secret.encode()):
            raise NotAgi("the address lacks the secret of this installation; render Asterisk's configuration again")
        route = self._route.get(name)
        if route is None:
            raise NotAgi(f"no route {name[:40]!r}; there are {', '.join(self._route)}")
        return route


def _name(headers: dict[str, str]) -> str:
    """Of the route, without the secret behind it."""
    return headers.get("agi_network_script", "").partition("?")[0]


def _peer(writer: asyncio.StreamWriter) -> str:
    return str((writer.get_extra_info("peername") or ("?",))[0])
