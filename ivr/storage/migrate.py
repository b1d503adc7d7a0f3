"""Bringing a database to the newest form, from empty or from any older one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ivr.storage.engine import make_file, open_engine, reading

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Apply what is missing; a second run changes nothing. Raises StorageDown."""
    make_file(url)
    with _transaction(url) as connection:
        command.upgrade(config(connection), "head")


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


@contextmanager
def _transaction(url: str, *, read_only: bool = False) -> Iterator[Connection]:
    engine = open_engine(url, pool_size=1)
    try:
        with engine.connect() as connection, (reading(connection) if read_only else connection).begin():
            yield connection
    finally:
        engine.dispose()
