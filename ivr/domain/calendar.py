"""Working days: weekends, days off, working Saturdays (domain 6.4). Loaded from a data file, never computed."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    days_off: frozenset[date] = frozenset()
    """Days off beside Saturdays and Sundays."""
    working_weekends: frozenset[date] = frozenset()
    short_days: frozenset[date] = frozenset()
    """One hour shorter."""

    def is_working(self, day: date) -> bool:
        if day in self.working_weekends:
            return True
        return day.weekday() < 5 and day not in self.days_off

    def add_working_days(self, start: date, count: int) -> date:
        """The count-th working day after `start`; the start itself is not counted (1.4)."""
        day = start
        while count:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day

    def working_day_before(self, day: date) -> date:
        """The last working day before `day`."""
        day -= timedelta(days=1)
        while not self.is_working(day):
            day -= timedelta(days=1)
        return day
