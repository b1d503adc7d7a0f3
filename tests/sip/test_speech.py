"""Callers who speak, as real calls: speech by sipp, real Asterisk, `ivr listen` with the tiny model, the stories."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from ivr.phone.config import PROJECT
from ivr.storage import tables
from tests.listen.far_asterisk import hum, noise
from tests.ports import free_ports
from tests.speaking import on_the_line

from .caller import Call, a_call
from .desk_phone import a_desk_phone, tone
from .hospital import Hospital, Templates, hospitals, local
from .plays import Played, played, script

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("speech")]

SCRIPTS = ("voice_whole_booking", "voice_mixed_with_keys", "voice_several_answers", "voice_operator")
"""By voice alone, with keys in between, many answers at once, a person by a word; every prompt is interrupted."""
MOMENT = "2026-11-24 10:00"
READY_WITHIN = 30.0


@dataclass(slots=True)
class Listen:
    """`ivr listen` in a process of its own."""

    port: int
    settings: dict[str, str]
    process: subprocess.Popen[bytes]

    @classmethod
    def started(cls, port: int, database: str, folder: Path) -> "Listen":
        settings = {
            "IVR_LISTEN__PORT": str(port),
            "IVR_LISTEN__WORKERS": "1",
            "IVR_DATABASE__URL": database,
            "IVR_FOLDERS__VAR": str(folder),
        }
        return cls(port, settings, _run(settings))

    def again(self) -> None:
        self.process = _run(self.settings)

    def is_well(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    async def ready(self) -> None:
        async with asyncio.timeout(READY_WITHIN):
            while not await asyncio.to_thread(self.is_well):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)


def _run(settings: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "ivr.cli", "listen"]
    return subprocess.Popen(command, cwd=PROJECT, env=os.environ | settings)


@pytest.fixture(scope="module")
def listen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listen]:
    """Shared by all calls; knows the doctors of the demo hospital."""
    folder = tmp_path_factory.mktemp("listen")
    database = Templates(folder).copy(local(MOMENT), "doctors")
    (port,) = free_ports(1)
    started = Listen.started(port, f"sqlite:///{database}", folder)
    yield started
    started.process.kill()
    started.process.wait()


@pytest_asyncio.fixture(loop_scope="module")
async def hospital(listen: Listen, tmp_path: Path) -> AsyncIterator[Hospital]:
    await listen.ready()
    async with hospitals([MOMENT], tmp_path, listen_port=listen.port) as (only,):
        yield only


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spoken_calls(listen: Listen, tmp_path_factory: pytest.TempPathFactory) -> dict[str, "Played | BaseException"]:
    """What became of each transcript; all of them speak at once, each to a hospital of its own."""
    await listen.ready()
    folder = tmp_path_factory.mktemp("spoken")
    tapes = [script(name) for name in SCRIPTS]
    async with hospitals([MOMENT] * len(tapes), folder, listen_port=listen.port) as ready:
        pairs = zip(tapes, ready, strict=True)
        done = await asyncio.gather(*(played(tape, hospital) for tape, hospital in pairs), return_exceptions=True)
    return dict(zip(SCRIPTS, done, strict=True))


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_caller_who_speaks_is_served_as_the_transcript_says(
    spoken_calls: dict[str, "Played | BaseException"], name: str
) -> None:
    call = spoken_calls[name]
    if isinstance(call, BaseException):
        raise call

    written = [line for line in call.tape.lines if line.startswith(("-- ", "== "))]
    assert [call.ending, *call.changes] == written
    assert all(step["outcome"] != "error.not_understood" for step in call.steps), _steps(call)


def _steps(call: Played) -> list[tuple[str, str]]:
    return [(step["step"], step["outcome"]) for step in call.steps]


@contextlib.asynccontextmanager
async def calling(hospital: Hospital) -> AsyncIterator[Call]:
    exchange = hospital.exchange
    async with a_call(exchange.address, exchange.extension, caller="+70000000101") as call:
        await call.hears()
        yield call


def journal(hospital: Hospital) -> list[tuple[str, str]]:
    """Step and outcome, in order, of the last call."""
    with hospital.engine.connect() as connection:
        last = select(tables.calls.c.call_key).order_by(tables.calls.c.begun_at.desc()).limit(1).scalar_subquery()
        rows = connection.execute(
            select(tables.steps).where(tables.steps.c.call_key == last).order_by(tables.steps.c.id)
        )
        return [(row.step, row.outcome) for row in rows]


async def until_journal_has(hospital: Hospital, *wanted: tuple[str, str], within: float = 30.0) -> None:
    """Any of the steps."""
    deadline = time.monotonic() + within
    while set(wanted).isdisjoint(journal(hospital)):
        assert time.monotonic() < deadline, journal(hospital)
        await asyncio.sleep(0.1)


async def test_silence_noise_and_a_wrong_word_are_told_apart(hospital: Hospital) -> None:
    async with calling(hospital) as call:
        await call.speaks("записаться")
        await until_journal_has(hospital, ("main", "book"))
        await call.hears()
        call.say(on_the_line(noise(1.0)))  # a rustle is nobody
        await call.speaks("апельсин")
        await until_journal_has(
            hospital, ("purpose", "error.not_understood"), ("purpose", "noise"), ("purpose", "silence")
        )
        await call.hears()
        await call.speaks("заболела")
        await until_journal_has(hospital, ("purpose", "ILLNESS"))
        await until_journal_has(hospital, ("urgent.ask", "silence"), within=40)
        await call.hears()
        await call.speaks("нет")
        await until_journal_has(hospital, ("urgent.ask", "no"))
        call.hang_up()
        await call.ended()


async def test_noise_costs_the_caller_the_prompt_once_at_most(hospital: Hospital) -> None:
    async with calling(hospital) as call:
        call.say(on_the_line(hum(0.5)))
        await asyncio.sleep(3)
        call.say(on_the_line(hum(0.5)))  # this one must not stop what is said
        call.turns.append(time.time())
        await call.hears(5.0)
        await call.hears_all()
        await call.speaks("отменить запись")
        await until_journal_has(hospital, ("main", "mine"))
        call.hang_up()
        await call.ended()

    assert ("main", "error.not_understood") not in journal(hospital)


@pytest.mark.parametrize("trouble", ["killed", "hung"])
async def test_a_recogniser_that_is_gone_in_mid_call_leaves_the_keys_and_comes_back(
    hospital: Hospital, listen: Listen, trouble: str
) -> None:
    async with calling(hospital) as call:
        await call.speaks("записаться")
        await until_journal_has(hospital, ("main", "book"))
        _harm(listen, trouble)
        await call.hears()
        await call.speaks("заболела")
        if trouble == "killed":
            await until_journal_has(hospital, ("purpose", "deaf"))
            await call.hears()
        await call.keys("1")
        await until_journal_has(hospital, ("purpose", "ILLNESS"))
        await call.hears()
        await call.keys("2")
        await until_journal_has(hospital, ("urgent.ask", "no"))
        call.hang_up()
        await call.ended()

    listen.again()
    await listen.ready()
    async with calling(hospital) as call:
        await asyncio.sleep(1)
        await call.speaks("записаться")
        await until_journal_has(hospital, ("main", "book"))
        call.hang_up()
        await call.ended()


def _harm(listen: Listen, trouble: str) -> None:
    if trouble == "killed":
        listen.process.kill()
        listen.process.wait()
        return
    listen.process.send_signal(signal.SIGSTOP)
    process = listen.process

    def end() -> None:
        process.kill()
        process.wait()

    asyncio.get_running_loop().call_later(3, end)  # as the watchdog of `ivr up` does


async def test_words_of_danger_bring_the_caller_to_a_person_before_all_others(hospital: Hospital) -> None:
    exchange = hospital.exchange
    desk_phone = a_desk_phone(exchange.address, exchange.operator, ring=0.2, talk=1.5)
    async with desk_phone as desk, calling(hospital) as call:
        await call.speaks("не могу дышать")
        await desk.answered(within=45)
        call.say(tone(3.0))
        await call.ended(25)

    assert ("main", "emergency") in journal(hospital)
