"""Whole hospitals by telephone: Asterisk, the program and a database each; the clock stands where it is wanted."""

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ivr.data import load_calendar, load_hospital, load_specialities
from ivr.demo import load_demo
from ivr.domain.rules import Rules
from ivr.phone.config import PROJECT
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from ivr.storage.work import SqlWork
from tests.asterisk import free_ports

from .exchange import Exchange, an_exchange

ZONE = Rules().zone
SOUNDS = PROJECT / "build" / "test-sounds"
"""Kept from run to run: a sound is found by what it says."""
READY_WITHIN = 60.0
EARLIER = timedelta(minutes=2)
"""The clock of a call goes on while it lasts; begun a little earlier, it offers what the transcript offers."""


@dataclass(frozen=True, slots=True)
class Hospital:
    """One that can be phoned and looked into, and its twin as it was before, for a call in memory."""

    exchange: Exchange
    engine: Engine
    before: Path
    at: datetime


def settings_of(url: str, agi_port: int) -> dict[str, Any]:
    """What differs from a fresh installation."""
    return {"database": {"url": url}, "agi": {"port": agi_port}, "folders": {"sounds": str(SOUNDS)}}


def local(at: str) -> datetime:
    """A moment of the hospital's clock, as transcripts write it."""
    return datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


class Templates:
    """Databases of the demo hospital in the morning of a day, made once and copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy(self, at: datetime, name: str) -> Path:
        template = self._folder / f"{at.date()}.db"
        if not template.exists():
            _make(template, at.replace(hour=6, minute=0))
        return Path(shutil.copy(template, self._folder / f"{name}.db"))


def _make(path: Path, morning: datetime) -> None:
    url = f"sqlite:///{path}"
    migrate(url)
    engine = open_engine(url)
    load_demo(SqlWork(engine), load_specialities(), load_hospital(), rules=Rules(calendar=load_calendar()), now=morning)
    with engine.connect() as connection:  # what is still in the log file would not be copied
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@contextlib.asynccontextmanager
async def hospitals(moments: Sequence[str], folder: Path) -> AsyncIterator[list[Hospital]]:
    """One hospital for each moment, all of them taking calls."""
    templates = Templates(folder)
    async with contextlib.AsyncExitStack() as ends:
        worlds: list[dict[str, Any]] = []
        ready: list[Hospital] = []
        for number, moment in enumerate(moments):
            database, twin = (templates.copy(local(moment), f"{name}-{number}") for name in ("hospital", "twin"))
            url = f"sqlite:///{database}"
            (port,) = free_ports(1)
            worlds.append({"settings": settings_of(url, port), "at": (local(moment) - EARLIER).isoformat()})
            engine = open_engine(url)
            ends.callback(engine.dispose)
            exchange = ends.enter_context(an_exchange(agi_port=port))
            ready.append(Hospital(exchange, engine, twin, local(moment)))
        await ends.enter_async_context(_the_program(worlds))
        yield ready


@contextlib.asynccontextmanager
async def _the_program(worlds: list[dict[str, Any]]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The telephone program in its own process, ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.sip.phone_program",
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    try:
        process.stdin.write(json.dumps(worlds).encode() + b"\n")
        line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN)
        assert line == b"ready\n", "the telephone program did not start: see its complaint above"
        yield process
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()
