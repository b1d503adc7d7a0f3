"""What a command works on: the hospital and its database, as the settings have them."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from ivr.data import DataError, load_calendar, load_hospital, load_specialities
from ivr.domain.rules import Rules
from ivr.importing.imports import Clinic
from ivr.services.ports import StorageDown
from ivr.settings import BadSettings, Settings, load_settings
from ivr.storage.engine import open_engine
from ivr.storage.migrate import current, head, migrate
from ivr.storage.work import SqlWork

UNUSABLE = 2


def clinic_of(context: typer.Context, *, create: bool = False) -> Clinic:
    """The clinic that the caller put into the context, or that of the settings.

    `create` brings the database up first; without it a database that is not there stays away.
    """
    found = context.find_object(Clinic)
    try:
        return found or _clinic(load_settings(), create=create)
    except (BadSettings, DataError, StorageDown, ValueError) as problem:
        typer.secho(_told(problem), fg="red", err=True)
        raise typer.Exit(UNUSABLE) from None


def _clinic(settings: Settings, *, create: bool) -> Clinic:
    url = settings.database_url
    if create:
        settings.var.mkdir(parents=True, exist_ok=True)
        migrate(url)
    elif current(url) != head():
        raise StorageDown("not migrated to this version; start the program once, or import something")
    engine = open_engine(url)
    files = settings.hospital
    hospital, rules = load_hospital(_path(settings, files.facts)), _rules(settings)
    return Clinic(lambda: SqlWork(engine), load_specialities(), hospital, rules, datetime.now(UTC))


def _path(settings: Settings, path: Path | None) -> Path | None:
    return None if path is None else settings.path(path)


def _rules(settings: Settings) -> Rules:
    """As far as listing and importing need them."""
    book = settings.rules
    calendar = load_calendar(_path(settings, settings.hospital.calendar))
    return Rules(zone=ZoneInfo(book.zone), calendar=calendar, horizon_days=book.horizon_days)


def _told(problem: Exception) -> str:
    if isinstance(problem, StorageDown):
        return f"the database cannot be used: {problem}"
    return str(problem)
