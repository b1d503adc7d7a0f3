"""The telephone exchange as the desk sees it: Asterisk by AMI, from a thread and event loop of its own."""

import asyncio
import contextlib
import logging
import secrets
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from ivr.phone.accounts import FAMILY, REALM, account, ha1, is_operator, login, number_of, phone_of
from ivr.phone.ami import Ami, AmiDown, AmiRefused
from ivr.phone.config import PhoneConfig
from ivr.phone.legs import Legs
from ivr.phone.queue_rows import TECHNOLOGY, QueueRows, phone_in
from ivr.phone.queue_watch import QUEUE
from ivr.services.exchange import (
    Connected,
    Event,
    ExchangeDown,
    Lost,
    Missed,
    NobodyTalks,
    PhoneLogin,
    QueueChanged,
    QueueState,
    SpyMode,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

BACK = "ivr-back"
"""Where a caller goes on who is given back to the queue."""
MISSED = "missed"
"""Reason of the pause after a call that was not taken."""
LEAST_SECONDS = 0.2
"""Between two tellings of the queue."""
ANSWER_SECONDS = 5.0
_CHANGES = (
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueCallerAbandon",
    "QueueMemberAdded",
    "QueueMemberRemoved",
    "QueueMemberPause",
    "QueueMemberStatus",
)
_SPY = {SpyMode.LISTEN: "qES", SpyMode.WHISPER: "qESw", SpyMode.BARGE: "qESB"}


class AmiExchange:
    """Implements ivr.services.exchange.Exchange."""

    def __init__(self, config: PhoneConfig, now: Callable[[], datetime]) -> None:
        self._config = config
        self._legs, self._rows = Legs(now), QueueRows(now)
        self._tell: Callable[[Event], None] = lambda _event: None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._open: set[str] = set()
        """Telephones of those who are logged in."""
        self._locked: set[str] = set()
        """Telephones whose passwords nobody knows."""

    def start(self, tell: Callable[[Event], None]) -> None:
        """Returns at once, whether Asterisk is there or not."""
        ready = threading.Event()
        self._tell = tell
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(ready)), name="exchange", daemon=True)
        self._thread.start()
        ready.wait()

    def close(self) -> None:
        if self._loop and self._thread:
            with contextlib.suppress(RuntimeError):  # it ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(ANSWER_SECONDS)
            self._loop = self._thread = None

    # --- telephones

    def open_phone(self, user_id: int) -> PhoneLogin:
        phone, number = phone_of(user_id), number_of(user_id)
        digest = _new_digest(phone)
        self._open.add(phone)
        self._locked.discard(phone)
        self._do(self._put(phone, account(self._config, phone, number, digest)))
        return PhoneLogin(phone, number, REALM, digest)

    def close_phone(self, phone: str) -> None:
        """Raises ExchangeDown; it is closed at the next log-in to Asterisk, which keeps its telephones when it ends."""
        self._open.discard(_checked(phone))
        self._do(self._lock(phone))

    async def _put(self, phone: str, objects: Mapping[str, str]) -> None:
        for kind, text in objects.items():
            await self._ask("DBPut", Family=f"{FAMILY}/{kind}", Key=phone, Val=text)
        # Asterisk watches only those telephones that it has met at a (re)load: to the queue others are always away.
        await self._ask("Reload", Module="res_pjsip.so")

    async def _lock(self, phone: str) -> None:
        """Nobody knows the new password. Asterisk loses count of a telephone that is removed and made again."""
        await self._ask("QueueRemove", Queue=QUEUE, Interface=TECHNOLOGY + phone)
        await self._ask("DBPut", Family=f"{FAMILY}/auth", Key=phone, Val=login(phone, _new_digest(phone)))
        if phone not in self._open:  # nobody logged in meanwhile
            self._locked.add(phone)

    # --- the queue

    def join(self, phone: str, *, reason: str) -> None:
        self._do(self._join(_checked(phone), reason))

    def ready(self, phone: str) -> None:
        self._do(self._pause(_checked(phone), "false", ""))

    def pause(self, phone: str, reason: str) -> None:
        self._do(self._pause(_checked(phone), "true", reason))

    def leave(self, phone: str) -> None:
        self._do(self._ask("QueueRemove", Queue=QUEUE, Interface=TECHNOLOGY + _checked(phone)))

    def state(self) -> QueueState:
        return self._do(self._state())

    async def _join(self, phone: str, reason: str) -> None:
        interface = TECHNOLOGY + phone
        added = await self._ask(
            "QueueAdd", Queue=QUEUE, Interface=interface, MemberName=phone, StateInterface=interface, Paused="true"
        )
        if added.success:
            await self._pause(phone, "true", reason)
        elif "Already there" not in added.message:
            raise ExchangeDown(f"the queue did not take {phone}: {added.message}")

    async def _pause(self, phone: str, paused: str, reason: str) -> None:
        answer = await self._ask("QueuePause", Queue=QUEUE, Interface=TECHNOLOGY + phone, Paused=paused, Reason=reason)
        if not answer.success:
            raise ExchangeDown(f"{phone} is not in the queue: {answer.message}")

    async def _state(self) -> QueueState:
        return self._rows.state(await self._ami.ask_list({"Action": "QueueStatus", "Queue": QUEUE}))

    # --- talks

    def spy(self, supervisor: str, operator: str, mode: SpyMode) -> None:
        """Raises NobodyTalks."""
        self._do(self._spy(_checked(supervisor), _checked(operator), mode))

    def requeue(self, phone: str) -> None:
        """Raises NobodyTalks."""
        self._do(self._requeue(_checked(phone)))

    def record(self, call_key: str, *, on: bool) -> None:
        """A paused part is silence in the file. Raises NobodyTalks; where nothing is recorded nothing happens."""
        self._do(self._mute_recording(call_key, "0" if on else "1"))

    async def _mute_recording(self, call_key: str, state: str) -> None:
        legs = self._legs.talking(call_key=call_key)
        if not legs:
            raise NobodyTalks(f"nobody talks with {call_key}")
        for leg in legs:
            await self._ask("MixMonitorMute", Channel=leg.channel, Direction="both", State=state)

    async def _requeue(self, phone: str) -> None:
        legs = self._legs.talking(phone=phone)
        caller = await self._beside(legs[-1].channel) if legs else ""
        if not caller:
            raise NobodyTalks(f"{phone} talks with nobody")
        legs[-1].passed_on = True
        answer = await self._ask("Redirect", Channel=caller, Context=BACK, Exten="s", Priority="1")
        if not answer.success:
            raise NobodyTalks(f"{phone} talks with nobody any more: {answer.message}")

    async def _beside(self, channel: str) -> str:
        """The caller in the same bridge; empty where there is none."""
        rows = [row for row in await self._ami.ask_list({"Action": "CoreShowChannels"}) if row.get("channel")]
        bridge = next((row.bridgeid for row in rows if row.channel == channel), "")
        others = [row.channel for row in rows if bridge and row.bridgeid == bridge and row.channel != channel]
        return next((other for other in others if not is_operator(phone_in(other))), "")

    async def _spy(self, supervisor: str, operator: str, mode: SpyMode) -> None:
        legs = self._legs.talking(phone=operator)
        if not legs:
            raise NobodyTalks(f"{operator} is in no talk")
        await self._ask(
            "Originate",
            Channel=TECHNOLOGY + supervisor,
            Application="ChanSpy",
            Data=f"{legs[-1].channel},{_SPY[mode]}",
            CallerID=f"<{operator.removeprefix('op')}>",
            Async="true",
        )

    # --- inside the thread

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._stopping, self._changed = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        config = self._config
        self._ami = Ami(config.ami_host, config.ami_port, config.desk_user, config.desk_secret)
        self._register()
        ready.set()
        tasks = [asyncio.create_task(work) for work in (self._connect(), self._tell_lost(), self._tell_queue())]
        await self._stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._ami.close()
        await asyncio.sleep(0)  # a socket is closed one step of the loop later

    def _register(self) -> None:
        # What changes the rows must be noted before the legs speak of it.
        self._ami.register_event("QueueCallerJoin", lambda _, event: self._rows.joined(event))
        for name, handler in self._legs.handlers.items():
            self._ami.register_event(name, lambda _, event, handler=handler: self._pass_on(handler(event)))
        self._ami.register_event("QueueCallerLeave", lambda _, event: self._rows.left(event))
        for name in _CHANGES:
            self._ami.register_event(name, lambda _, __: self._changed.set())
        self._ami.register_event("FullyBooted", self._booted)

    async def _connect(self) -> None:
        with contextlib.suppress(AmiDown, AmiRefused):  # it is logged, and tried again and again
            await self._ami.start()

    async def _booted(self, _: Ami, __: Any) -> None:
        """Told at each log-in to an Asterisk that takes calls."""
        await self._ami.wait_connected()
        await self._sweep()
        self._rows.forget()
        self._legs.look_again()
        channels = await self._ami.ask_list({"Action": "CoreShowChannels"})
        self._pass_on(self._legs.found(row for row in channels if row.event == "CoreShowChannel"))
        self._say(Connected(self._legs.busy))
        self._changed.set()

    async def _sweep(self) -> None:
        """Close telephones of nobody: of before our start, and of those who left while Asterisk was away."""
        members = {member.phone for member in (await self._state()).members}
        rows = await self._ami.ask_list({"Action": "DBGetTree", "Family": f"{FAMILY}/auth"})
        stale = members | {row.key.rpartition("/")[2] for row in rows} - self._locked
        for phone in filter(is_operator, stale):
            if phone not in self._open:
                await self._lock(phone)

    async def _tell_lost(self) -> None:
        while True:
            await self._ami.wait_connected()
            await self._ami.wait_lost()
            self._say(Lost())

    async def _tell_queue(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            with contextlib.suppress(AmiDown, AmiRefused, TimeoutError):
                self._say(QueueChanged(await self._state()))
            await asyncio.sleep(LEAST_SECONDS)

    def _pass_on(self, events: Iterator[Event]) -> None:
        for event in events:
            if isinstance(event, Missed):
                self._pause_missed(event.phone)
            self._say(event)

    def _pause_missed(self, phone: str) -> None:
        """Not by Asterisk's `autopause`: telephones without a desk could never be ready again."""
        pausing = asyncio.ensure_future(self._pause(phone, "true", MISSED))
        pausing.add_done_callback(_log_failed)

    def _say(self, event: Event) -> None:
        try:
            self._tell(event)
        except Exception:
            log.exception("the desk did not take what it was told", extra={"event": type(event).__name__})

    async def _ask(self, action: str, **values: str) -> Any:
        return await self._ami.ask({"Action": action, **values}, within=ANSWER_SECONDS)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have it done in our thread. Raises ExchangeDown."""
        if self._loop is None:
            work.close()
            raise ExchangeDown("the exchange is not open")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(ANSWER_SECONDS * 2)
        except (AmiDown, AmiRefused, TimeoutError) as problem:
            future.cancel()
            raise ExchangeDown(str(problem) or "Asterisk does not answer") from problem


def _new_digest(phone: str) -> str:
    return ha1(phone, secrets.token_urlsafe(18))


def _checked(phone: str) -> str:
    if not is_operator(phone):
        raise ValueError(f"{phone!r} is no telephone of an operator")
    return phone


def _log_failed(pausing: "asyncio.Future[None]") -> None:
    if not pausing.cancelled() and (problem := pausing.exception()):
        log.warning("a missed call could not be followed by a pause", extra={"reason": str(problem)})
