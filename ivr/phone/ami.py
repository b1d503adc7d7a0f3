"""Guarded AMI: panoramisk's Manager, kept connected, and quick to notice an Asterisk that hangs."""

import asyncio
import contextlib
import hashlib
import inspect
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from panoramisk import Manager  # type: ignore[import-untyped]
from panoramisk.actions import Action  # type: ignore[import-untyped]

from ivr.phone.ami_protocol import AmiDown, GuardedProtocol

__all__ = ["Ami", "AmiDown", "AmiRefused", "BadAction"]

log = logging.getLogger(__name__)

Value = str | Sequence[str]
CLOSED = "closed"
"""Why the connection ended when we ended it."""


class AmiRefused(Exception):
    """Asterisk is there and will not have us: user, secret or rights. Says which settings to look at."""


class BadAction(ValueError):
    """A value cannot be sent by AMI: a line break would begin a header of its own."""


class Ami(Manager):  # type: ignore[misc]  # panoramisk is untyped
    """One connection to one Asterisk. Register events first (register_event), then start()."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        *,
        heartbeat: float = 3.0,
        answer: float = 3.0,
        again: float = 1.0,
    ) -> None:
        super().__init__(host=host, port=port, encoding="utf-8", loop=asyncio.get_running_loop())
        self.heartbeat, self.answer, self.again = heartbeat, answer, again
        self.problem = "not connected yet"
        """Why there is no connection; empty when there is one."""
        self._user, self._secret = user, secret
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._down.set()
        self._told = asyncio.Event()
        """Asterisk has accepted or refused us."""
        self._lost = asyncio.Event()
        self._refused: AmiRefused | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._handlers: set[asyncio.Future[Any]] = set()

    def __repr__(self) -> str:
        return f"Ami({self._user}@{self._where()})"

    @property
    def connected(self) -> bool:
        return self._up.is_set()

    async def start(self, within: float = 10.0) -> None:
        """Connect and log in, then stay connected. Raises AmiRefused or AmiDown, and goes on trying all the same."""
        self._keeper = self._keeper or asyncio.create_task(self._stay_connected())
        try:
            async with asyncio.timeout(within):
                await self._told.wait()
        except TimeoutError:
            raise AmiDown(f"no AMI at {self._where()}: {self.problem}") from None
        if self._refused:
            raise self._refused

    async def wait_connected(self) -> None:
        """Return as soon as there is a connection."""
        await self._up.wait()

    async def wait_lost(self) -> None:
        """Return as soon as there is none."""
        await self._down.wait()

    async def close(self) -> None:
        """End the connection and everything begun by it."""
        tasks = [task for task in (self._keeper, *self._handlers) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._drop(CLOSED)

    async def ask(self, action: Mapping[str, Value], *, within: float = 5.0) -> Any:
        """Send one action, return its one response. Raises AmiDown, AmiRefused, BadAction, TimeoutError."""
        return await self._ask_up(action, as_list=False, within=within)

    async def ask_list(self, action: Mapping[str, Value], *, within: float = 5.0) -> list[Any]:
        """Send an action answered by a list of events up to its ...Complete."""
        answer = await self._ask_up(action, as_list=True, within=within)
        return list(answer) if isinstance(answer, list) else [answer]

    def dispatch(self, event: Any) -> list[str]:
        """Call the handlers of an event; one that raises harms neither the others nor the connection."""
        event.manager = self
        matches = [pattern for pattern, regexp in self.patterns if regexp.match(event.event)]
        for pattern in matches:
            for handler in list(self.callbacks[pattern]):
                self._call_handler(handler, event)
        return matches

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the protocol; the keeper does the rest."""
        self._lost.set()

    def _call_handler(self, handler: Any, event: Any) -> None:
        try:
            outcome = handler(self, event)
        except Exception:
            log.exception("AMI event handler failed", extra={"event": event.event})
            return
        if inspect.isawaitable(outcome):
            task = asyncio.ensure_future(outcome)
            self._handlers.add(task)
            task.add_done_callback(self._handler_done)

    def _handler_done(self, task: "asyncio.Future[Any]") -> None:
        self._handlers.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            log.error("AMI event handler failed", exc_info=problem)

    async def _stay_connected(self) -> None:
        pause = self.again
        while True:
            try:
                await self._connect()
                pause = self.again
                await self._beat()
            except AmiRefused as problem:
                pause = min(30.0, pause * 2)  # a wrong secret is mended by a person, not by haste
                self._refused = problem
                self._told.set()
                self._drop(str(problem))
            except (OSError, TimeoutError) as problem:
                self._drop(str(problem) or "no answer in time")
            except Exception as problem:
                log.exception("AMI connection failed")
                self._drop(type(problem).__name__)
            await asyncio.sleep(pause)

    async def _connect(self) -> None:
        self._lost.clear()
        async with asyncio.timeout(self.answer):
            _, protocol = await self.loop.create_connection(GuardedProtocol, self.config["host"], self.config["port"])
        protocol.factory, protocol.encoding, protocol.config = self, "utf-8", self.config
        self.protocol = protocol
        await self._log_in()
        self._refused, self.problem = None, ""
        self.authenticated = True
        self._down.clear()
        self._up.set()
        self._told.set()
        log.info("AMI connected", extra={"where": self._where()})

    async def _log_in(self) -> None:
        """By challenge: the secret itself never goes over the wire, nor into any object that could be logged."""
        challenge = await self._send({"Action": "Challenge", "AuthType": "MD5"}, as_list=False, within=self.answer)
        digest = hashlib.md5((challenge.challenge + self._secret).encode(), usedforsecurity=False).hexdigest()
        login = {"Action": "Login", "AuthType": "MD5", "Username": self._user, "Key": digest, "Events": "on"}
        if not (await self._send(login, as_list=False, within=self.answer)).success:
            raise AmiRefused(
                f"AMI at {self._where()} refused user {self._user!r}: "
                "the secret in our settings and in manager.conf must be the same, and its permit must allow our address"
            )

    async def _beat(self) -> None:
        """Ask for a sign of life again and again; a stopped Asterisk keeps its sockets open and says nothing."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.heartbeat):
                    await self._lost.wait()
                raise AmiDown("connection lost")
            await self._send({"Action": "Ping"}, as_list=False, within=self.answer)

    def _drop(self, why: str) -> None:
        if why != CLOSED and (self._up.is_set() or why != self.problem):
            log.warning("AMI down", extra={"reason": why})
        self._up.clear()
        self._down.set()
        self.authenticated, self.problem = False, why
        if self.protocol is not None:
            self.protocol.factory = None
            self.protocol.close()
            self.protocol = None

    async def _ask_up(self, action: Mapping[str, Value], *, as_list: bool, within: float) -> Any:
        if not self._up.is_set():
            raise AmiDown(f"no AMI at {self._where()}: {self.problem}")
        answer = await self._send(action, as_list=as_list, within=within)
        if "Permission denied" in (answer.message if not isinstance(answer, list) else ""):
            raise AmiRefused(f"AMI user {self._user!r} lacks the right to {action['Action']}; see manager.conf")
        return answer

    async def _send(self, action: Mapping[str, Value], *, as_list: bool, within: float) -> Any:
        _check(action)
        sent, protocol = Action(dict(action)), self.protocol
        if protocol is None or protocol.closed:
            raise AmiDown("connection to Asterisk lost")
        protocol.send(sent, as_list=as_list)
        try:
            async with asyncio.timeout(within):
                return await sent.future
        finally:
            protocol.forget(sent)

    def _where(self) -> str:
        return f"{self.config['host']}:{self.config['port']}"


def _check(action: Mapping[str, Value]) -> None:
    for name, value in action.items():
        for text in (name, value) if isinstance(value, str) else (name, *value):
            if any(sign in text for sign in "\r\n\0"):
                raise BadAction(f"a line break in {name!r} of an AMI action")
