"""The days and hours that a patient asks for: «завтра утром», «на следующей неделе после обеда»."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Self


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, both included; local times from `since` on and before `before`. None: open."""

    first: date | None = None
    last: date | None = None
    since: time | None = None
    before: time | None = None

    def holds(self, local: datetime) -> bool:
        """Whether a local moment lies in it."""
        return self.has_day(local.date()) and self.has_time(local.time())

    def has_day(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def has_time(self, at: time) -> bool:
        return (self.since is None or self.since <= at) and (self.before is None or at < self.before)

    def as_list(self) -> list[str | None]:
        """As JSON can hold it."""
        return [None if edge is None else edge.isoformat() for edge in (self.first, self.last, self.since, self.before)]

    @classmethod
    def from_list(cls, edges: list[str | None]) -> Self:
        first, last = (None if edge is None else date.fromisoformat(edge) for edge in edges[:2])
        since, before = (None if edge is None else time.fromisoformat(edge) for edge in edges[2:])
        return cls(first, last, since, before)
