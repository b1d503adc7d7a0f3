"""How fast the robot may ring: no bursts, callers' lines first, no hammering of a line that is out of order."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES = 5
"""Calls in a row that failed for our line's sake, until it is left alone for a while."""
SHORTEST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of the trunk, shared with those who ring us."""

    most: int
    """Calls that the robot makes at once."""
    trunk: int
    reserve: int
    """Kept free for callers."""

    def free(self, *, own: int, others: int) -> int:
        """How many calls may be added to `own` ones beside `others` on the trunk."""
        return max(0, min(self.most - own, self.trunk - self.reserve - own - others))


class Pace:
    """Starts are at least a step apart; a pause is not made up for afterwards."""

    def __init__(self, per_minute: float) -> None:
        self._step = timedelta(minutes=1) / per_minute
        self._next: datetime | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long until the next call may start; zero: now."""
        if self._next is None:
            return timedelta(0)
        # A clock that was put back must not stop the robot for as long.
        return min(self._step, max(timedelta(0), self._next - now))

    def started(self, now: datetime) -> None:
        self._next = now + self._step


class Breaker:
    """Leaves a failing trunk alone, tries it by one call, and rests longer each time that fails."""

    def __init__(self) -> None:
        self._failures = 0
        self._rest = SHORTEST_REST
        self._until: datetime | None = None
        self._trying = False

    def allows(self, now: datetime) -> bool:
        if self._until is None:
            return True
        put_back = self._until - now > LONGEST_REST
        return (now >= self._until or put_back) and not self._trying

    def started(self) -> None:
        self._trying = self._until is not None

    def ended(self, *, failed: bool, now: datetime) -> bool:
        """Count a call that is over; True where the trunk is to rest from now on."""
        self._trying = False
        if not failed:
            self._failures, self._rest, self._until = 0, SHORTEST_REST, None
            return False
        self._failures += 1
        if self._until is None and self._failures < FAILURES:
            return False
        self._until = now + self._rest
        self._rest = min(LONGEST_REST, self._rest * 2)
        return True

    @property
    def rests_until(self) -> datetime | None:
        return self._until
