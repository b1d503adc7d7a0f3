"""Recognition: how long after the end of speech its result comes, how many callers a core carries, the cost of each."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from bench.cpu import Spent, spent_by
from bench.measure import Result, percentile, result
from ivr.listen.models import is_installed, known_models
from ivr.listen.voicing import Voicing
from ivr.phone.config import PROJECT
from tests.listen.far_asterisk import BY_FILE, FRAME, FarAsterisk, Sample, silence
from tests.ports import free_ports

SILENCE_MS = 500
AT_ONCE = (1, 8, 20, 40)
SPOKEN = tuple(BY_FILE[name] for name in ("02", "04", "06", "07", "08", "13", "14", "15", "16", "18"))
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Running:
    """A recogniser in a process of its own."""

    pid: int
    port: int

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith(f"ivr_listen_{name} ")).split()[1])

    def megabytes(self) -> float:
        """Of all workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(_rss(int(child)) for child in children)


def measure(*, quick: bool) -> list[Result]:
    """Every model that is here."""
    here = [PROJECT / "models" / name for name in known_models(PROJECT / "models")]
    return [one for model in here if is_installed(model) for one in _measured(model, rounds=1 if quick else 3)]


def _measured(model: Path, rounds: int) -> Iterator[Result]:
    for callers in AT_ONCE:
        with _running(model) as listen, spent_by(listen.pid) as spent:
            began = time.monotonic()
            delays, megabytes = asyncio.run(_talk(listen, callers, rounds))
            seconds = time.monotonic() - began
            factor = listen.metric("real_time_factor")
            dropped = listen.metric("dropped_frames_total")
        note = f"p95 {percentile(delays, 0.95) * 1000:.0f} ms; {dropped:.0f} frames dropped"
        what = f"{model.name}: result after the {SILENCE_MS} ms of silence, {callers} at once"
        yield result("listen", what, delays, goal="p95 ≤ 150 at 8" if callers == 8 else "", note=note)
    yield _one(f"{model.name}: callers in real time on a core", 1 / factor, "callers", f"real-time factor {factor:.4f}")
    yield from _costs(model, callers, spent, seconds, megabytes)
    yield _idle(model)


def _costs(model: Path, callers: int, spent: Spent, seconds: float, megabytes: float) -> Iterator[Result]:
    server, workers = (one / seconds / 10 / callers for one in (spent.program, spent.children))
    yield _one(f"{model.name}: server's share of a core for each speaking caller", server, "%")
    yield _one(f"{model.name}: workers' share of a core for each speaking caller", workers, "%")
    yield _one(f"{model.name}: memory of the workers for each speaking caller", megabytes / callers, "MB")


def _idle(model: Path) -> Result:
    """Audio that nobody asked for: what the socket costs without recognition."""
    callers = 40
    with _running(model) as listen, spent_by(listen.pid) as spent:
        began = time.monotonic()
        asyncio.run(_hum(listen, callers))
        seconds = time.monotonic() - began
    share = spent.program / seconds / 10 / callers
    return _one(f"{model.name}: server's share of a core for each caller, without recognition", share, "%")


async def _talk(listen: Running, callers: int, rounds: int) -> tuple[list[float], float]:
    """Delays of all answers, and how much memory the workers took meanwhile."""
    far_ends = [await FarAsterisk.create(listen.port) for _ in range(callers)]
    before = listen.megabytes()
    talking = asyncio.gather(*(_answers(one, number, rounds) for number, one in enumerate(far_ends)))
    await asyncio.sleep(1.5)
    taken = listen.megabytes() - before
    delays = [delay for answers in await talking for delay in answers]
    await asyncio.gather(*(one.close() for one in far_ends))
    return delays, taken


async def _answers(far_end: FarAsterisk, number: int, rounds: int) -> list[float]:
    await asyncio.sleep(number * 0.013)  # nobody phones in step
    return [await _delay(far_end, sample) for sample in islice(cycle(SPOKEN), number, number + rounds)]


async def _delay(far_end: FarAsterisk, sample: Sample) -> float:
    """Seconds from the end of speech and the silence after it to the result."""
    await far_end.engine(step=sample.grammar, silence=str(SILENCE_MS))
    began = asyncio.get_running_loop().time()
    speaking = asyncio.create_task(far_end.speak(sample.audio + silence(2)))
    await asyncio.wait_for(far_end.results.get(), 30)
    took = asyncio.get_running_loop().time() - began
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    return took - _end_of_speech(sample.audio) - SILENCE_MS / 1000


async def _hum(listen: Running, callers: int) -> None:
    far_ends = [await FarAsterisk.create(listen.port) for _ in range(callers)]
    await asyncio.gather(*(one.speak(silence(5)) for one in far_ends))
    await asyncio.gather(*(one.close() for one in far_ends))


def _end_of_speech(audio: bytes) -> float:
    voicing = Voicing()
    loud = [voicing.hear(audio[begin : begin + FRAME]) for begin in range(0, len(audio), FRAME)]
    return (len(loud) - 1 - loud[::-1].index(True)) * 0.02  # the first frame goes out at once


@contextmanager
def _running(model: Path) -> Iterator[Running]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "bench.listening", str(model), str(port), str(CORES)]
    with subprocess.Popen(command, cwd=PROJECT) as process:
        try:
            _wait_for(port)
            yield Running(process.pid, port)
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
                json.loads(answer.read())
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the recogniser does not start")


def _rss(pid: int) -> float:
    status = Path(f"/proc/{pid}/statm").read_text().split()
    return int(status[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _one(what: str, value: float, unit: str, note: str = "") -> Result:
    return Result("listen", what, 1, value, value, unit=unit, note=note)
