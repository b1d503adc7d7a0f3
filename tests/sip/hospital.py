"""Whole hospitals by telephone: Asterisk, the program and a database each; the clock stands where it is wanted."""

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
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
from tests.ports import free_ports

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
    program: int
    """Process id of the telephone program."""


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
            _make(template, at)
        return Path(shutil.copy(template, self._folder / f"{name}.db"))


def demo_hospital(url: str, at: datetime) -> Engine:
    """The demo hospital in an empty database, as it stands on the morning of that day."""
    migrate(url)
    engine = open_engine(url)
    morning = at.replace(hour=6, minute=0)
    load_demo(SqlWork(engine), load_specialities(), load_hospital(), rules=Rules(calendar=load_calendar()), now=morning)
    return engine


def _make(path: Path, at: datetime) -> None:
    engine = demo_hospital(f"sqlite:///{path}", at)
    with engine.connect() as connection:  # what is still in the log file would not be copied
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@contextlib.asynccontextmanager
async def hospitals(
    moments: Sequence[str],
    folder: Path,
    prepare: Callable[[Engine], None] = lambda _: None,
    *,
    listen_port: int | None = None,
) -> AsyncIterator[list[Hospital]]:
    """One hospital for each moment, all of them taking calls; `prepare` may change a database before.

    With `listen_port` they hear callers through the recogniser there.
    """
    templates = Templates(folder)
    async with contextlib.AsyncExitStack() as ends:
        places = [_Place(templates, moment, number, listen_port) for number, moment in enumerate(moments)]
        ears = {"listen_port": listen_port} if listen_port else {}
        for place in places:
            prepare(place.engine)
            ends.callback(place.engine.dispose)
        exchanges = [ends.enter_context(an_exchange(agi_port=place.agi_port, **ears)) for place in places]
        program = await ends.enter_async_context(the_program([place.world() for place in places]))
        yield [
            Hospital(exchange, place.engine, place.twin, place.at, program.pid)
            for exchange, place in zip(exchanges, places, strict=True)
        ]


class _Place:
    """Where a hospital will be: its database, its twin's, its port."""

    def __init__(self, templates: Templates, moment: str, number: int, listen_port: int | None) -> None:
        self._listen = {"enabled": listen_port is not None, "port": listen_port or 9198}
        self.at = local(moment)
        self.url = f"sqlite:///{templates.copy(self.at, f'hospital-{number}')}"
        self.twin = templates.copy(self.at, f"twin-{number}")
        self.engine = open_engine(self.url)
        (self.agi_port,) = free_ports(1)

    def world(self) -> dict[str, Any]:
        """What the program is told of it: what differs from a fresh installation, and the hour."""
        settings = {
            "database": {"url": self.url},
            "agi": {"port": self.agi_port},
            "listen": self._listen,
            "folders": {"sounds": str(SOUNDS)},
        }
        return {"settings": settings, "at": (self.at - EARLIER).isoformat()}


@contextlib.asynccontextmanager
async def the_program(worlds: list[dict[str, Any]]) -> AsyncIterator[asyncio.subprocess.Process]:
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
