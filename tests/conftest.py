"""For many tests: databases, brought up by the migrations, and a regional system."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from ivr.storage.tables import metadata
from ivr.storage.work import SqlWork
from tests.builders import Clinic
from tests.importing.hospital import OPENED
from tests.postgres import running_postgres
from tests.regional.far_end import FarEnd


@dataclass(frozen=True)
class Database:
    """An empty, migrated database."""

    url: str
    engine: Engine

    def new_work(self) -> SqlWork:
        return SqlWork(self.engine)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, to be copied by each test."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of an empty server of our own."""
    with running_postgres() as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres(postgres_server: str) -> Iterator[Database]:
    """One migrated database for all tests; each empties it."""
    migrate(postgres_server)
    engine = open_engine(postgres_server, pool_size=30)
    yield Database(postgres_server, engine)
    engine.dispose()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "ivr.sqlite"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}", pool_size=30)
    yield Database(f"sqlite:///{path}", engine)
    engine.dispose()


@pytest.fixture
def postgres_database(postgres: Database) -> Database:
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with postgres.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    return postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """Each test that takes this runs on both databases."""
    return request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database")


@pytest.fixture
def new_work(database: Database) -> Callable[[], SqlWork]:
    return database.new_work


@pytest.fixture
def clinic(new_work: Callable[[], SqlWork]) -> Clinic:
    return Clinic(new_work)


@pytest.fixture(autouse=True)
def close_clinics() -> Iterator[None]:
    """No connection of a clinic outlives its test."""
    yield
    while OPENED:
        OPENED.pop().dispose()


EARLY = ("desk", "pages")
"""Long groups, each of which stays with one worker: begun last, they would keep it alone at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One long group first, the other one half-way, so that the two browsers seldom run at once."""
    _unless_scattered(items)
    first, second = ([item for item in items if _group(item) == name] for name in EARLY)
    rest = [item for item in items if _group(item) not in EARLY]
    half = len(rest) // 3
    items[:] = [*first, *rest[:half], *second, *rest[half:]]


def _unless_scattered(items: list[pytest.Item]) -> None:
    """pytest 9.2 made pytest-xdist 3.8 ignore groups without a word: each worker set everything up again."""
    grouped = [item for item in items if _group(item)]
    distributed = grouped and grouped[0].config.getoption("loadgroup", default=False)
    if distributed and not all(item.nodeid.endswith(f"@{_group(item)}") for item in grouped):
        raise pytest.UsageError("tests of one group would be spread over the workers: pytest-xdist does not fit pytest")


def _group(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark and mark.args else ""


@pytest.fixture
def far() -> Iterator[FarEnd]:
    """A regional system on a loopback port; it misbehaves when it is told to."""
    end = FarEnd()
    end.start()
    yield end
    end.stop()
