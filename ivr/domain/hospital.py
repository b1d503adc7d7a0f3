"""The hospital as a caller hears of it: names, addresses, rooms and hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.hours import Hours


@dataclass(frozen=True, slots=True)
class Federal:
    """How federal services know the hospital."""

    id: str
    """Its number in the region's register of organisations."""
    oid: str
    """Its OID in the federal register."""
    region: str
    """Code of the region, two digits."""
    units: Mapping[str, str] = field(default_factory=dict)
    """OIDs of its units by site; a site may have none."""


@dataclass(frozen=True, slots=True)
class Hospital:
    """Facts read out by the stories. Addresses are already in spoken words, telephones are digits."""

    name: str
    registry_phone: str
    adult_address: str
    adult_hours: Hours
    child_address: str
    child_hours: Hours
    nurse_hours: Hours
    nurse_room: str
    operator_hours: Hours
    """On working days; an hour shorter before holidays."""
    home_hours: Hours
    duty_hours: Hours
    """Of the doctor on duty on holidays."""
    sites: Mapping[str, str] = field(default_factory=dict)
    """Key of a site (`adult`, `child`, `women`, `dental`, …) to its address in words."""
    call_centre_phone: str = ""
    """Digits; empty: the registry's."""
    federal: Federal | None = None
    """None: federal services do not know it."""

    def adults_open(self, now_local: datetime, calendar: WorkingCalendar) -> bool:
        """True while the clinic for adults sees patients, its urgent room among them."""
        in_hours = self.adult_hours.opens <= now_local.time() < self.adult_hours.closes
        return calendar.is_working(now_local.date()) and in_hours

    def operators_open(self, now_local: datetime, calendar: WorkingCalendar) -> bool:
        """True while operators answer; `now_local` is in the hospital's zone."""
        today = now_local.date()
        if not calendar.is_working(today):
            return False
        shorter = timedelta(hours=today in calendar.short_days)
        return (now_local + shorter).date() == today and self._in_hours(now_local, shorter)

    def _in_hours(self, now_local: datetime, shorter: timedelta) -> bool:
        begun = self.operator_hours.opens <= now_local.time()
        return begun and (now_local + shorter).time() < self.operator_hours.closes
