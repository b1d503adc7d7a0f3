"""A file that a command makes: anew, readable by its owner alone, gone where something fails."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

import typer

from ivr.commands.opening import UNUSABLE


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Readable by its owner alone from the first byte; gone where something fails."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        _stop(f"{path} is there already; name another file or remove it")
    except OSError as problem:
        _stop(f"{path} cannot be written ({problem.strerror}); name a file in a folder of yours")
    with os.fdopen(descriptor, "wb") as file:
        try:
            yield file
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _stop(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(UNUSABLE)
