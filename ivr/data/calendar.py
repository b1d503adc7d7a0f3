"""calendar.toml: days off, working weekends, short days, and who is on duty on days off (6.4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ivr.data.reading import Table, bundled
from ivr.domain.calendar import WorkingCalendar
from ivr.domain.hours import Hours
from ivr.domain.schedule import DayOverride
from ivr.domain.slot import Doctor


def load_calendar(path: Path | None = None) -> WorkingCalendar:
    """Working days of that file, or of the demo hospital. Raises DataError."""
    root = Table.of_file(path or bundled("calendar.toml"))
    working = root.dates("working_weekends")
    if weekday := next((day for day in sorted(working) if day.weekday() < 5), None):
        raise root.error("working_weekends", f"{weekday} is neither a Saturday nor a Sunday")
    root.optional_table("duty").all_known("days", "posts")
    short = root.dates("short_days")
    if both := sorted(working & root.dates("days_off")):
        raise root.error("working_weekends", f"{both[0]} is also a day off")
    root.finished()
    return WorkingCalendar(root.dates("days_off"), working, short)


@dataclass(frozen=True, slots=True)
class Duty:
    """Reception on days off: one doctor of each post, taking turns."""

    days: frozenset[date]
    posts: tuple[str, ...]

    def overrides(self, doctors: Iterable[Doctor], hours: Hours) -> Iterator[DayOverride]:
        """Who works on which day off. The turn goes round by the days on duty, in order."""
        staff = sorted((d for d in doctors if d.active), key=lambda doctor: doctor.id)
        for post in self.posts:
            of_post = [doctor.id for doctor in staff if doctor.speciality == post]
            for turn, day in enumerate(sorted(self.days) if of_post else ()):
                yield DayOverride(of_post[turn % len(of_post)], day, (hours,))


def load_duty(path: Path | None = None) -> Duty:
    """Who is on duty on days off. Raises DataError."""
    duty = Table.of_file(path or bundled("calendar.toml")).optional_table("duty")
    days, working = duty.dates("days"), load_calendar(path)
    if worked := next((day for day in sorted(days) if working.is_working(day)), None):
        raise duty.error("days", f"{worked} is no day off: duty hours would take the place of the usual ones")
    return Duty(days, duty.texts("posts"))
