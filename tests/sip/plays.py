"""Transcripts played as real calls: what was heard, what the journal and the database say afterwards."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from ivr.dialogue.tape import Tape, read_tape
from ivr.storage import tables
from tests.dialogue import facts

from .caller import Call, a_call
from .desk_phone import DeskPhone, a_desk_phone, tone
from .hospital import ZONE, Hospital
from .story import acted
from .tap import Tape as Sound

SCRIPTS = Path(__file__).parents[1] / "dialogue" / "transcripts"
DESK = 45.0
"""Seconds until somebody at the desk has the caller: he is told about his place in the queue first."""
GOODBYE = 25.0
"""Seconds in which a call whose caller has nothing more to press comes to its end."""


@dataclass(slots=True)
class Played:
    """One transcript after its call."""

    tape: Tape
    heard: Sound
    turns: list[float]
    """When each answer of the caller was over."""
    ending: str
    changes: list[str]
    steps: list[dict[str, Any]]
    call_key: str
    rings: list[dict[str, str]] = field(default_factory=list)
    """Headers of the INVITEs that rang at the operator's desk."""
    desk: Sound | None = None
    freed_after: float | None = None
    """Seconds from the hang-up until nothing was held any more."""


def script(name: str) -> Tape:
    """A transcript of tests/dialogue by its name."""
    return read_tape((SCRIPTS / f"{name}.txt").read_text(encoding="utf-8"), name=name)


async def played(tape: Tape, hospital: Hospital) -> Played:
    """Make the call of a transcript and look at what it left behind."""
    exchange, engine = hospital.exchange, hospital.engine
    before = facts.snapshot(engine)
    async with _desk(tape, hospital) as desk:
        caller = tape.setting("caller") or "anonymous"
        async with a_call(exchange.address, exchange.extension, caller=caller) as call:
            left = await acted(call, tape)
            freed = await _freed(engine, left) if left else None
            if desk:
                await desk.answered(within=DESK)
                call.say(tone(3.0))
            await call.ended(GOODBYE)
        await _finished(engine)
        rings = desk.invites if desk else []
    return _account(tape, call, engine, before, desk, rings, freed)


def _account(
    tape: Tape,
    call: Call,
    engine: Engine,
    before: dict[str, Any],
    desk: DeskPhone | None,
    rings: list[dict[str, str]],
    freed: float | None,
) -> Played:
    with engine.connect() as connection:
        last = connection.execute(select(tables.calls).order_by(tables.calls.c.begun_at.desc())).mappings().first()
        assert last is not None, "the call is not in the journal"
        rows = select(tables.steps).where(tables.steps.c.call_key == last["call_key"]).order_by(tables.steps.c.id)
        steps = [dict(row) for row in connection.execute(rows).mappings()]
    return Played(
        tape=tape,
        heard=call.heard,
        turns=call.turns,
        ending=f"-- {last['outcome']} {last['detail'] or ''}".rstrip(),
        changes=[f"== {change}" for change in facts.changes(engine, before, ZONE)],
        steps=steps,
        call_key=last["call_key"],
        rings=rings,
        desk=desk.heard if desk else None,
        freed_after=freed,
    )


@contextlib.asynccontextmanager
async def _desk(tape: Tape, hospital: Hospital) -> AsyncIterator[DeskPhone | None]:
    """Somebody sits at the desk where the transcript leads there."""
    if not any(line.startswith("-- operator") for line in tape.lines):
        yield None
        return
    async with a_desk_phone(hospital.exchange.address, hospital.exchange.operator, ring=0.2, talk=1.5) as desk:
        yield desk


async def _freed(engine: Engine, left: float) -> float:
    """Seconds from the hang-up until no slot is held; gives up after five."""
    held = select(func.count()).select_from(tables.slots).where(tables.slots.c.held_by.is_not(None))
    while time.time() - left < 5:
        with engine.connect() as connection:
            if not connection.execute(held).scalar_one():
                break
        await asyncio.sleep(0.02)
    return time.time() - left


async def _finished(engine: Engine, within: float = 5.0) -> None:
    """Wait until every call is closed in the journal: the program writes behind the caller's back."""
    running = select(func.count()).select_from(tables.calls).where(tables.calls.c.ended_at.is_(None))
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if not connection.execute(running).scalar_one():
                return
        await asyncio.sleep(0.05)
    raise AssertionError(f"a call is still open in the journal {within} s after its end")
