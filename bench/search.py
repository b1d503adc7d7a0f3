"""Slot search of the use cases, at three sizes of the table, on both databases."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import Engine

from bench.databases import both
from bench.filled import NOW, SPECIALITY, fill
from bench.measure import Result, repeated, result
from ivr.domain.rules import Rules
from ivr.domain.waiting_list import PartOfDay
from ivr.services import search
from ivr.services.search import SlotQuery
from ivr.storage.work import SqlWork

SIZES = {10_000: "10 thousand", 100_000: "100 thousand", 1_000_000: "1 million"}
TIMES = 300
BUDGET = 6.0
"""Seconds for one line of the table."""
GOAL = "p99 <= 10 ms at a million"


def measure(*, quick: bool) -> list[Result]:
    """Nearest slot, free days, free times of one of them, doctors."""
    sizes = list(SIZES)[:2] if quick else list(SIZES)
    results = []
    with both() as engines:
        for size in sizes:
            for name, engine in engines:
                fill(engine, size)
                results += _searched(f"{name}, {SIZES[size]} slots", engine, TIMES // 5 if quick else TIMES)
    return results


def _searched(where: str, engine: Engine, times: int) -> list[Result]:
    return [
        result("search", f"{what}, {where}", repeated(times, act, budget=BUDGET), goal=GOAL)
        for what, act in _questions(engine).items()
    ]


def _questions(engine: Engine) -> dict[str, Callable[[int], object]]:
    query, now = SlotQuery(SPECIALITY, patient_id=1), {"rules": Rules(), "now": NOW}
    later = search.free_days(SqlWork(engine), query, **now)[-1]
    asked = {
        "nearest": partial(search.nearest, **now),
        "free days": partial(search.free_days, **now),
        "times of a day": lambda work, query: search.free_times(work, query, later, PartOfDay.ANY, **now),
        "doctors": partial(search.doctors_of, **now),
    }
    return {what: lambda _, ask=ask: ask(SqlWork(engine), query) for what, ask in asked.items()}
