"""The desk of a running program: use cases in threads, the journal written behind the caller's back."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from ivr.dialogue.desk import Desk, Step
from ivr.domain.hospital import Hospital
from ivr.domain.rules import Rules
from ivr.services import calls
from ivr.services.ports import StorageDown, Work

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

ANSWER_SECONDS = 6.0
"""A caller waits no longer for the database: more than SQLite's wait for another writer, less than he would endure."""
STUCK_SECONDS = 1.0
"""The same while an earlier answer is overdue: a database that hangs must not cost every step of a call six seconds."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class ThreadDesk:
    """Runs each use case in a thread of the executor, in a unit of work of its own. Implements Desk."""

    def __init__(
        self,
        *,
        new_work: Callable[[], Work],
        rules: Rules,
        hospital: Hospital,
        executor: Executor,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.rules = rules
        self.hospital = hospital
        self.now = clock
        self._new_work = new_work
        self._executor = executor
        self._overdue: set[Future[Any]] = set()

    async def do(self, use_case: Callable[Concatenate[Work, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run it; raises StorageDown, too, for a database that hangs: then nobody knows whether it was done."""
        job = partial(use_case, self._new_work(), *args, **named)
        running = self._executor.submit(job)
        try:
            async with asyncio.timeout(STUCK_SECONDS if self._overdue else ANSWER_SECONDS):
                return await asyncio.wrap_future(running)
        except TimeoutError:
            if not running.cancelled():  # begun, and nothing stops a thread
                self._overdue.add(running)
                running.add_done_callback(self._overdue.discard)
            raise StorageDown("no answer in time") from None

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class StoredJournal:
    """Writes steps and form of one call, several at a time, in the order they were said. Implements Journal."""

    def __init__(self, desk: Desk, call_key: str) -> None:
        self._desk = desk
        self._call_key = call_key
        self._steps: list[Step] = []
        self._entered: dict[str, Any] | None = None
        self._writing: asyncio.Task[None] | None = None

    def step(self, step: Step) -> None:
        self._steps.append(step)
        self._start()

    def progress(self, entered: Mapping[str, object]) -> None:
        self._entered = dict(entered)
        self._start()

    async def flush(self) -> None:
        """Return when everything is stored; raises StorageDown if it cannot be."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing})
        await self._write()

    def _start(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_quietly())

    async def _write_quietly(self) -> None:
        try:
            while self._steps or self._entered is not None:
                await self._write()
        except StorageDown:
            log.warning("the journal waits for the database", extra={"call": self._call_key})

    async def _write(self) -> None:
        """Store what there is; on failure it stays for the next time."""
        steps, entered = list(self._steps), self._entered
        if not steps and entered is None:
            return
        held_until = self._desk.now() + self._desk.rules.hold if steps else None
        await self._desk.do(calls.keep, self._call_key, steps, entered=entered, held_until=held_until)
        self._entered = None if self._entered is entered else self._entered
        del self._steps[: len(steps)]
