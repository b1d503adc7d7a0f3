"""`ivr dial` and Asterisk killed at random moments of three hundred calls: nobody is rung twice or forgotten."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules
from ivr.phone.config import PROJECT, Trunk
from tests.asterisk import free_ports, running_asterisk
from tests.phone.far_phone import until
from tests.sip.sipp import Sipp
from tests.sip.town import town
from tests.up.instance import Instance

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("dialler")]
PEOPLE, KILLS, ASTERISK_KILLS = 300, 6, 2
SEED = 20261123
KINDS = ("17", "17", "04", "63", "91")
"""Most are busy; some do not exist, refuse, or answer and hang up."""


def noon_zone(now: datetime) -> ZoneInfo:
    """A zone in which it is about one o'clock, whenever this runs: the robot may ring."""
    east = (13 - now.hour + 12) % 24 - 12
    return ZoneInfo(f"Etc/GMT{-east:+d}" if east else "Etc/GMT")


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def rules(now) -> Rules:
    zone = noon_zone(now)
    today = now.astimezone(zone).date()
    days = frozenset(today + timedelta(days=number) for number in range(4))
    return Rules(zone=zone, calendar=WorkingCalendar(working_weekends=days), robot_calls=True)


@pytest.fixture
def people(clinic, rules, now) -> list[str]:
    """Visits of tomorrow evening, each to be confirmed by a call now; the telephones of their patients."""
    clinic.speciality()
    doctor = clinic.doctor()
    first = datetime.combine(now.astimezone(rules.zone).date() + timedelta(days=1), datetime.min.time(), rules.zone)
    starts = [first + timedelta(hours=18, minutes=number) for number in range(PEOPLE)]
    slots = clinic.slots(doctor, [start.astimezone(UTC) for start in starts], minutes=1)
    phones = [f"+79{number:07}{KINDS[number % len(KINDS)]}" for number in range(PEOPLE)]
    for slot, phone in zip(slots, phones, strict=True):
        clinic.book(slot, clinic.patient(), now=now, rules=rules, contact=PhoneNumber(phone))
    return phones


class Killed:
    """`ivr dial` in a process that is killed again and again."""

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

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            await self._process.wait()


def installation(folder, database, rules, now, port: int) -> Instance:
    instance = Instance(folder / "hospital", PROJECT / "build" / "test-sounds-espeak")
    today = now.astimezone(rules.zone).date()
    coming = [today + timedelta(days=number) for number in range(4)]
    days = ", ".join(day.isoformat() for day in coming if day.weekday() > 4)
    calendar = folder / "calendar.toml"
    calendar.write_text(f"days_off = []\nworking_weekends = [{days}]\nshort_days = []\n")
    instance.environment |= {
        "IVR_DATABASE__URL": database.url,
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


async def test_nobody_is_rung_twice_or_forgotten_whatever_is_killed(database, clinic, people, rules, now, tmp_path):
    chance = random.Random(SEED)  # noqa: S311 - moments of death
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    instance = installation(tmp_path, database, rules, now, port)
    dialler = Killed(instance)
    config = {"dial_secret": instance.secrets()["dial"], "ami_port": int(instance.environment["IVR_AMI__PORT"])}
    rows = [(40000,)] * (2 * PEOPLE)

    def done(share: float) -> bool:
        return sum(row.ended_at is not None for row in clinic.rows("dial_attempts")) >= share * PEOPLE

    with running_asterisk(tmp_path, trunk=Trunk(f"127.0.0.1:{port}"), **config) as asterisk:
        server = ("127.0.0.1", asterisk.config.sip_port)
        async with Sipp(town(), rows, server=server, port=port, trace=True) as provider:
            await dialler.start()
            for life in range(KILLS):
                await until(lambda life=life: done((life + 1) / (KILLS + 2)), within=60)
                await asyncio.sleep(chance.random() * 0.5)
                await dialler.kill()
                if life < ASTERISK_KILLS:
                    await asyncio.to_thread(asterisk.stop)
                    await asyncio.to_thread(asterisk.start)
                await dialler.start()
            await until(lambda: done(1), within=90)
            await dialler.kill()
            rung = {message["call-id"]: message["to"] for message in provider.messages("INVITE")}

    attempts = clinic.rows("dial_attempts")
    by_phone = Counter(phone for to in rung.values() for phone in people if phone in to)
    assert Counter(row.task_id for row in attempts) == Counter(row.id for row in clinic.rows("tasks", kind="FEEDBACK"))
    assert [row.id for row in attempts if row.ended_at is None] == []
    assert [row.id for row in clinic.rows("tasks") if row.leased_by is not None] == []
    assert {phone: calls for phone, calls in by_phone.items() if calls > 1} == {}
    lost = sum(row.outcome == "LOST" for row in attempts)
    assert 0 < len(by_phone) >= PEOPLE - lost
