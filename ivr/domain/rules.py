"""The numbers behind the rules, all of them settings (domain 1.2, D-01 to D-14)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.identifiers import PhoneNumber


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
    lost_after: timedelta = timedelta(minutes=2)
    """Silence of a call that never ended, after which its process is taken for dead."""
    waiting_window_days: int = 30
    referral_days: int = 30
    """So long a referral that a doctor issues here is valid, the day of issue not counted."""
    centralised: bool = True
    robot_calls: bool = False
    """The dialler makes the call centre's feedback calls; otherwise its operators do."""
    sends_sms: bool = False
    """There is a gateway for it."""
    surveys: bool = False
    """Who came is asked two questions (P150)."""
    calls_from: time = time(10)
    calls_until: time = time(18)
    """Local hours of working days in which the hospital rings patients (1.6)."""
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    """Where the telephones are whose numbers begin so, in E.164; all others are in the hospital's own zone."""

    def zone_of(self, phone: PhoneNumber) -> ZoneInfo:
        """Where a telephone is: the longest beginning counts."""
        known = [prefix for prefix in self.zones if phone.e164.startswith(prefix)]
        return self.zones[max(known, key=len)] if known else self.zone

    @property
    def robot_rings(self) -> bool:
        """The robot rings where the call centre does (S4.3) and there is a line for it."""
        return self.centralised and self.robot_calls

    def today(self, now: datetime) -> date:
        """The hospital's day."""
        return now.astimezone(self.zone).date()

    def span(self, day: date) -> tuple[datetime, datetime]:
        """A local day as moments, in UTC: its first one, and the first one after it."""
        first, after = (datetime.combine(each, time(), self.zone) for each in (day, day + timedelta(days=1)))
        return first.astimezone(UTC), after.astimezone(UTC)

    def last_day(self, today: date, horizon_days: int | None = None) -> date:
        """Last local day that may be booked, inclusive (D-01)."""
        return today + timedelta(days=horizon_days or self.horizon_days)


STANDARD = Rules()
"""What holds where a hospital has not said otherwise."""
