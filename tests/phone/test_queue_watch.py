"""Who waits in the real queue keeps what he holds; who gives up lets it go at once."""

import asyncio
from collections import Counter

import pytest

from ivr.phone.queue_watch import QueueWatch
from tests.phone.far_phone import until
from tests.phone.test_ami_real import ami_of


@pytest.fixture
async def watched(asterisk):
    """(kept, let_go, ami): how often the hold of each call was kept, whose was let go, and the connection."""
    kept, let_go = Counter(), []

    async def keep(key):
        kept[key] += 1

    async def drop(key):
        let_go.append(key)

    ami = ami_of(asterisk)
    watch = QueueWatch(ami, keep=keep, let_go=drop, every=0.1)
    await ami.start()
    running = asyncio.create_task(watch.run())
    yield kept, let_go, ami
    running.cancel()
    await ami.close()


async def test_who_waits_keeps_his_slot_until_he_gives_up(watched, phone):
    kept, let_go, _ = watched
    await phone.cli("queue add member Local/ringing@test to operators")

    await phone.call(to="s@ivr-operators")
    await until(lambda: max(kept.values(), default=0) >= 4)
    assert let_go == []
    await phone.hang_up()

    await until(lambda: let_go == list(kept))
    times = dict(kept)
    await asyncio.sleep(0.3)
    assert dict(kept) == times


async def test_who_is_answered_keeps_it_once_more_for_the_operator(watched, phone):
    kept, let_go, _ = watched
    await phone.cli("queue add member Local/operator@test to operators")

    await phone.call(to="s@ivr-operators")
    await phone.reaches("ivr-screenpop Return")
    await until(lambda: "Up" in phone.asterisk.cli("core show channels concise").split("operator@test", 1)[-1])
    await until(lambda: kept.total() >= 2)
    await asyncio.sleep(0.3)
    times = dict(kept)
    await asyncio.sleep(0.3)

    assert dict(kept) == times
    assert let_go == []


async def test_who_waits_keeps_it_though_the_connection_to_asterisk_is_lost(watched, phone):
    kept, let_go, ami = watched
    await phone.cli("queue add member Local/ringing@test to operators")
    await phone.call(to="s@ivr-operators")
    await until(lambda: kept.total() >= 1)

    ami.protocol.transport.abort()
    await ami.wait_lost()
    await ami.wait_connected()
    kept.clear()

    await until(lambda: kept.total() >= 3)
    await phone.hang_up()
    await until(lambda: let_go == list(kept))


async def test_who_left_while_the_connection_was_lost_keeps_nothing(watched, phone):
    kept, _, ami = watched
    await phone.cli("queue add member Local/ringing@test to operators")
    await phone.call(to="s@ivr-operators")
    await until(lambda: kept.total() >= 1)

    ami.protocol.transport.abort()
    await ami.wait_lost()
    await phone.hang_up()
    await ami.wait_connected()

    async def quiet():
        before = kept.total()
        await asyncio.sleep(0.4)
        return kept.total() == before

    async with asyncio.timeout(5):
        while not await quiet():
            pass
