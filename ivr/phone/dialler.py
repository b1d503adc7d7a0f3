"""Calls that Asterisk makes for us: begun by AMI, watched until they are over, and told once what became of them."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from ivr.domain.dialling import Dial, Ended, Outcome, failed
from ivr.domain.pacing import Breaker, Lines, Pace
from ivr.phone.ami import Ami, AmiDown, AmiRefused

log = logging.getLogger(__name__)

T = TypeVar("T")

TRUNK = "ivr-trunk"
CONTEXT = "ivr-outbound"
LOOK_SECONDS = 0.5
RENEW_SECONDS = 15.0
SWEEP_SECONDS = 2.0
NORMAL_CLEARING = 16
"""Q.850; Asterisk names no cause where it was the other side that hung up."""
CAUSE_SECONDS = 1.0
"""After a refusal the channel's own end, which tells why, comes within this time, or not at all."""


class Book(Protocol):
    """The tasks behind the calls. Any of them may raise StorageDown; it is tried again later."""

    async def claim(self) -> Dial | None: ...
    async def finish(self, key: str, ended: Ended) -> None: ...
    async def renew(self, keys: list[str]) -> None: ...

    async def left_behind(self) -> list[str]:
        """Keys of attempts of this dialler that are not over, from before it was started."""

    async def sweep(self) -> None:
        """What comes due by itself: leases of the dead, offers whose time is over."""


@dataclass(slots=True)
class _Call:
    key: str
    rang: bool = False
    answered_at: datetime | None = None
    refused: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Tally:
    """How the dialler does, for its log and its health."""

    begun: int = 0
    answered: int = 0
    failed: int = 0


class Dialler:
    """Makes the calls of the book, a few at a time."""

    def __init__(
        self,
        ami: Ami,
        book: Book,
        *,
        lines: Lines,
        pace: Pace,
        now: Callable[[], datetime],
        ring_seconds: int = 30,
        answer_seconds: float = 5.0,
        number: Callable[[str], str] = str,
        caller_id: str = "",
    ) -> None:
        """`number` writes E.164 as the provider wants it dialled; Asterisk agrees within `answer_seconds`."""
        self._ami, self._book, self._lines, self._pace, self._now = ami, book, lines, pace, now
        self._ring_seconds, self._number, self._caller_id = ring_seconds, number, caller_id
        self._answer_seconds = answer_seconds
        self._breaker = Breaker()
        self._calls: dict[str, _Call] = {}
        self._channels: set[str] = set()
        """Of the trunk, whoever began them."""
        self._over: deque[str] = deque(maxlen=100)
        """The channels that ended last: a list that Asterisk makes meanwhile may still have them."""
        self._endings: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        """No call is begun while we look which ones go on."""
        self._wake = asyncio.Event()
        self._looked = False
        """We know which of our calls go on in this Asterisk: no new one is begun before."""
        self._doubt = asyncio.Event()
        """Asterisk did not say whether it rings: we have to look."""
        self.tally = Tally()
        for event in ("Newchannel", "Newstate", "Hangup", "OriginateResponse", "DialState"):
            ami.register_event(event, self._heard)

    async def run(self, stopping: asyncio.Event) -> None:
        """Ring until `stopping`; calls that go on then are left to the story, and closed when their lease lapses."""
        tasks = [asyncio.create_task(job) for job in (self._dial(), self._repeat(SWEEP_SECONDS, self._book.sweep))]
        tasks.append(asyncio.create_task(self._repeat(RENEW_SECONDS, self._renew)))
        tasks.append(asyncio.create_task(self._reconnected()))
        try:
            await stopping.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def drain(self, within: float) -> None:
        """Let calls end; what has ended is still told."""
        deadline = self._now() + timedelta(seconds=within)
        while (self._calls or self._endings) and self._now() < deadline:  # noqa: ASYNC110 - short, and ends
            await asyncio.sleep(0.1)

    # --- begin

    async def _dial(self) -> None:
        while True:
            async with self._turn:
                pause = await self._one()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _one(self) -> float:
        """Begin one call if it may be; how long to wait before the next look."""
        now = self._now()
        if not self._looked or not self._breaker.allows(now) or not self._free():
            return LOOK_SECONDS
        if (wait := self._pace.wait(now).total_seconds()) > 0:
            return wait
        dial = await _kept(self._book.claim())
        if dial is None:
            return LOOK_SECONDS
        self._pace.started(now)
        self._breaker.started()
        await self._originate(dial)
        return 0.0

    def _free(self) -> int:
        own = sum(channel in self._calls for channel in self._channels)
        return self._lines.free(own=len(self._calls), others=len(self._channels) - own)

    async def _originate(self, dial: Dial) -> None:
        self._calls[dial.key] = _Call(dial.key)
        self.tally.begun += 1
        log.info("ringing", extra={"attempt": dial.key, "task": dial.task_id, "kind": dial.kind, "try": dial.number})
        try:
            answer = await self._ami.ask(
                {
                    "Action": "Originate",
                    "Channel": f"PJSIP/{self._number(dial.phone)}@{TRUNK}",
                    "Context": CONTEXT,
                    "Exten": "s",
                    "Priority": "1",
                    "Async": "true",
                    "Timeout": str(self._ring_seconds * 1000),
                    "ChannelId": dial.key,
                    "CallerID": self._caller_id,
                    "EarlyMedia": "false",
                },
                within=self._answer_seconds,
            )
        except (AmiDown, TimeoutError):
            # Nobody knows whether it rings: looked up at once, or when Asterisk is back.
            self._looked = False
            self._doubt.set()
            return
        except AmiRefused as problem:
            log.error("Asterisk does not let us ring", extra={"reason": str(problem)})
            self._ended(dial.key, Ended(Outcome.TRUNK))
            return
        if not answer.success:
            log.error("Asterisk did not ring", extra={"attempt": dial.key, "reason": answer.message})
            self._ended(dial.key, Ended(Outcome.TRUNK))

    # --- watch

    def _heard(self, _ami: Ami, event: Any) -> None:
        if event.event == "DialState":
            self._dial_state(event)
            return
        key = event.uniqueid or ""
        if event.event == "Newchannel" and (event.channel or "").startswith(f"PJSIP/{TRUNK}-"):
            self._channels.add(key)
        call = self._calls.get(key)
        if event.event == "Hangup":
            self._channels.discard(key)
            self._over.append(key)
            self._wake.set()
        if call is not None:
            self._of_ours(call, event)

    def _of_ours(self, call: _Call, event: Any) -> None:
        match event.event:
            case "Newstate" if event.channelstatedesc == "Ringing":
                call.rang = True
            case "Newstate" if event.channelstatedesc == "Up" and call.answered_at is None:
                call.answered_at = self._now()
                self.tally.answered += 1
            case "OriginateResponse" if event.response == "Failure":
                loop = asyncio.get_running_loop()
                call.refused = loop.call_later(CAUSE_SECONDS, self._ended, call.key, Ended(Outcome.TRUNK))
            case "Hangup":
                self._ended(call.key, _ending(call, event))

    def _dial_state(self, event: Any) -> None:
        call = self._calls.get(event.destuniqueid or "")
        if call is not None and event.dialstatus in ("RINGING", "PROGRESS"):
            call.rang = True

    def _ended(self, key: str, ended: Ended) -> None:
        call = self._calls.pop(key, None)
        if call is None:
            return
        if call.refused is not None:
            call.refused.cancel()
        if ended.outcome is Outcome.TRUNK:
            self.tally.failed += 1
        if self._breaker.ended(failed=ended.outcome is Outcome.TRUNK, now=self._now()):
            log.error("the trunk fails, it is left alone", extra={"until": str(self._breaker.rests_until)})
        log.info("rung", extra={"attempt": key, "outcome": ended.outcome, "cause": ended.cause})
        self._endings[key] = asyncio.create_task(self._tell(key, ended))

    async def _tell(self, key: str, ended: Ended) -> None:
        """Again and again, should the database be down."""
        await self._until_kept(lambda: self._book.finish(key, ended))
        del self._endings[key]
        self._wake.set()

    async def _until_kept(self, job: Callable[[], Awaitable[None]]) -> None:
        while not await _kept(_true(job())):  # noqa: ASYNC110 - nothing tells when a database is back
            await asyncio.sleep(LOOK_SECONDS)

    # --- hold on

    async def _repeat(self, seconds: float, job: Callable[[], Awaitable[None]]) -> None:
        while True:
            await _kept(job())
            await asyncio.sleep(seconds)

    async def _renew(self) -> None:
        if self._calls:
            await self._book.renew(list(self._calls))

    async def _reconnected(self) -> None:
        """Whenever Asterisk is back, or did not answer: what of ours goes on, and what is over without a word."""
        while True:
            await self._ami.wait_connected()
            async with self._turn:
                if self._doubt.is_set():
                    await self._until_kept(self._caught_up)
                self._doubt.clear()
                await self._until_kept(self._look_again)
            self._looked = True
            await _first_of(self._ami.wait_lost(), self._doubt.wait())
            self._looked = False

    async def _caught_up(self) -> None:
        """Asterisk has come to what we asked before, for it answers in order; a call it then begins is there soon."""
        await self._ami.ask({"Action": "Ping"})
        await asyncio.sleep(CAUSE_SECONDS)

    async def _look_again(self) -> None:
        for key in await self._book.left_behind():
            if key not in self._endings:
                self._calls.setdefault(key, _Call(key))
        for call in self._calls.values():
            # Nobody heard whether it rang meanwhile; whom a telephone may have rung for is not rung again in 5 minutes.
            call.rang = True
        rows = await self._ami.ask_list({"Action": "Status"})
        channels = {row.uniqueid: row for row in rows if row.event == "Status" and row.uniqueid not in self._over}
        self._channels = {key for key, row in channels.items() if row.channel.startswith(f"PJSIP/{TRUNK}-")}
        for key, call in list(self._calls.items()):
            if key not in channels:
                outcome = Outcome.LOST if call.answered_at is None else Outcome.UNFINISHED
                self._ended(key, Ended(outcome, answered_at=call.answered_at))
            elif channels[key].channelstatedesc == "Up" and call.answered_at is None:
                call.answered_at = self._now()


def _ending(call: _Call, event: Any) -> Ended:
    cause = int(event.cause) if (event.cause or "").isdecimal() else 0
    tech_cause = event.techcause or None
    if call.answered_at is not None:
        return Ended(Outcome.UNFINISHED, cause or NORMAL_CLEARING, tech_cause, call.answered_at)
    return Ended(failed(cause, tech_cause=tech_cause or "", rang=call.rang), cause, tech_cause)


async def _first_of(*events: Coroutine[Any, Any, object]) -> None:
    """Wait until one of them has come."""
    waiting = [asyncio.create_task(event) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


async def _true(job: Awaitable[None]) -> bool:
    await job
    return True


async def _kept(job: Awaitable[T]) -> T | None:
    """The value; None where the database or Asterisk cannot be asked now, which is logged and tried again."""
    try:
        return await job
    except Exception as problem:
        log.error("the dialler has to wait", extra={"reason": f"{type(problem).__name__}: {problem}"})
        return None


def dialled(prefix: str) -> Callable[[str], str]:
    """Russian numbers as a provider wants them: +79…, 89… or 79…; others stay as they are."""
    return lambda e164: prefix + e164[2:] if e164.startswith("+7") else e164
