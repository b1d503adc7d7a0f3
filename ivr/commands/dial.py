"""`ivr dial`: the hospital rings its patients up, through an Asterisk that is running elsewhere."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from ivr import bootstrap
from ivr.commands.alone import alone
from ivr.commands.orphan import stop_without
from ivr.commands.probing import sign_of_life
from ivr.desk import utc_now
from ivr.domain.dialling import Dial, Ended
from ivr.domain.pacing import Lines, Pace
from ivr.domain.rules import Rules
from ivr.phone.ami import Ami, AmiDown, AmiRefused
from ivr.phone.dialler import Dialler, dialled
from ivr.phone_config import phone_config_of
from ivr.run_time import Current
from ivr.services import outreach, slot_offers
from ivr.services.ports import Work
from ivr.settings import Settings

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
T = TypeVar("T")

DRAIN_SECONDS = 60.0
THREADS = 4
LOOK_EVERY = timedelta(minutes=1)
"""For free times that somebody waits for, and legal deadlines that come near."""


def ring(settings: Settings, *, parent: int | None = None) -> None:
    """Ring until SIGTERM, SIGINT or SIGHUP, or until the parent is gone; then let calls end. Raises AlreadyUp."""
    with alone(settings.var, "dial"):
        asyncio.run(_ring(settings, parent))


async def _ring(settings: Settings, parent: int | None) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    watching = None if parent is None else asyncio.create_task(stop_without(parent, stopping))
    config, out = phone_config_of(settings), settings.outbound
    works = bootstrap.work_factory(settings, threads=THREADS)
    current = Current(bootstrap.rules_of(settings), bootstrap.hospital_of(settings), works)
    book = StoredBook(
        works, node=node_of(settings), rules=lambda: current.rules, now=utc_now, sign=sign_of_life(settings, "dial")
    )
    ami = Ami(config.ami_host, config.ami_port, config.dial_user, config.dial_secret)
    dialler = Dialler(
        ami,
        book,
        lines=Lines(out.lines, out.trunk_lines, out.reserve),
        pace=Pace(out.per_minute),
        now=utc_now,
        ring_seconds=out.ring_seconds,
        number=dialled(out.prefix),
        caller_id=out.caller_id,
    )
    try:
        with contextlib.suppress(AmiDown, AmiRefused):  # it is tried for ever, and its log says why
            await ami.start()
        await dialler.run(stopping)
        await dialler.drain(DRAIN_SECONDS)
    finally:
        if watching is not None:
            watching.cancel()
        await ami.close()
        book.close()
        works.close()


def node_of(settings: Settings) -> str:
    """Which dialler an attempt belongs to: one on each Asterisk."""
    return f"dial:{socket.gethostname()}:{settings.ami.port}"


class StoredBook:
    """The tasks behind the calls, as they stand in the database. Implements ivr.phone.dialler.Book."""

    def __init__(
        self, new_work: Callable[[], Work], *, node: str, rules: Callable[[], Rules], now: Clock, sign: Path
    ) -> None:
        self._new_work, self._node, self._rules, self._now, self._sign = new_work, node, rules, now, sign
        self._next_look = now()
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="dial")

    async def claim(self) -> Dial | None:
        return await self._do(
            lambda rules: outreach.claim(self._new_work(), node=self._node, rules=rules, now=self._now())
        )

    async def finish(self, key: str, ended: Ended) -> None:
        await self._do(lambda rules: outreach.finish(self._new_work(), key, ended, rules=rules, now=self._now()))

    async def renew(self, keys: list[str]) -> None:
        await self._do(lambda _: outreach.renew(self._new_work(), keys, node=self._node, now=self._now()))

    async def left_behind(self) -> list[str]:
        return await self._do(lambda _: outreach.left_behind(self._new_work(), node=self._node))

    async def sweep(self) -> None:
        lost = await self._do(lambda rules: outreach.close_lost(self._new_work(), rules=rules, now=self._now()))
        if lost:
            log.warning("attempts that a crash had left open are closed", extra={"attempts": lost})
        await self._do(lambda rules: outreach.write(self._new_work(), rules=rules, now=self._now()))
        await self._do(lambda rules: slot_offers.tidy(self._new_work, rules=rules, now=self._now()))
        if self._now() >= self._next_look:
            self._next_look = self._now() + LOOK_EVERY
            await self._do(lambda rules: slot_offers.seek(self._new_work, rules=rules, now=self._now()))
            await self._do(lambda rules: slot_offers.escalate(self._new_work, rules=rules, now=self._now()))
        self._sign.touch()

    async def _do(self, job: Callable[[Rules], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: job(self._rules()))

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
