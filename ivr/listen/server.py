"""`ivr listen`: the websocket server that Asterisk's speech engine connects to, with health and metrics beside it."""

import asyncio
import contextlib
import json
import logging
import uuid
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from ivr.listen import aeap
from ivr.listen.metrics import Metrics
from ivr.listen.models import is_synthetic
from ivr.listen.pool import Pool
from ivr.listen.question import Vocabulary
from ivr.listen.session import Session
from ivr.listen.trouble import CannotListen

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 64 * 1024
"""A frame of audio is 320 bytes, a request a few hundred."""
_CLOSE_SECONDS = 0.5
_LAST_WORDS = 0.02
"""For results that were just queued."""


@dataclass(frozen=True, slots=True)
class ListenConfig:
    """Where to listen, and with which model."""

    model: Path
    host: str = "127.0.0.1"
    """An address, never a name: an older Asterisk crashes on one."""
    port: int = 9198
    """0: any free one."""
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Health:
    """How recognition does."""

    ready: bool
    instance: str
    """Another one after every start: speech objects of Asterisk die with it."""
    workers: int
    workers_ready: int
    streams: int
    restarts: int
    model: str
    synthetic_only: bool
    """The model understands synthetic voices only, not people."""


class ListenServer:
    """Recognises for every Asterisk that connects."""

    def __init__(self, config: ListenConfig, vocabulary: Vocabulary) -> None:
        self.metrics = Metrics()
        self.pool = Pool(config.model, config.workers, self.metrics)
        self._config = config
        self._vocabulary = vocabulary
        self._synthetic = is_synthetic(config.model)
        self._instance = uuid.uuid4().hex
        self._server: Server | None = None
        self._sessions: set[Session] = set()

    @property
    def port(self) -> int:
        assert self._server  # noqa: S101  known once it listens
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def start(self) -> None:
        """Returns when answers can be recognised. Raises BadModel, CannotListen."""
        host, port = self._config.host, self._config.port
        await self.pool.start()
        try:
            self._server = await serve(
                self._serve,
                host,
                port,
                subprotocols=[aeap.PROTOCOL],  # type: ignore[list-item]  # a NewType of str
                compression=None,
                ping_interval=None,  # Asterisk answers none while it plays
                max_size=LONGEST_MESSAGE,
                process_request=self._answer_http,
                open_timeout=5,
                close_timeout=_CLOSE_SECONDS,
            )
        except OSError as problem:
            await self.pool.close()
            raise CannotListen(f"listen.port: cannot listen on {host}:{port} ({problem.strerror})") from problem

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until `stopping`."""
        await self.start()
        log.info("listening for speech", extra={"port": self.port, "model": self._config.model.name})
        await stopping.wait()
        await self.close()

    async def close(self) -> None:
        """Whoever is speaking is asked by keys."""
        for session in list(self._sessions):
            session.fail()
        if self._server:
            await asyncio.sleep(_LAST_WORDS)
            self._server.close()
            await self._server.wait_closed()
        await self.pool.close()

    def health(self) -> Health:
        ready = self.pool.ready
        return Health(
            ready=ready > 0,
            instance=self._instance,
            workers=self.pool.size,
            workers_ready=ready,
            streams=len(self._sessions),
            restarts=int(self.metrics.value("worker_restarts_total")),
            model=self._config.model.name,
            synthetic_only=self._synthetic,
        )

    async def _serve(self, connection: ServerConnection) -> None:
        outbox: asyncio.Queue[str] = asyncio.Queue()
        session = Session(self.pool, self._vocabulary, self.metrics, outbox.put_nowait)
        sender = asyncio.create_task(_send_all(connection, outbox))
        self._sessions.add(session)
        self.metrics.streams.inc()
        try:
            async for message in connection:
                session.take(message)
        except ConnectionClosed:
            pass  # a call that ended without a farewell
        finally:
            self.metrics.streams.dec()
            self._sessions.discard(session)
            session.close()
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender

    def _answer_http(self, connection: ServerConnection, request: Request) -> Response | None:
        """Anything but a websocket; None lets the websocket begin."""
        match request.path:
            case "/health":
                health = self.health()
                status = HTTPStatus.OK if health.ready else HTTPStatus.SERVICE_UNAVAILABLE
                return _response(status, "application/json", json.dumps(asdict(health)).encode())
            case "/metrics":
                return _response(HTTPStatus.OK, "text/plain; version=0.0.4", self.metrics.text())
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return _response(HTTPStatus.NOT_FOUND, "text/plain", b"here are /health and /metrics\n")
        return None


async def _send_all(connection: ServerConnection, outbox: asyncio.Queue[str]) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.send(await outbox.get())


def _response(status: HTTPStatus, kind: str, body: bytes) -> Response:
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"})
    return Response(status.value, status.phrase, headers, body)
