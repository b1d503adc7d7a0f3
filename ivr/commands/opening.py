"""What a command works on: the hospital and its database, as the settings have them."""

import getpass
import os
from typing import NoReturn

import typer

from ivr.data import DataError
from ivr.importing.imports import Clinic
from ivr.services.ports import StorageDown
from ivr.settings import BadSettings, Settings, load_settings
from ivr.storage.migrate import current, head

UNUSABLE = 2


def clinic_of(context: typer.Context) -> Clinic:
    """The clinic that the caller put into the context, or that of the settings."""
    found = context.find_object(Clinic)
    try:
        return found or _clinic(context, load_settings())
    except StorageDown as problem:
        stop(f"the database cannot be used ({problem}); `ivr setup` makes it, `ivr check` looks")
    except (BadSettings, DataError, ValueError) as problem:
        stop(str(problem))


def settings_or_stop() -> Settings:
    """Those of this installation, with a database of this version; else the program ends and says why."""
    try:
        settings = load_settings()
        if current(settings.database_url) != head():
            raise StorageDown("it is empty or of another version")
    except StorageDown as problem:
        stop(f"the database cannot be used ({problem}); `ivr setup` makes it, `ivr check` looks")
    except (BadSettings, DataError, ValueError) as problem:
        stop(str(problem))
    return settings


def _clinic(context: typer.Context, settings: Settings) -> Clinic:
    # The voice that bootstrap builds takes a second to import: not before help and wrong options are dealt with.
    from ivr import bootstrap

    clinic: Clinic = context.with_resource(bootstrap.clinic_of(settings))
    if current(settings.database_url) != head():
        raise StorageDown("it is empty or of another version")
    return clinic


def operator_of_the_server() -> str:
    """Who works at this machine, for the audit log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def stop(message: str) -> NoReturn:
    """End with the message, for what the caller can mend."""
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(UNUSABLE)
