"""Lines and operators: what is scarce."""

from collections import defaultdict, deque
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from ivr.domain.pacing import Lines
from ivr.simulation.agenda import Agenda, Signal

HOUR = timedelta(hours=1)


class Usage:
    """How many of something were in use, and for how long in each hour."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._since = agenda.now
        self.now = 0
        self.peak = 0
        self.seconds: dict[datetime, float] = defaultdict(float)
        """By the first moment of the hour."""

    def change(self, by: int) -> None:
        self.settle()
        self.now += by
        self.peak = max(self.peak, self.now)

    def settle(self) -> None:
        """Count up to now."""
        while self._since < self._agenda.now:
            hour = self._since.replace(minute=0, second=0, microsecond=0)
            until = min(hour + HOUR, self._agenda.now)
            self.seconds[hour] += self.now * (until - self._since).total_seconds()
            self._since = until


class Trunk:
    """The lines that callers and the robot share; callers may have them all, the robot leaves some free."""

    def __init__(self, agenda: Agenda, lines: Lines) -> None:
        self.lines = lines
        self.usage = Usage(agenda)
        self.robot = Usage(agenda)

    def take(self) -> bool:
        """A line for a caller; False where there is none, and he hears the engaged tone."""
        if self.usage.now >= self.lines.trunk:
            return False
        self.usage.change(+1)
        return True

    def leave(self) -> None:
        self.usage.change(-1)

    def has_room_for_robot(self) -> bool:
        return self.lines.free(own=self.robot.now, others=self.usage.now - self.robot.now) > 0

    def take_for_robot(self) -> None:
        self.usage.change(+1)
        self.robot.change(+1)

    def leave_by_robot(self) -> None:
        self.usage.change(-1)
        self.robot.change(-1)


class Operators:
    """Whoever comes first is answered first; who has waited longer than his patience gives up."""

    def __init__(self, agenda: Agenda, number: int) -> None:
        self._agenda, self.number = agenda, number
        self._free = number
        self._queue: deque[Signal] = deque()
        self.usage = Usage(agenda)
        """Those who talk, or write down what was said."""

    def answer(self, patience_s: float) -> Generator[float | Signal, Any, bool]:
        """Wait for an operator; False where the caller gave up."""
        if self._free:
            self._free -= 1
            self.usage.change(+1)
            return True
        signal = self._agenda.signal()
        self._queue.append(signal)
        self._agenda.after(patience_s, lambda: signal.fire(False))
        return bool((yield signal))

    def free_after(self, seconds: float) -> None:
        """The talk is over; what is written down takes so long."""
        self._agenda.after(seconds, self._next)

    def _next(self) -> None:
        while self._queue:
            signal = self._queue.popleft()
            if not signal.fired:
                signal.fire(True)  # the operator goes from one caller to the next
                return
        self._free += 1
        self.usage.change(-1)
