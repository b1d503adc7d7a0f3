"""The caller hangs up at every single step, over a real AGI socket: nothing is held, nothing is half (D-14)."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest
from sqlalchemy import select

from ivr.dialogue.tape import HANGS_UP, read_tape
from ivr.phone.config import PhoneConfig
from ivr.phone.server import ROUTES, PhoneServer
from ivr.storage import tables
from tests.dialogue.exchange import Exchange, RecordingVoice
from tests.dialogue.test_transcripts import FOLDER
from tests.ports import free_ports

TAPE = read_tape((FOLDER / "booking_happy_path.txt").read_text(encoding="utf-8"))
WITHIN = 1.0
"""Seconds in which a slot must be free again."""


class Abrupt(Exchange):
    """Goes away at the n-th command, whatever it is, with or without saying HANGUP."""

    def __init__(self, keyed, talk, *, at, politely):
        super().__init__(keyed, talk)
        self.left, self.politely, self.commands = at, politely, 0

    def _answer(self, line):
        self.commands += 1
        self.left -= 1
        if self.left >= 0:
            return super()._answer(line)
        if self.politely:
            return None
        raise ConnectionResetError


async def hang_up_at(world, tmp_path, exchange, port):
    async def told(line, caller, _key):
        await world.converse(line, None)

    config = PhoneConfig(folder=tmp_path, demo_secret="none", ami_secret="none", agi_port=port)
    voice = RecordingVoice(tmp_path, exchange.talk)
    server = PhoneServer(config, voice, dict.fromkeys(ROUTES, told))
    await server.start()
    try:
        with suppress(ConnectionResetError):
            await exchange.call(port, route="inbound", caller=None, key="gone")
        async with asyncio.timeout(WITHIN):
            while server.health().calls:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.01)
    finally:
        await server.close()


def assert_nothing_is_left(world):
    with world.engine.connect() as connection:
        held = connection.execute(select(tables.slots.c.id).where(tables.slots.c.held_by.is_not(None))).all()
        call = connection.execute(select(tables.calls)).one()
        steps = connection.execute(select(tables.steps.c.outcome)).scalars().all()
        booked = connection.execute(select(tables.bookings.c.slot_id).where(tables.bookings.c.channel == "CC")).all()
        taken = connection.execute(
            select(tables.slots.c.state).where(tables.slots.c.id.in_([row[0] for row in booked]))
        )
        assert held == []
        assert (call.outcome, call.ended_at is not None) == ("hangup", True)
        assert Counter(steps)["hangup"] <= 1
        assert set(taken.scalars()) <= {"BOOKED"}


@pytest.mark.parametrize("step", range(len(TAPE.keyed)))
async def test_a_hang_up_at_any_question_is_written_down_and_leaves_nothing(step, new_world, tmp_path):
    with new_world(TAPE.setting("now")) as world:
        exchange = Exchange([*TAPE.keyed[:step], HANGS_UP], [])
        await hang_up_at(world, tmp_path, exchange, free_ports(1)[0])

        assert_nothing_is_left(world)
        with world.engine.connect() as connection:
            last = select(tables.steps.c.outcome).order_by(tables.steps.c.id.desc()).limit(1)
            assert connection.execute(last).scalar() == "hangup"


@pytest.mark.parametrize("politely", [True, False], ids=["hangup", "connection lost"])
@pytest.mark.parametrize("at", range(0, 37, 2))
async def test_the_end_of_the_line_at_any_command_leaves_nothing(at, politely, new_world, tmp_path):
    with new_world(TAPE.setting("now")) as world:
        exchange = Abrupt(TAPE.keyed, [], at=at, politely=politely)
        await hang_up_at(world, tmp_path, exchange, free_ports(1)[0])

        assert exchange.commands == at + 1
        assert_nothing_is_left(world)
