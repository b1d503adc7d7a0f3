"""Use cases from a call: a database that hangs costs the caller seconds, never silence without end."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr import desk as module
from ivr.desk import ThreadDesk
from ivr.services.ports import StorageDown


class Hanging:
    """A unit of work whose database answers only when it is let go."""

    def __init__(self):
        self.go = threading.Event()
        self.begun = 0

    def wait(self, _work):
        self.begun += 1
        self.go.wait(20)
        return "late"


@pytest.fixture
def hanging():
    return Hanging()


@pytest.fixture
def desk(hanging, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(module, "STUCK_SECONDS", 0.05)
    executor = ThreadPoolExecutor(2)
    yield ThreadDesk(new_work=lambda: None, rules=None, hospital=None, executor=executor)
    hanging.go.set()
    executor.shutdown()


async def gives_up(desk, hanging):
    began = time.monotonic()
    with pytest.raises(StorageDown, match="in time"):
        await desk.do(hanging.wait)
    return time.monotonic() - began


async def test_a_hanging_database_is_a_database_that_is_down(desk, hanging):
    assert await gives_up(desk, hanging) >= 0.5


async def test_while_it_hangs_nobody_else_waits_so_long(desk, hanging):
    await gives_up(desk, hanging)

    assert await gives_up(desk, hanging) < 0.5


async def test_what_has_not_begun_when_its_caller_gave_up_is_never_done(desk, hanging):
    for _ in range(4):
        await gives_up(desk, hanging)

    hanging.go.set()
    await asyncio.to_thread(desk._executor.shutdown)

    assert hanging.begun == 2, "two threads, four jobs"


async def test_when_it_answers_again_all_is_as_before(desk, hanging):
    await gives_up(desk, hanging)
    hanging.go.set()
    while desk._overdue:  # noqa: ASYNC110 - a thread
        await asyncio.sleep(0.01)

    assert await desk.do(lambda _: time.sleep(0.1) or "answer") == "answer"


async def test_what_a_use_case_raises_is_raised(desk):
    def refuse(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await desk.do(refuse)
