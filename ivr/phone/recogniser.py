"""Whether `ivr listen` can be trusted with a caller now: asked before every question, left alone while it is ill.

Asterisk waits without a limit for a recogniser that accepts and never answers, with the caller in silence.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections import Counter
from collections.abc import Callable

log = logging.getLogger(__name__)

ANSWER_SECONDS = 0.3
"""A healthy one answers within milliseconds."""
FRESH_SECONDS = 1.0
"""So long one answer holds, for all calls."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds for which an ill one is left alone, doubled each time."""
TRIAL_SECONDS = 5.0
"""After a pause one caller tries it; when he is gone without a word of it, the next may."""
_LONGEST_ANSWER = 4096


class Recogniser:
    """One for all calls: a circuit breaker in front of `ivr listen`. `now` is any clock in seconds."""

    def __init__(self, host: str, port: int, *, barge: bool = True, now: Callable[[], float] = time.monotonic) -> None:
        self.barge = barge
        """Callers may interrupt prompts by voice."""
        self.fallbacks: Counter[str] = Counter()
        """What went wrong, and under `keys` how many questions went by keys for it."""
        self._host, self._port, self._now = host, port, now
        self._pause = 0.0
        self._shut_until = self._trial_until = self._asked_at = float("-inf")
        self._instance = ""
        self._asking: asyncio.Task[str] | None = None

    async def instance(self) -> str:
        """Which `ivr listen` may be asked now, by a name that a restart changes; empty: none, questions go by keys."""
        if self._now() < max(self._shut_until, self._trial_until):
            return ""
        if not await self.is_well():
            return ""
        # Others may have come first while we waited for its answer.
        if self._pause and self._now() < max(self._shut_until, self._trial_until):
            return ""
        if self._pause:
            self._trial_until = self._now() + TRIAL_SECONDS
        return self._instance

    async def is_well(self, *, fresh: bool = False) -> bool:
        """Whether it answers and can recognise: as known from a moment ago, or asked anew. Callers share the asking."""
        if not fresh and self._instance and self._now() - self._asked_at < FRESH_SECONDS:
            return True
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return bool(await asyncio.shield(self._asking))  # a caller who hangs up ends the waiting, not the asking

    def worked(self) -> None:
        """It did what a caller needed: it is well again."""
        if self._pause:
            log.info("speech is recognised again")
        self._pause = 0.0
        self._trial_until = float("-inf")

    def doubted(self, reason: str) -> None:
        """One answer broke: the next caller asks how it is."""
        self._count(reason)
        log.warning("an answer was not recognised, the question goes by keys", extra={"reason": reason})

    def failed(self, reason: str) -> None:
        """It let a caller down: nobody else is sent there for a while."""
        self._count(reason)
        self._trial_until = float("-inf")
        if self._now() < self._shut_until:  # calls that it took with it are one failure
            return
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._shut_until = self._now() + self._pause
        log.warning("speech is not recognised, questions go by keys", extra={"reason": reason, "pause_s": self._pause})

    def _count(self, reason: str) -> None:
        self.fallbacks[reason] += 1
        self._instance = ""

    async def _ask(self) -> str:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._instance = await self._health()
        except (OSError, TimeoutError, ValueError):
            self._instance = ""
        self._asked_at = self._now()
        if not self._instance:
            self.failed("no answer")
        return self._instance

    async def _health(self) -> str:
        """Its name; empty while it cannot recognise. Raises OSError, ValueError."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(b"GET /health HTTP/1.1\r\nHost: listen\r\nConnection: close\r\n\r\n")
            head, _, body = (await _all(reader)).partition(b"\r\n\r\n")
            return str(json.loads(body)["instance"]) if head.startswith(b"HTTP/1.1 200 ") else ""
        except (KeyError, TypeError) as problem:
            raise ValueError("not the health of `ivr listen`") from problem
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _all(reader: asyncio.StreamReader) -> bytes:
    """Until its end, but never without a limit."""
    said = b""
    while len(said) < _LONGEST_ANSWER and (more := await reader.read(_LONGEST_ANSWER)):
        said += more
    return said
