"""A demo hospital in a database of its own, and files to import into it."""

import atexit
import shutil
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from sqlite3 import connect

from sqlalchemy import Engine

from ivr.data import load_calendar, load_hospital, load_specialities
from ivr.demo import load_demo
from ivr.domain.rules import Rules
from ivr.importing.imports import Clinic
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from ivr.storage.work import SqlWork

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OPENED: list[Engine] = []
"""Closed after each test: Python 3.13 warns of a connection that is forgotten open."""


def an_empty_clinic(folder: Path, now: datetime = NOW) -> Clinic:
    migrate(f"sqlite:///{folder / 'ivr.db'}")
    return clinic_in(folder, now)


def a_demo_clinic(folder: Path, now: datetime = NOW) -> Clinic:
    with closing(connect(_template(now))) as template, closing(connect(folder / "ivr.db")) as copy:
        template.backup(copy)
    return clinic_in(folder, now)


@cache
def _template(now: datetime) -> Path:
    """A loaded database of that day, made once."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-demo-"))
    atexit.register(shutil.rmtree, folder)
    clinic = an_empty_clinic(folder, now)
    assert load_demo(clinic.work(), clinic.catalogue, clinic.hospital, rules=clinic.rules, now=now)
    return folder / "ivr.db"


def clinic_in(folder: Path, now: datetime = NOW) -> Clinic:
    engine = open_engine(f"sqlite:///{folder / 'ivr.db'}")
    OPENED.append(engine)
    rules = Rules(calendar=load_calendar())
    return Clinic(lambda: SqlWork(engine), load_specialities(), load_hospital(), rules, now)


class Nobody:
    """Watches an import without a word."""

    def stage(self, name: str, rows: int) -> None:
        """Say nothing."""

    def step(self, rows: int = 1) -> None:
        """Say nothing."""
