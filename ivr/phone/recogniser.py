"""Whether `ivr listen` can be trusted with a caller now: asked before every SpeechCreate, left alone while it is ill.

Asterisk waits without a limit for a recogniser that accepts and never answers, with the caller in silence.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable

log = logging.getLogger(__name__)

ANSWER_SECONDS = 0.3
"""A healthy one answers within milliseconds."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds for which an ill one is left alone, doubled each time."""
_LONGEST_ANSWER = 4096


class Recogniser:
    """One for all calls: a circuit breaker in front of `ivr listen`. `now` is any clock in seconds."""

    def __init__(self, host: str, port: int, *, barge: bool = True, now: Callable[[], float] = time.monotonic) -> None:
        self.barge = barge
        """Callers may interrupt prompts by voice."""
        self.fallbacks: Counter[str] = Counter()
        """How often a question went by keys, by reason."""
        self._host, self._port, self._now = host, port, now
        self._pause = 0.0
        self._shut_until = float("-inf")

    async def is_well(self) -> bool:
        """Ask it, unless it was ill a moment ago: no caller waits for that twice."""
        if self._now() < self._shut_until:
            self.fallbacks["ill"] += 1
            return False
        if await self._answers():
            self._pause = 0.0
            return True
        self.failed("no answer")
        return False

    def failed(self, reason: str) -> None:
        """It let a caller down: nobody else is sent there for a while."""
        self.fallbacks[reason] += 1
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._shut_until = self._now() + self._pause
        log.warning("speech is not recognised, questions go by keys", extra={"reason": reason, "pause_s": self._pause})

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._health()
        except (OSError, TimeoutError):
            return False

    async def _health(self) -> bool:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(b"GET /health HTTP/1.1\r\nHost: listen\r\nConnection: close\r\n\r\n")
            answer = await reader.read(_LONGEST_ANSWER)
            return answer.startswith(b"HTTP/1.1 200 ")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
