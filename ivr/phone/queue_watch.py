"""Who waits for an operator: what he holds stays held while he waits, and is let go when he gives up."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from ivr.phone.ami import Ami, AmiDown, AmiRefused

EVERY_SECONDS = 60.0
"""Less than half of the shortest usual hold (D-14)."""
KEY = "CALL_KEY="
QUEUE = "operators"

OfCall = Callable[[str], Awaitable[None]]


class QueueWatch:
    """Follows the queue by the events of AMI. Make it before `ami.start()`."""

    def __init__(self, ami: Ami, *, keep: OfCall, let_go: OfCall, every: float = EVERY_SECONDS) -> None:
        self._keep, self._let_go, self._every = keep, let_go, every
        self._waiting: dict[str, str] = {}
        """Keys by the ids of channels."""
        ami.register_event("QueueCallerJoin", self._joined)
        ami.register_event("QueueCallerLeave", self._left)
        ami.register_event("QueueCallerAbandon", self._gave_up)
        # Told at each log-in: Asterisk has started anew, or only the connection was lost.
        ami.register_event("FullyBooted", self._look_again)

    async def run(self) -> None:
        """Keep the holds of all who wait, again and again."""
        while True:
            await asyncio.sleep(self._every)
            await asyncio.gather(*map(self._keep, self._waiting.values()))

    async def _joined(self, _: Ami, event: Any) -> None:
        if key := key_of(event):
            self._waiting[event.uniqueid] = key
            await self._keep(key)

    async def _left(self, _: Ami, event: Any) -> None:
        """To an operator, who has the time of one hold to take the slot over; or he hung up, see _gave_up."""
        if key := self._waiting.pop(event.uniqueid, ""):
            await self._keep(key)

    async def _gave_up(self, _: Ami, event: Any) -> None:
        if key := key_of(event):
            self._waiting.pop(event.uniqueid, None)
            await self._let_go(key)

    async def _look_again(self, ami: Ami, _: Any) -> None:
        """Who waits now, whatever happened unseen; where nobody can say so, holds lapse by themselves."""
        known = set(self._waiting)
        await ami.wait_connected()
        there: dict[str, str] = {}
        with contextlib.suppress(AmiDown, AmiRefused, TimeoutError):
            rows = await ami.ask_list({"Action": "QueueStatus", "Queue": QUEUE})
            # A call's key is its first channel's id.
            there = {row.uniqueid: row.uniqueid for row in rows if row.event == "QueueEntry"}
        fresh = {one: key for one, key in there.items() if one not in known}
        self._waiting = fresh | {one: key for one, key in self._waiting.items() if one in there or one not in known}


def key_of(event: Any, channel: str = "") -> str:
    """The call key that Asterisk sends along (`channelvars` of manager.conf); `dest` for the called channel's."""
    values = event.get(f"{channel}chanvariable") or []
    found = [value for value in ([values] if isinstance(values, str) else values) if value.startswith(KEY)]
    return found[0].removeprefix(KEY) if found else ""
