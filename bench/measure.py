"""Numbers: how they are taken, kept and shown."""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """One measured thing; times in ms."""

    part: str
    what: str
    count: int
    p50: float
    p99: float
    unit: str = "ms"
    goal: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def result(part: str, what: str, seconds: Sequence[float], *, goal: str = "", note: str = "") -> Result:
    """Median and 99th percentile of measured seconds, in ms. Raises ValueError when nothing was measured."""
    if not seconds:
        raise ValueError(f"{part}: nothing was measured for {what!r}")
    p50, p99 = statistics.median(seconds) * 1000, percentile(seconds, 0.99) * 1000
    return Result(part, what, len(seconds), p50, p99, goal=goal, note=note)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not below `share` of them (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@contextmanager
def stopwatch(times: list[float]) -> Iterator[None]:
    """Append the seconds that the block took."""
    began = time.perf_counter()
    yield
    times.append(time.perf_counter() - began)


def repeated(times: int, act: Callable[[int], object], *, budget: float) -> list[float]:
    """Seconds of each of `times` runs of act(number), fewer when the budget (s) runs out; the first one warms up."""
    act(-1)
    taken: list[float] = []
    deadline = time.monotonic() + budget
    for number in range(times):
        with stopwatch(taken):
            act(number)
        if time.monotonic() > deadline:
            break
    return taken
