"""The dialler, Asterisk and the database killed amidst three hundred calls: none is made twice or forgotten."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules
from ivr.phone.config import PROJECT, Trunk
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from tests.asterisk import free_ports, running_asterisk
from tests.conftest import Database
from tests.phone.far_phone import until
from tests.postgres import KILLABLE, Postgres, running_postgres
from tests.sip.sipp import Sipp
from tests.sip.town import town
from tests.up.instance import Instance

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("dialler")]
PEOPLE = 300
KILLED = ("dialler", "asterisk", "database", "all", "database", "dialler")
"""In this order, at random moments; on SQLite the database dies with whoever writes."""
SEED = 20261123
KINDS = ("17", "17", "04", "63", "91")
"""Most are busy; some do not exist, refuse, or answer and hang up."""


def noon_zone(now: datetime) -> ZoneInfo:
    """A zone in which it is about one o'clock, whenever this runs: the robot may ring."""
    east = (13 - now.hour + 12) % 24 - 12
    return ZoneInfo(f"Etc/GMT{-east:+d}" if east else "Etc/GMT")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def server(request) -> Iterator[Postgres | None]:
    """Of its own, as it is killed; its commits outlive it."""
    if request.param == "sqlite":
        yield None
        return
    with running_postgres(KILLABLE) as started:
        yield started


@pytest.fixture
def database(server, request) -> Iterator[Database]:
    if server is None:
        yield request.getfixturevalue("sqlite_database")
        return
    migrate(server.url)
    engine = open_engine(server.url)
    yield Database(server.url, engine)
    engine.dispose()


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

    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

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


async def test_nobody_is_rung_twice_or_forgotten_whatever_is_killed(
    server, database, clinic, people, rules, now, tmp_path
):
    chance = random.Random(SEED)  # noqa: S311 - moments of death
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    instance = installation(tmp_path, database, rules, now, port)
    dialler = Killed(instance)
    config = {"dial_secret": instance.secrets()["dial"], "ami_port": int(instance.environment["IVR_AMI__PORT"])}
    rows = [(40000,)] * (2 * PEOPLE)

    def done(share: float) -> bool:
        return sum(row.ended_at is not None for row in clinic.rows("dial_attempts")) >= share * PEOPLE

    async def kill(what: str) -> None:
        """The database stays away for a moment; the dialler that outlives it goes on by itself."""
        if what in ("dialler", "all"):
            await dialler.kill()
        if what in ("database", "all") and server is not None:
            await asyncio.to_thread(server.kill)
        if what in ("asterisk", "all"):
            os.kill(asterisk.pid, signal.SIGKILL)
            await asyncio.to_thread(asterisk.stop)
            await asyncio.to_thread(asterisk.start)
        if what in ("database", "all") and server is not None:
            await asyncio.sleep(chance.random())
            await asyncio.to_thread(server.start)
        if what in ("dialler", "all"):
            await dialler.start()
        assert dialler.is_alive()

    with running_asterisk(tmp_path, trunk=Trunk(f"127.0.0.1:{port}"), **config) as asterisk:
        where = ("127.0.0.1", asterisk.config.sip_port)
        async with Sipp(town(), rows, server=where, port=port, trace=True) as provider:
            await dialler.start()
            for number, what in enumerate(KILLED, 1):
                await until(lambda number=number: done(number / (len(KILLED) + 2)), within=60)
                await asyncio.sleep(chance.random() * 0.5)
                await kill(what)
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
