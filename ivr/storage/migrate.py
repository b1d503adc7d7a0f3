"""Bringing a database to the newest form, from empty or from any older one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event

from ivr.storage.engine import make_file, open_engine, reading

SCRIPTS = Path(__file__).parent / "migrations"


class RowsLost(Exception):
    """Rows would point to others that are not there any more: nothing was changed."""


def migrate(url: str, to: str = "head") -> None:
    """Apply what is missing; a second run changes nothing. Raises StorageDown, RowsLost."""
    make_file(url)
    with _transaction(url) as connection:
        command.upgrade(config(connection), to)
        _unless_lost(connection)


def current(url: str) -> str | None:
    """The revision of a database; None before the first migration. Raises StorageDown."""
    with _transaction(url, read_only=True) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings, for a connection in which a transaction is open."""
    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return settings


def _unless_lost(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        lost = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
        if lost:
            raise RowsLost(", ".join(sorted(lost)))


@contextmanager
def _transaction(url: str, *, read_only: bool = False) -> Iterator[Connection]:
    engine = open_engine(url, pool_size=1)
    if engine.dialect.name == "sqlite":
        # SQLite changes a table by making it anew, and the old one does not go while rows of others point to it. The
        # check can be put off only before a transaction begins; `migrate` makes up for it before it ends.
        event.listen(engine, "connect", lambda opened, _: opened.execute("PRAGMA foreign_keys=OFF"))
    try:
        with engine.connect() as connection, (reading(connection) if read_only else connection).begin():
            yield connection
    finally:
        engine.dispose()
