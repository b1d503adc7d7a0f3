"""The virtual clock: a heap of events, and straight-line processes that sleep on it."""

import heapq
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from itertools import count
from typing import Any


class Signal:
    """Something that one process waits for; the first word counts."""

    def __init__(self, agenda: "Agenda") -> None:
        self._agenda = agenda
        self._resume: Callable[[Any], None] | None = None
        self._value: Any = None
        self.fired = False

    def fire(self, value: Any = None) -> None:
        if self.fired:
            return
        self.fired, self._value = True, value
        if self._resume is not None:
            self._wake()

    def waits(self, resume: Callable[[Any], None]) -> None:
        """Whoever waits goes on in his own turn, never within what fired."""
        self._resume = resume
        if self.fired:
            self._wake()

    def _wake(self) -> None:
        resume, value = self._resume, self._value
        assert resume is not None  # noqa: S101 - see fire and waits
        self._agenda.after(0, lambda: resume(value))


Process = Generator[float | Signal, Any, Any]
"""Yields the seconds that it sleeps, or a signal that it waits for, whose value it then gets."""


class Agenda:
    """What happens when; of two things at one moment the one that was planned first."""

    def __init__(self, begins: datetime) -> None:
        self.now = begins
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(moment, self.now), next(self._numbers), action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self.at(self.now + timedelta(seconds=seconds), action)

    def start(self, process: Process, *, at: datetime | None = None) -> None:
        """Begin a process then, or at once."""
        self.at(at or self.now, lambda: self._step(process, None))

    def signal(self) -> Signal:
        return Signal(self)

    def run(self, until: datetime, watch: Callable[[datetime], None] | None = None) -> None:
        """Let everything happen that lies before `until`; `watch` is told how far the clock is."""
        while self._events and self._events[0][0] < until:
            self.now, _, action = heapq.heappop(self._events)
            action()
            if watch is not None:
                watch(self.now)
        self.now = until

    def _step(self, process: Process, value: Any) -> None:
        try:
            wish = process.send(value)
        except StopIteration:
            return
        if isinstance(wish, Signal):
            wish.waits(lambda told: self._step(process, told))
        else:
            self.after(wish, lambda: self._step(process, None))
