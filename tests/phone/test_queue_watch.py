"""Who waits in the real queue keeps what he holds; who gives up lets it go at once."""

import asyncio
from collections import Counter

import pytest

from ivr.phone.queue_watch import QueueWatch
from tests.phone.far_phone import until
from tests.phone.test_ami_real import ami_of


@pytest.fixture
async def watched(asterisk):
    """(kept, let_go): how often the hold of each call was kept, and whose was let go."""
    kept, let_go = Counter(), []

    async def keep(key):
        kept[key] += 1

    async def drop(key):
        let_go.append(key)

    ami = ami_of(asterisk)
    watch = QueueWatch(ami, keep=keep, let_go=drop, every=0.1)
    await ami.start()
    running = asyncio.create_task(watch.run())
    yield kept, let_go
    running.cancel()
    await ami.close()


async def test_who_waits_keeps_his_slot_until_he_gives_up(watched, phone):
    kept, let_go = watched
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
    kept, let_go = watched
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
