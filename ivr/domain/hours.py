"""Opening hours: a pair of local times, opening before closing."""

import re
from datetime import time, timedelta
from typing import NamedTuple


class Hours(NamedTuple):
    """Local times; the closing time is the first that is outside."""

    opens: time
    closes: time

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Read `08:00-14:00`; raises ValueError that says what is wrong."""
        found = re.fullmatch(r"\s*(\d{1,2}:\d{2})\s*[-–—]\s*(\d{1,2}:\d{2})\s*", text)
        if not found:
            raise ValueError(f"hours are written 08:00-14:00, not {text!r}")
        hours = cls(*(clock_time(part) for part in found.groups()))
        if hours.opens >= hours.closes:
            raise ValueError(f"hours must open before they close: {text!r}")
        return hours

    @property
    def length(self) -> timedelta:
        return timedelta(hours=self.closes.hour - self.opens.hour, minutes=self.closes.minute - self.opens.minute)

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, time) and self.opens <= moment < self.closes

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


def clock_time(text: str) -> time:
    """Read `8:00` or `08:00`; raises ValueError."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"a time of day is written 08:00, not {text!r}")
    return time(int(found[1]), int(found[2]))
