"""What is counted while the day goes on."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Hour:
    """Calls that began, and callers who asked for an operator, within one hour."""

    offered: int = 0
    lost: int = 0
    """Found no line."""
    queued: int = 0
    """Wanted an operator while there was one at work."""
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    robot: int = 0
    """Calls that the robot began."""
    waited_s: float = 0
    """All who wanted an operator together."""
    waited: int = 0
    """Who was not answered at once."""
    handled_s: float = 0
    line_s: float = 0
    """How long the callers of this hour kept their lines."""
    robot_line_s: float = 0


@dataclass(slots=True)
class Tally:
    """Figures of one day."""

    local: Callable[[datetime], datetime]
    hours: dict[int, Hour] = field(default_factory=lambda: defaultdict(Hour))
    ended: Counter[str] = field(default_factory=Counter)
    """Inbound calls by how they ended."""
    done: Counter[str] = field(default_factory=Counter)
    """What was done for patients, by whom: `ivr.booked`, `operator.cancelled`, `robot.CONFIRMED`."""
    refused: Counter[str] = field(default_factory=Counter)
    """Where the services said no, by their code."""
    waits: list[float] = field(default_factory=list)
    """Of those who were answered."""
    visits: Counter[str] = field(default_factory=Counter)

    def hour(self, moment: datetime) -> Hour:
        return self.hours[self.local(moment).hour]
