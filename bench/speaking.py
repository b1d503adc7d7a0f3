"""From the end of speech to the first sound of the next prompt, in real calls, 1, 8 and 20 callers speaking at once."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from bench.measure import Result, percentile
from ivr.dialogue.ears import load_hearings
from ivr.phone.config import PROJECT
from ivr.storage import tables
from tests.ports import free_ports
from tests.sip.caller import Call, many_calls
from tests.sip.hospital import Hospital, Templates, hospitals, local
from tests.speaking import on_the_line, spoken

LEVELS = (1, 8, 20)
MOMENT = "2026-11-24 10:00"
WORD = "повторите"
ROUNDS = 6
LOUD = 500
WITHIN = 5.0
SILENCE = load_hearings(PROJECT / "prompts" / "voice.ru.toml")["main"].silence
GOAL = f"p95 <= {SILENCE * 1000:.0f} + 150 ms with 8"


def measure(*, quick: bool) -> list[Result]:
    """The tiny model, which understands the synthetic callers; `quick` leaves out the twenty."""
    return asyncio.run(_measured(LEVELS[:2] if quick else LEVELS))


async def _measured(levels: tuple[int, ...]) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name:
        folder = Path(name)
        (port,) = free_ports(1)
        settings = {
            "IVR_LISTEN__PORT": str(port),
            "IVR_DATABASE__URL": f"sqlite:///{Templates(folder).copy(local(MOMENT), 'doctors')}",
            "IVR_FOLDERS__VAR": name,
            "IVR_LOG__LEVEL": "ERROR",
        }
        command = (sys.executable, "-m", "ivr.cli", "listen")
        listen = await asyncio.create_subprocess_exec(*command, cwd=PROJECT, env=os.environ | settings)
        try:
            await _until_open(port)
            async with hospitals([MOMENT], folder, listen_port=port) as (hospital,):
                await _level(hospital, 1)  # the voice makes what it has not said before
                return [await _level(hospital, level) for level in levels]
        finally:
            listen.terminate()
            await listen.wait()


async def _level(hospital: Hospital, level: int) -> Result:
    before = _repeats(hospital)
    callers = [f"+7000000{number:04}" for number in range(level)]
    async with many_calls(hospital.exchange.address, hospital.exchange.extension, callers) as calls:
        rounds = await asyncio.gather(*(_talk(call) for call in calls))
    await asyncio.sleep(1)  # journals are written behind the caller's back
    delays = [delay for one in rounds for delay in one]
    understood = _repeats(hospital) - before
    return Result(
        "speaking",
        f"end of speech to the next prompt, {level} at once",
        len(delays),
        statistics.median(delays) * 1000,
        percentile(delays, 0.99) * 1000,
        goal=GOAL,
        note=f"p95 {percentile(delays, 0.95) * 1000:.0f} ms, of them {SILENCE * 1000:.0f} ms are the silence that ends "
        f"an answer; {understood} of {level * ROUNDS} answers understood",
    )


async def _talk(call: Call) -> list[float]:
    """Ask again and again to hear it once more."""
    speech = _trimmed(spoken(WORD))
    delays: list[float] = []
    await call.hears()
    for _ in range(ROUNDS):
        await asyncio.sleep(1.0)
        call.say(on_the_line(speech))
        await call.has_spoken()
        ended = time.time()
        await asyncio.sleep(SILENCE / 2)  # what is heard so soon is the prompt that he interrupted
        call.turns.append(time.time())
        await call.hears(0.04, within=WITHIN)
        first = call.heard.first_after(call.turns[-1])
        assert first
        delays.append(first.at - ended)
    return delays


def _trimmed(samples: bytes) -> bytes:
    """Without the silence that the synthesiser leaves behind a word."""
    levels = np.frombuffer(samples, "<i2")
    loud = np.flatnonzero(np.abs(levels) > LOUD)
    return levels[: int(loud[-1]) + 1].tobytes()


def _repeats(hospital: Hospital) -> int:
    chosen = select(func.count()).select_from(tables.steps).where(tables.steps.c.outcome == "repeat")
    with hospital.engine.connect() as connection:
        return int(connection.execute(chosen).scalar_one())


async def _until_open(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise TimeoutError("ivr listen did not start")
