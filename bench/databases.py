"""Both databases of the program, private and on default durability: a SQLite file, a PostgreSQL of Debian's package."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from ivr.storage.engine import open_engine
from tests.ports import free_ports

HOST = "127.0.0.1"
OWNER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package brings this user."""


@contextlib.contextmanager
def both() -> Iterator[list[tuple[str, Engine]]]:
    """Names and engines, empty."""
    with a_folder() as folder, a_postgres() as url:
        engines = [("SQLite", open_engine(f"sqlite:///{folder}/bench.db")), ("PostgreSQL", open_engine(url))]
        try:
            yield engines
        finally:
            for _, engine in engines:
                engine.dispose()


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """A folder on the disk of the project, not in a file system made of memory."""
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir="build") as name:
        yield Path(name).absolute()


@contextlib.contextmanager
def a_postgres() -> Iterator[str]:
    """The URL of a new cluster, removed afterwards. Raises FileNotFoundError where PostgreSQL is not installed."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name))
    if programs is None:
        raise FileNotFoundError("no PostgreSQL on this machine: install the package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ivr-bench-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    (port,) = free_ports(1)
    options = f"-c port={port} -c listen_addresses={HOST} -c unix_socket_directories={folder}"
    try:
        _run(programs / "initdb", "-D", folder / "data", "-U", "ivr", "-A", "trust", "-E", "UTF8", "--no-sync")
        _run(programs / "pg_ctl", "-D", folder / "data", "-o", options, "-l", folder / "log", "-w", "start")
        yield f"postgresql+psycopg://ivr@{HOST}:{port}/postgres"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            _run(programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: Path, *words: object) -> None:
    as_owner = ["runuser", "-u", OWNER, "--"] if os.geteuid() == 0 else []
    command = [*as_owner, str(program), *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd="/")
