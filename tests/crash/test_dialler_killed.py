"""The dialler, Asterisk and the database killed amidst three hundred calls: none is made twice or forgotten."""

import asyncio
import os
import random
import signal
import socket
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ivr.domain.booking import Booking
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules
from ivr.domain.waiting_list import PartOfDay, WaitingEntry, WaitingReason
from ivr.phone.config import Trunk
from ivr.services import booking, waiting
from ivr.services.waiting import Wish
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from tests.asterisk import running_asterisk
from tests.conftest import Database
from tests.crash.calling import DialProcess, installation, rules_at, visits
from tests.phone.far_phone import until
from tests.ports import free_ports
from tests.postgres import KILLABLE, Postgres, running_postgres
from tests.sip.sipp import Sipp
from tests.sip.town import town

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("dialler")]
PEOPLE = 300
WAITING = 16
WAITING_AREA, FREED_AREA = "88", "99"
OFFERED_KINDS = ("04", "63")
"""Numbers that do not exist, and people who refuse: the second offer in vain is a person's work."""
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
def waiting_people(clinic, people, rules, now) -> list[WaitingEntry]:
    """They wait for a time of the doctor of `freed`; no call reaches them, so each time goes from one to the next."""
    entries = []
    for number in range(WAITING):
        contact = PhoneNumber(f"+79{WAITING_AREA}{number:05}{OFFERED_KINDS[number % len(OFFERED_KINDS)]}")
        wish = Wish(
            clinic.patient().id, "therapist", None, PartOfDay.ANY, WaitingReason.NO_SLOTS, contact, f"waits-{number}"
        )
        entries.append(waiting.join(clinic.new_work(), wish, rules=rules, now=now))
    return entries


@pytest.fixture
def freed(clinic, people, rules, now) -> list[Booking]:
    """Visits that are cancelled one after the other, between the deaths."""
    phones = [f"+79{FREED_AREA}{number:05}17" for number in range(2 * len(KILLED))]
    return visits(clinic, phones, rules, now, in_days=6)


@pytest.fixture
def people(clinic, rules, now) -> list[str]:
    """The telephones of patients who have visits tomorrow evening, each to be confirmed by a call now."""
    phones = [f"+79{number:07}{KINDS[number % len(KINDS)]}" for number in range(PEOPLE)]
    visits(clinic, phones, rules, now, in_days=1)
    return phones


async def test_nobody_is_rung_twice_or_forgotten_whatever_is_killed(
    server, database, clinic, people, waiting_people, freed, rules, now, tmp_path
):
    chance = random.Random(SEED)  # noqa: S311 - moments of death
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    instance = installation(tmp_path, database.url, rules, now, port)
    dialler = DialProcess(instance)
    config = {"dial_secret": instance.secrets()["dial"], "ami_port": int(instance.environment["IVR_AMI__PORT"])}
    rows = [(40000,)] * (2 * PEOPLE)
    reminded = set(people)

    def done(share: float) -> bool:
        ended = [row for row in clinic.rows("dial_attempts") if row.ended_at is not None]
        return sum(row.phone in reminded for row in ended) >= share * PEOPLE

    def offered_all() -> bool:
        """Every freed time has gone as far as it goes now; a call that was lost is made again in five minutes."""
        going_on = [row for row in clinic.rows("tasks", kind="OFFER", status="OPEN") if row.not_before is None]
        return not going_on and all(row.ended_at for row in clinic.rows("dial_attempts"))

    def cancel(visit: Booking) -> None:
        about = {"patient_id": visit.patient_id, "key": f"cancel-{visit.id}", "rules": rules, "now": datetime.now(UTC)}
        booking.cancel(clinic.new_work(), visit.id, **about)

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
                for visit in (freed.pop(), freed.pop()):
                    await asyncio.to_thread(cancel, visit)
                await kill(what)
            await until(lambda: done(1) and offered_all(), within=90)
            await dialler.kill()
            rung = {message["call-id"]: message["to"] for message in provider.messages("INVITE")}

    told = clinic.rows("dial_attempts")
    attempts = [row for row in told if row.phone in reminded]
    by_phone = Counter(phone for to in rung.values() for phone in people if phone in to)
    assert Counter(row.task_id for row in attempts) == Counter(
        row.id for row in clinic.rows("tasks", kind="FEEDBACK") if row.due_at < now + timedelta(days=1)
    )
    assert [row.id for row in told if row.ended_at is None] == []
    assert [row.id for row in clinic.rows("tasks") if row.leased_by is not None] == []
    assert {phone: calls for phone, calls in by_phone.items() if calls > 1} == {}
    lost = sum(row.outcome == "LOST" for row in attempts)
    assert 0 < len(by_phone) >= PEOPLE - lost
    each_time_went_to_one_person_at_a_time(clinic)


def each_time_went_to_one_person_at_a_time(clinic) -> None:
    by_slot = defaultdict(list)
    for offer in clinic.rows("slot_offers"):
        by_slot[offer.slot_id].append(offer)
    assert max(len(offers) for offers in by_slot.values()) > 1
    for offers in by_slot.values():
        assert all(
            one.ended_at <= other.made_at for one, other in pairwise(sorted(offers, key=lambda one: one.made_at))
        )
    open_ones = {offer.entry_id for offer in clinic.rows("slot_offers", status="OPEN")}
    assert open_ones == {entry.id for entry in clinic.rows("waiting_entries", status="OFFERED")}
