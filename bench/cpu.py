"""Processor time that a process and its children took, from /proc."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Spent:
    """User and system time, ms."""

    program: float = 0.0
    children: float = 0.0


@contextmanager
def spent_by(pid: int) -> Iterator[Spent]:
    """Filled when the block ends."""
    spent = Spent()
    before, young = _ms(pid), _children_ms(pid)
    yield spent
    spent.program, spent.children = _ms(pid) - before, _children_ms(pid) - young


def _ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_MS


def _children_ms(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text(encoding="utf-8").split()]
    return sum(_ms(child) + _children_ms(child) for child in children)
