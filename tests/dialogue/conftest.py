"""Worlds for transcripts: a demo hospital of one day, copied from a template for every call."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from ivr.data import load_calendar, load_hospital, load_specialities
from ivr.demo import load_demo
from ivr.domain.rules import Rules
from ivr.speech.phrasebook import Phrasebook
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from ivr.storage.work import SqlWork
from tests.dialogue.world import MOSCOW, World

PROMPTS = Path(__file__).parents[2] / "prompts"
A_TUESDAY = "2026-11-24 10:00"


@pytest.fixture(scope="session")
def templates(tmp_path_factory) -> Callable[[datetime], Path]:
    """A database file with the demo hospital as it stands in the morning of a day."""
    folder = tmp_path_factory.mktemp("hospital")

    def template(now: datetime) -> Path:
        path = folder / f"{now.date()}.db"
        if not path.exists():
            url = f"sqlite:///{path}"
            migrate(url)
            engine = open_engine(url)
            morning = now.replace(hour=6, minute=0)
            load_demo(SqlWork(engine), load_specialities(), load_hospital(), rules=_rules(), now=morning)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            engine.dispose()
        return path

    return template


def _rules() -> Rules:
    return Rules(calendar=load_calendar())


@pytest.fixture(scope="session")
def new_world(templates, tmp_path_factory):
    """new_world("2026-11-24 10:00") is a hospital of its own at that local time."""
    folder = tmp_path_factory.mktemp("worlds")
    phrasebook = Phrasebook.load(PROMPTS)
    hospital = load_hospital()

    @contextmanager
    def make(at: str = A_TUESDAY) -> Iterator[World]:
        now = datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=MOSCOW)
        path = folder / "world.db"
        shutil.copy(templates(now), path)
        engine = open_engine(f"sqlite:///{path}")
        try:
            world = World(
                new_work=lambda: SqlWork(engine),
                engine=engine,
                rules=_rules(),
                hospital=hospital,
                phrasebook=phrasebook,
                prompts=PROMPTS,
                now=now,
            )
            yield world
        finally:
            for close in world.closing:
                close()
            engine.dispose()
            for leftover in folder.glob("world.db*"):
                leftover.unlink()

    return make
