"""The dialler, Asterisk and the database killed amidst three hundred calls: none is made twice or forgotten."""

import asyncio
import os
import random
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ivr.domain.rules import Rules
from ivr.phone.config import Trunk
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from tests.asterisk import free_ports, running_asterisk
from tests.conftest import Database
from tests.crash.calling import DialProcess, installation, rules_at, visits
from tests.phone.far_phone import until
from tests.postgres import KILLABLE, Postgres, running_postgres
from tests.sip.sipp import Sipp
from tests.sip.town import town

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("dialler")]
PEOPLE = 300
KILLED = ("dialler", "asterisk", "database", "all", "database", "dialler")
"""In this order, at random moments; on SQLite the database dies with whoever writes."""
SEED = 20261123
KINDS = ("17", "17", "04", "63", "91")
"""Most are busy; some do not exist, refuse, or answer and hang up."""


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
    return rules_at(now)


@pytest.fixture
def people(clinic, rules, now) -> list[str]:
    """The telephones of patients who have visits tomorrow evening, each to be confirmed by a call now."""
    phones = [f"+79{number:07}{KINDS[number % len(KINDS)]}" for number in range(PEOPLE)]
    visits(clinic, phones, rules, now, in_days=1)
    return phones


async def test_nobody_is_rung_twice_or_forgotten_whatever_is_killed(
    server, database, clinic, people, rules, now, tmp_path
):
    chance = random.Random(SEED)  # noqa: S311 - moments of death
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    instance = installation(tmp_path, database.url, rules, now, port)
    dialler = DialProcess(instance)
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
