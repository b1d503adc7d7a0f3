"""A hospital whose robot rings a town now, whatever the hour: its rules, its visits, `ivr dial` in a process."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.domain.booking import Booking
from ivr.domain.calendar import WorkingCalendar
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules
from ivr.phone.config import PROJECT
from tests.builders import Clinic
from tests.up.instance import Instance

DAYS = 14


def noon_zone(now: datetime) -> ZoneInfo:
    """A zone in which it is about one o'clock, whenever this runs: the robot may ring."""
    east = (13 - now.hour + 12) % 24 - 12
    return ZoneInfo(f"Etc/GMT{-east:+d}" if east else "Etc/GMT")


def rules_at(now: datetime) -> Rules:
    """Every day works, and it is noon."""
    zone = noon_zone(now)
    return Rules(zone=zone, calendar=WorkingCalendar(working_weekends=frozenset(_days(now, zone))), robot_calls=True)


def visits(clinic: Clinic, phones: Sequence[str], rules: Rules, now: datetime, *, in_days: int) -> list[Booking]:
    """An evening of one doctor, a visit each minute, each booked by telephone."""
    clinic.speciality()
    doctor = clinic.doctor()
    day = now.astimezone(rules.zone).date() + timedelta(days=in_days)
    first = datetime.combine(day, datetime.min.time(), rules.zone) + timedelta(hours=18)
    starts = [(first + timedelta(minutes=number)).astimezone(UTC) for number in range(len(phones))]
    slots = clinic.slots(doctor, starts, minutes=1)
    return [
        clinic.book(slot, clinic.patient(), now=now, rules=rules, contact=PhoneNumber(phone))
        for slot, phone in zip(slots, phones, strict=True)
    ]


class DialProcess:
    """`ivr dial`, which may be killed and started again."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with (self._instance.folder / "said").open("ab") as said:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ivr.cli", "dial"),
                cwd=PROJECT,
                env=self._instance.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=said,
            )

    @property
    def pid(self) -> int:
        """Of the process that was started last; 0 before."""
        return 0 if self._process is None else self._process.pid

    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            await self._process.wait()


def installation(folder: Path, url: str, rules: Rules, now: datetime, port: int) -> Instance:
    """Its robot may ring as fast as twenty lines go; `port` is the provider's."""
    instance = Instance(folder / "hospital", PROJECT / "build" / "test-sounds-espeak")
    days = ", ".join(day.isoformat() for day in _days(now, rules.zone) if day.weekday() > 4)
    calendar = folder / "calendar.toml"
    calendar.write_text(f"days_off = []\nworking_weekends = [{days}]\nshort_days = []\n")
    instance.environment |= {
        "IVR_DATABASE__URL": url,
        "IVR_HOSPITAL__CALENDAR": str(calendar),
        "IVR_HOSPITAL__DEMO": "false",
        "IVR_RULES__ZONE": rules.zone.key,
        "IVR_SIP__TRUNK_HOST": f"127.0.0.1:{port}",
        "IVR_OUTBOUND__LINES": "20",
        "IVR_OUTBOUND__TRUNK_LINES": "100",
        "IVR_OUTBOUND__PER_MINUTE": "2400",
        "IVR_OUTBOUND__RING_SECONDS": "5",
    }
    return instance


def _days(now: datetime, zone: ZoneInfo) -> list[date]:
    return [now.astimezone(zone).date() + timedelta(days=number) for number in range(DAYS)]
