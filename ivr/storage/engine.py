"""Opening a database: SQLite in one file, or PostgreSQL; trouble comes out as one exception."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError

from ivr.services.ports import StorageDown

BUSY_MS = 5_000
"""How long SQLite waits for another writer; a commit takes milliseconds."""
CONNECT_SECONDS = 3
OURS = (IntegrityError, ProgrammingError, DataError)
"""Errors of a statement, not of the database: a rule, or a mistake of ours."""
READ_ONLY = "ivr_read_only"
TURN = "ivr_turn"
# hide_parameters below: errors are logged with their tracebacks, and parameters are names and birth dates of patients.


def reading(connection: Connection) -> Connection:
    """The same connection for a transaction that only looks."""
    if connection.dialect.name == "postgresql":
        # Read committed has a new view for each statement anyway: without BEGIN and ROLLBACK two round trips are saved.
        return connection.execution_options(isolation_level="AUTOCOMMIT")
    return connection.execution_options(**{READ_ONLY: True})


def open_engine(url: str, *, pool_size: int = 10, lasting: bool = True) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`; opens no connection yet. Raises ValueError.

    An SQLite file is opened, never made: an empty one in its place would hide that the real one is gone. One that is
    not to last does not wait for the disk.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The address may hold a password: it is not repeated.
        raise ValueError("the database URL cannot be read; write sqlite:///path or postgresql+psycopg://…") from None
    match parsed.get_backend_name():
        case "sqlite":
            engine = _sqlite(parsed, pool_size)
            if not lasting:
                event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        case "postgresql":
            engine = _postgresql(parsed, pool_size)
        case other:
            raise ValueError(f"the database is sqlite or postgresql, not {other}")
    event.listen(engine, "handle_error", _translate)
    return engine


def make_file(url: str) -> None:
    """Make the empty file of an SQLite database that is not there yet, closed to other users. Raises StorageDown."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).exists():
        try:
            os.close(os.open(parsed.database, os.O_WRONLY | os.O_CREAT, 0o600))  # the write-ahead log takes its mode
        except OSError as problem:
            raise StorageDown(str(problem)) from problem


@contextmanager
def turn_to_write(engine: Engine) -> Iterator[None]:
    """Writers of this process follow one another as soon as they can. Raises StorageDown.

    SQLite has one writer at a time and lets the others sleep, up to a tenth of a second, before they look again.
    """
    turn = engine.get_execution_options().get(TURN)
    if turn is None:
        yield
        return
    if not turn.acquire(timeout=BUSY_MS / 1000):
        raise StorageDown("another writer does not end")
    try:
        yield
    finally:
        turn.release()


def _sqlite(url: URL, pool_size: int) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("SQLite needs a file: write sqlite:///path")
    # isolation_level None: the driver begins nothing by itself, we say BEGIN below.
    engine = create_engine(
        url.set(database=f"file:{quote(url.database)}", query={**url.query, "mode": "rw", "uri": "true"}),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=CONNECT_SECONDS,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": BUSY_MS / 1000, "check_same_thread": False},
        execution_options={TURN: Lock()},
    )
    event.listen(engine, "connect", _pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _pragmas(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a transaction that reads first could not get it later.
    reading = connection.get_execution_options().get(READ_ONLY)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgresql(url: Any, pool_size: int) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=CONNECT_SECONDS,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": "-c timezone=UTC -c lock_timeout=5s",
            # A host that has vanished says nothing: without these its connections would wait for hours.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )


def _translate(context: ExceptionContext) -> None:
    if context.is_pre_ping:  # the pool tries a connection, and replaces a dead one without troubling anybody
        return
    problem = context.sqlalchemy_exception
    if isinstance(problem, DBAPIError) and not isinstance(problem, OURS):
        raise StorageDown(_told(problem.orig, context)) from context.original_exception


def _told(problem: BaseException | None, context: ExceptionContext) -> str:
    """What happened. A statement's error may repeat the row it met; SQLite's, and those of connecting, do not."""
    kind = type(problem).__name__
    harmless = isinstance(problem, sqlite3.Error) or context.connection is None
    return f"{kind}: {' '.join(str(problem).split())}" if harmless else kind
