"""The dialler against a real Asterisk and a town of telephones played by sipp: what happens is written down once."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from ivr.commands.dial import StoredBook
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.pacing import Lines, Pace
from ivr.domain.rules import Rules
from ivr.phone.ami import Ami
from ivr.phone.config import Trunk
from ivr.phone.dialler import Dialler
from tests.asterisk import running_asterisk
from tests.phone.far_phone import until
from tests.ports import free_ports
from tests.sip.sipp import Sipp
from tests.sip.town import town

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("dialler")]
RULES = Rules(robot_calls=True)
ROOMY = Lines(20, 40, 0)
NOON = datetime(2026, 4, 29, 9, 0, tzinfo=UTC)  # 12:00 in Moscow, the day before the visits


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """An Asterisk with a trunk; (asterisk, port of the provider)."""
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    with running_asterisk(
        tmp_path_factory.mktemp("dialler"), trunk=Trunk(f"127.0.0.1:{port}"), dial_secret="dial"
    ) as it:
        yield it, port


@pytest.fixture
def clock() -> Callable[[], datetime]:
    began = datetime.now(UTC)
    return lambda: NOON + (datetime.now(UTC) - began)


@pytest.fixture
async def rings(line, new_work, clock, tmp_path) -> AsyncIterator[Callable]:
    """await rings(lines=…): a town that answers and a dialler that rings it."""
    asterisk, port = line
    config = asterisk.config
    ami = Ami(config.ami_host, config.ami_port, config.dial_user, config.dial_secret)
    book = StoredBook(new_work, node="dial:test", rules=lambda: RULES, now=clock, sign=tmp_path / "alive")
    stopping, running = asyncio.Event(), []

    async def start(*, lines=ROOMY, per_minute=6000.0) -> Dialler:
        dialler = Dialler(ami, book, lines=lines, pace=Pace(per_minute), now=clock, ring_seconds=3)
        await ami.start()
        running.append(asyncio.create_task(dialler.run(stopping)))
        return dialler

    rows = [(40000,)] * 200
    async with Sipp(town(), rows, server=("127.0.0.1", config.sip_port), port=port):
        yield start
        stopping.set()
        await asyncio.gather(*running)
        await ami.close()
        book.close()


@pytest.fixture
def doctor(clinic) -> int:
    clinic.speciality()
    return clinic.doctor()


def a_visit(clinic, doctor, phone: str, number: int):
    """A visit of the next day, booked by telephone from that number: its patient is to be reminded."""
    start = datetime(2026, 4, 30, 6, 0, tzinfo=UTC) + timedelta(minutes=20 * number)
    return clinic.book(clinic.slot(doctor, start), clinic.patient(), rules=RULES, contact=PhoneNumber(phone))


EXPECTED = {
    "17": ("BUSY", 17),
    "04": ("NO_SUCH_NUMBER", 1),
    "34": ("TRUNK", 34),
    "63": ("REJECTED", 21),
    "80": ("NO_ANSWER", 19),
    "19": ("NO_ANSWER", 19),
    "83": ("NO_ANSWER", 19),
    "00": ("TRUNK", 19),
    "90": ("UNFINISHED", 16),
    "84": ("UNFINISHED", 16),
    "91": ("UNFINISHED", 16),
}


async def test_each_way_a_call_may_end_is_written_down_with_its_cause(rings, clinic, doctor):
    for number, kind in enumerate(EXPECTED):
        a_visit(clinic, doctor, f"+790000001{kind}", number)

    await rings()
    await until(lambda: sum(row.ended_at is not None for row in clinic.rows("dial_attempts")) == len(EXPECTED))

    rows = clinic.rows("dial_attempts")
    assert {row.phone[-2:]: (row.outcome, row.cause) for row in rows} == EXPECTED
