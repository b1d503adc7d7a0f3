"""Who waits for an operator: what he holds stays held while he waits, and is let go when he gives up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ivr.phone.ami import Ami

EVERY_SECONDS = 60.0
"""Less than half of the shortest usual hold (D-14)."""
KEY = "CALL_KEY="

OfCall = Callable[[str], Awaitable[None]]


class QueueWatch:
    """Follows the queue by the events of AMI. Make it before `ami.start()`."""

    def __init__(self, ami: Ami, *, keep: OfCall, let_go: OfCall, every: float = EVERY_SECONDS) -> None:
        self._keep, self._let_go, self._every = keep, let_go, every
        self._waiting: set[str] = set()
        ami.register_event("QueueCallerJoin", self._joined)
        ami.register_event("QueueCallerLeave", self._left)
        ami.register_event("QueueCallerAbandon", self._gave_up)
        # Asterisk has started: whoever waited is gone with the old one.
        ami.register_event("FullyBooted", self._nobody)

    async def run(self) -> None:
        """Keep the holds of all who wait, again and again."""
        while True:
            await asyncio.sleep(self._every)
            await asyncio.gather(*map(self._keep, self._waiting))

    async def _joined(self, _: Ami, event: Any) -> None:
        if key := key_of(event):
            self._waiting.add(key)
            await self._keep(key)

    async def _left(self, _: Ami, event: Any) -> None:
        """To an operator, who has the time of one hold to take the slot over; or he hung up, see _gave_up."""
        key = key_of(event)
        if key in self._waiting:
            self._waiting.discard(key)
            await self._keep(key)

    async def _gave_up(self, _: Ami, event: Any) -> None:
        if key := key_of(event):
            self._waiting.discard(key)
            await self._let_go(key)

    async def _nobody(self, _: Ami, __: Any) -> None:
        self._waiting.clear()


def key_of(event: Any, channel: str = "") -> str:
    """The call key that Asterisk sends along (`channelvars` of manager.conf); `dest` for the called channel's."""
    values = event.get(f"{channel}chanvariable") or []
    found = [value for value in ([values] if isinstance(values, str) else values) if value.startswith(KEY)]
    return found[0].removeprefix(KEY) if found else ""
