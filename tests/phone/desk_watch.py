"""What the exchange tells, kept in order for a test to wait for."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ivr.services.exchange import Event, QueueChanged, QueueState

E = TypeVar("E")


class DeskWatch:
    """Give `tell` to the exchange."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.at: list[float] = []
        self._more = threading.Condition()

    def tell(self, event: Event) -> None:
        with self._more:
            self.told.append(event)
            self.at.append(time.monotonic())
            self._more.notify_all()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def calls(self) -> list[Event]:
        """Everything but the state of the queue."""
        return [event for event in self.told if not isinstance(event, QueueChanged)]

    async def first(self, kind: type[E], *, number: int = 1, within: float = 8) -> E:
        """Wait for the first one of this kind, or a later one."""
        await self._until(lambda: len(self.of(kind)) >= number, within)
        return self.of(kind)[number - 1]

    async def queue(self, holds: Callable[[QueueState], Any], within: float = 8) -> QueueState:
        """Wait for a state of the queue."""
        await self._until(lambda: any(holds(event.state) for event in self.of(QueueChanged)[-1:]), within)
        return self.of(QueueChanged)[-1].state

    async def _until(self, holds: Callable[[], bool], within: float) -> None:
        if not await asyncio.to_thread(self._wait, holds, within):
            raise TimeoutError(f"told only: {self.told}")

    def _wait(self, holds: Callable[[], bool], within: float) -> bool:
        with self._more:
            return self._more.wait_for(holds, within)
