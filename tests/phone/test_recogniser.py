"""The breaker in front of `ivr listen`: who may ask it, who is spared, when it is tried again."""

import asyncio
import json

import pytest

from ivr.phone.recogniser import FIRST_PAUSE, FRESH_SECONDS, LONGEST_PAUSE, TRIAL_SECONDS, Recogniser
from tests.ports import free_ports


class Listen:
    """What answers behind the port; `says` is its answer, None for no answer at all."""

    def __init__(self):
        self.says = health("one")
        self.asked = 0
        self.was_asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def answer(self, reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            self.was_asked.set()
            if self.says is None:
                await self.may_answer.wait()
            # In two pieces, as a network may bring it.
            for piece in (self.says or b"")[:30], (self.says or b"")[30:]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            writer.close()


def health(instance, status="200 OK"):
    body = json.dumps({"ready": True, "instance": instance}).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
async def listen():
    return Listen()


@pytest.fixture
async def port(listen):
    server = await asyncio.start_server(listen.answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def recogniser(port, clock):
    return Recogniser("127.0.0.1", port, now=clock)


async def test_a_healthy_one_is_asked_once_for_all_who_come_within_a_second(recogniser, listen, clock):
    assert await asyncio.gather(*(recogniser.instance() for _ in range(20))) == ["one"] * 20
    assert await recogniser.instance() == "one"
    assert listen.asked == 1

    clock.now += FRESH_SECONDS
    listen.says = health("two")

    assert await recogniser.instance() == "two"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        health("one", "503 Service Unavailable"),
        b"HTTP/1.1 200 OK\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"\xff",
    ],
    ids=["none", "not ready", "a list", "another program", "nonsense"],
)
async def test_one_that_does_not_answer_well_gets_no_caller(recogniser, listen, answer):
    listen.says = answer

    assert await asyncio.gather(*(recogniser.instance() for _ in range(20))) == [""] * 20
    assert listen.asked == 1
    assert recogniser.fallbacks == {"no answer": 1}
    listen.may_answer.set()


async def test_while_the_breaker_is_open_nobody_waits_for_an_answer(recogniser, listen, clock):
    await recogniser.instance()
    recogniser.failed("create")
    clock.now += FIRST_PAUSE - 0.01

    assert await recogniser.instance() == ""
    assert listen.asked == 1


async def test_calls_that_fail_together_are_one_failure(recogniser, clock):
    for _ in range(20):
        recogniser.failed("gone")
    clock.now += FIRST_PAUSE

    assert await recogniser.instance() == "one"
    assert recogniser.fallbacks == {"gone": 20}


async def test_every_failure_on_trial_makes_the_pause_longer_until_it_works(recogniser, clock):
    async def pause():
        recogniser.failed("create")
        began = clock.now
        while not await recogniser.instance():
            clock.now += 0.5
        return clock.now - began

    assert [await pause() for _ in range(7)] == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]
    recogniser.worked()
    assert await pause() == FIRST_PAUSE


async def test_after_a_failure_one_caller_tries_it_and_the_others_when_it_worked(recogniser, clock):
    recogniser.failed("create")
    clock.now += FIRST_PAUSE

    assert sorted(await asyncio.gather(*(recogniser.instance() for _ in range(5)))) == ["", "", "", "", "one"]
    recogniser.worked()

    assert await recogniser.instance() == "one"


async def test_one_who_was_to_try_it_and_hung_up_blocks_it_for_moments_only(recogniser, clock):
    recogniser.failed("create")
    clock.now += FIRST_PAUSE
    assert await recogniser.instance() == "one"

    clock.now += TRIAL_SECONDS

    assert await recogniser.instance() == "one"


async def test_one_broken_answer_shuts_nobody_out_but_is_asked_about(recogniser, listen):
    await recogniser.instance()

    recogniser.doubted("worker")

    assert await recogniser.instance() == "one"
    assert listen.asked == 2


async def test_a_caller_who_hangs_up_does_not_take_the_answer_from_the_others(recogniser, listen):
    listen.says = None
    gone = asyncio.create_task(recogniser.instance())
    stays = asyncio.create_task(recogniser.instance())
    await listen.was_asked.wait()
    gone.cancel()
    listen.says = health("one")
    listen.may_answer.set()

    assert await stays == "one"


async def test_nobody_there_is_told_at_once(clock):
    recogniser = Recogniser("127.0.0.1", free_ports(1)[0], now=clock)

    assert await recogniser.instance() == ""
    assert recogniser.fallbacks == {"no answer": 1}
