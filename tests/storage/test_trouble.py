"""Whatever happens to the database comes out as one exception, and nothing half done stays."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Event

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from ivr.domain.slot import Channel
from ivr.services import calls
from ivr.services.ports import StorageDown
from ivr.storage import tables
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from ivr.storage.work import SqlWork
from tests.builders import CALLER, NOW
from tests.postgres import running_postgres


def begin(work):
    calls.begin(work, call_key="call-1", caller=CALLER, line="inbound", now=NOW)


def test_what_is_not_committed_is_undone(new_work, clinic):
    with new_work() as work:
        work.attempts.add(CALLER, NOW)

    assert clinic.rows("failed_identifications") == []


def test_an_exception_undoes_everything(new_work, clinic):
    with pytest.raises(ZeroDivisionError), new_work() as work:
        work.attempts.add(CALLER, NOW)
        raise ZeroDivisionError

    assert clinic.rows("failed_identifications") == []


def test_a_unit_of_work_is_opened_once_and_used_while_open(new_work):
    work = new_work()
    with pytest.raises(RuntimeError, match="with work"):
        work.commit()
    with work, pytest.raises(RuntimeError, match="open already"):
        work.__enter__()


def test_a_moment_without_a_time_zone_is_refused(database):
    with database.engine.connect() as connection, pytest.raises(Exception, match="needs a time zone"):
        connection.execute(select(tables.slots).where(tables.slots.c.starts_at > datetime(2026, 4, 27)))  # noqa: DTZ001


def test_moments_come_back_in_utc_and_channels_as_they_were(clinic):
    clinic.speciality()
    channels = frozenset({Channel.CC, Channel.MED_ARM})
    clinic.slot(clinic.doctor(), NOW.astimezone(), channels=channels)

    (row,) = clinic.rows("slots")

    assert row.starts_at == NOW and row.starts_at.tzinfo is UTC
    assert row.channels == channels


def test_the_indexes_themselves_refuse_a_second_booking(clinic, database):
    """Even where no use case is asked: by a script, an import, another program."""
    clinic.speciality()
    patient = clinic.patient()
    visit = clinic.book(clinic.slot(clinic.doctor(), NOW.replace(hour=10)), patient)
    copy = clinic.rows("bookings")[0]._asdict() | {"id": None, "key": "other", "ticket": "1"}
    del copy["id"]

    for change in ({"patient_id": clinic.patient().id}, {"slot_id": clinic.slot(clinic.doctor(), NOW)}):
        with database.engine.begin() as connection, pytest.raises(IntegrityError):
            connection.execute(insert(tables.bookings).values(copy | change))
    assert [row.id for row in clinic.rows("bookings")] == [visit.id]


def test_a_database_without_tables_is_down(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/empty.sqlite")

    with pytest.raises(StorageDown):
        begin(SqlWork(engine))
    engine.dispose()


def test_a_file_that_is_no_database_is_down(tmp_path):
    path = tmp_path / "broken.sqlite"
    path.write_bytes(b"these are not the tables you are looking for" * 100)
    engine = open_engine(f"sqlite:///{path}")

    with pytest.raises(StorageDown):
        begin(SqlWork(engine))
    engine.dispose()


@contextmanager
def locked(database, monkeypatch):
    """Another program writes all the while, and nobody waits for it long."""
    monkeypatch.setattr("ivr.storage.engine.BUSY_MS", 50)
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)) as rude:
        rude.execute("BEGIN IMMEDIATE")
        yield
        rude.execute("ROLLBACK")


def test_a_file_locked_by_another_program_is_down(sqlite_database, monkeypatch):
    with locked(sqlite_database, monkeypatch), pytest.raises(StorageDown):
        begin(sqlite_database.new_work())

    begin(sqlite_database.new_work())


def test_a_transaction_that_cannot_begin_gives_its_connection_back_at_once(sqlite_database, monkeypatch):
    with locked(sqlite_database, monkeypatch), pytest.raises(StorageDown) as trouble:
        begin(sqlite_database.new_work())

    # A kept error, as a log record keeps it, must not keep the connection.
    assert trouble.value.__traceback__
    assert sqlite_database.engine.pool.checkedout() == 0


def test_an_empty_pool_is_down(tmp_path, monkeypatch):
    monkeypatch.setattr("ivr.storage.engine.CONNECT_SECONDS", 0.05)
    url = f"sqlite:///{tmp_path}/small.sqlite"
    migrate(url)
    engine = open_engine(url, pool_size=1)
    kept = [engine.connect() for _ in range(2)]

    with pytest.raises(StorageDown):
        begin(SqlWork(engine))

    for connection in kept:
        connection.close()
    begin(SqlWork(engine))
    engine.dispose()


@pytest.mark.postgres
def test_a_postgresql_that_is_not_there_is_down():
    engine = open_engine("postgresql+psycopg://ivr@127.0.0.1:1/ivr")

    with pytest.raises(StorageDown):
        begin(SqlWork(engine))
    engine.dispose()


@pytest.mark.postgres
def test_a_connection_killed_by_the_administrator_is_down_and_the_next_work_is_served(postgres_database):
    with pytest.raises(StorageDown), postgres_database.new_work() as work:
        backend = work.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with postgres_database.engine.connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend({backend})"))
        work.attempts.add(CALLER, NOW)
        work.commit()

    begin(postgres_database.new_work())


@pytest.mark.postgres
def test_a_server_that_stops_in_the_middle_of_a_work_is_down():
    with running_postgres() as server:
        migrate(server.url)
        engine = open_engine(server.url)
        work = SqlWork(engine).__enter__()
        work.attempts.add(CALLER, NOW)
    with pytest.raises(StorageDown):
        work.commit()
    work.__exit__()
    with pytest.raises(StorageDown):
        begin(SqlWork(engine))
    engine.dispose()


@pytest.mark.postgres
def test_a_server_that_was_restarted_is_simply_there():
    with running_postgres() as server:
        migrate(server.url)
        engine = open_engine(server.url)
        begin(SqlWork(engine))
        server.stop()
        server.start()

        begin(SqlWork(engine))

        engine.dispose()


def test_readers_see_nothing_half_done_and_wait_for_nobody(new_work):
    written, seen = Event(), Event()

    def write():
        with new_work() as work:
            work.attempts.add(CALLER, NOW)
            written.set()
            assert seen.wait(timeout=10)
            work.commit()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        assert written.wait(timeout=10)
        with new_work().reading() as work:
            assert work.attempts.since(CALLER, NOW.replace(year=2000)) == []
        seen.set()
        writer.result()
    with new_work().reading() as work:
        assert work.attempts.since(CALLER, NOW.replace(year=2000)) == [NOW]


@pytest.mark.parametrize("url", ["mysql://somebody:secret@host/ivr", "not a database", ""])
def test_another_kind_of_database_is_refused_without_repeating_its_password(url):
    with pytest.raises(ValueError, match=r"database (URL|is)") as refusal:
        open_engine(url)

    assert "secret" not in str(refusal.value)


def test_sqlite_is_opened_durably(sqlite_database):
    with sqlite_database.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
