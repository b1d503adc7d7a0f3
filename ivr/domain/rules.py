"""The numbers behind the rules, all of them settings (domain 1.2, D-01 to D-14)."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from ivr.domain.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Rules:
    """Defaults are those of domain 1.2; durations are timedeltas."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    horizon_days: int = 14
    lead_time: timedelta = timedelta(minutes=30)
    hold: timedelta = timedelta(seconds=180)
    max_active: int = 4
    min_gap: timedelta = timedelta(minutes=30)
    lock_after: int = 5
    lock_window: timedelta = timedelta(hours=24)
    lock_for: timedelta = timedelta(minutes=30)
    resume_within: timedelta = timedelta(minutes=10)
    waiting_window_days: int = 30
    centralised: bool = True

    def last_day(self, today: date, horizon_days: int | None = None) -> date:
        """Last local day that may be booked, inclusive (D-01)."""
        return today + timedelta(days=horizon_days or self.horizon_days)
