"""The database stops or hangs under a running program: every caller hears why and reaches a person."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, select

from ivr.storage import tables
from tests.ports import free_ports
from tests.postgres import Postgres, running_postgres

from .caller import Call, a_call
from .desk_phone import a_desk_phone, tone
from .exchange import Exchange, an_exchange
from .hospital import EARLIER, SOUNDS, demo_hospital, local, the_program
from .plays import script
from .story import acted

pytestmark = [pytest.mark.sip, pytest.mark.postgres, pytest.mark.xdist_group("database_down")]

AT = local("2026-11-24 10:00")
TO_THE_NUMBER = ("1", "1", "2", "1")
"""To the question for the policy number: nothing of it needs the database but the journal, which waits."""
NUMBER = ("6256410854009015#", "1", "12031985#", "1")


@dataclass(frozen=True, slots=True)
class Place:
    exchange: Exchange
    server: Postgres
    engine: Engine


@pytest.fixture
def server() -> Iterator[Postgres]:
    with running_postgres() as started:
        yield started


@pytest.fixture
async def place(server: Postgres) -> AsyncIterator[Place]:
    """A hospital on PostgreSQL; the server stands again afterwards."""
    engine = demo_hospital(server.url, AT)
    (agi,) = free_ports(1)
    settings = {"database": {"url": server.url}, "agi": {"port": agi}, "folders": {"sounds": str(SOUNDS)}}
    with contextlib.ExitStack() as ends:
        ends.callback(engine.dispose)
        exchange = ends.enter_context(an_exchange(agi_port=agi))
        async with the_program([{"settings": settings, "at": (AT - EARLIER).isoformat()}]):
            yield Place(exchange, server, engine)


async def keyed(call: Call, answers: tuple[str, ...]) -> None:
    for keys in answers:
        await call.hears()
        await call.keys(keys)


@pytest.mark.parametrize("trouble", ["stops", "hangs"])
async def test_the_caller_hears_an_apology_and_reaches_a_person(place: Place, trouble: str) -> None:
    harm, mend = {
        "stops": (place.server.stop, place.server.start),
        "hangs": (place.server.freeze, place.server.thaw),
    }[trouble]
    address, extension = place.exchange.address, place.exchange.extension
    async with a_desk_phone(address, place.exchange.operator, ring=0.2, talk=1.0) as desk:
        async with a_call(address, extension) as caught:
            await keyed(caught, TO_THE_NUMBER)
            await caught.hears()
            harm()
            try:
                began = time.monotonic()
                await keyed(caught, NUMBER)
                await caught.hears(within=15)
                apology = time.monotonic() - began
                await desk.answered(within=45)
                caught.say(tone(0.5))
                await caught.ended()

                async with a_call(address, extension) as next_one:
                    await next_one.hears(within=30)
            finally:
                mend()
        assert apology < 20
        assert desk.invites[0]["x-call-key"]

    tape = script("booking_happy_path")
    async with a_call(address, extension, caller=str(tape.setting("caller"))) as after:
        await acted(after, tape)
        await after.ended()
    with place.engine.connect() as connection:
        bookings = select(tables.bookings.c.id).where(tables.bookings.c.channel == "CC")
        assert len(connection.execute(bookings).all()) == 1
