"""A database comes up from nothing, and is then what the program thinks it is."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select

from ivr.services.ports import StorageDown
from ivr.storage.engine import open_engine
from ivr.storage.migrate import config, current, head, migrate
from ivr.storage.tables import consents, metadata


def test_an_empty_database_is_brought_to_the_newest_form(empty_url):
    assert current(empty_url) is None

    migrate(empty_url)

    assert current(empty_url) == head() is not None


def test_a_second_migration_changes_nothing(empty_url):
    migrate(empty_url)

    migrate(empty_url)

    assert current(empty_url) == head()


def test_the_migrated_database_is_what_the_tables_say(empty_url):
    migrate(empty_url)

    engine = open_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert differences == []


def test_partial_indexes_are_migrated_with_their_conditions(empty_url):
    """The comparison above does not look at conditions, and the guard against double bookings is one."""
    migrate(empty_url)

    engine = open_engine(empty_url)
    dialect = engine.dialect.name
    found = {index["name"]: index for index in inspect(engine).get_indexes("bookings")}
    engine.dispose()

    for name, status in (("bookings_one_of_slot", "NO_SHOW"), ("bookings_one_of_speciality", "BOOKED")):
        assert found[name]["unique"]
        assert status in str(found[name]["dialect_options"][f"{dialect}_where"])


def test_a_migrated_database_can_be_taken_back_to_empty(empty_url):
    migrate(empty_url)

    engine = open_engine(empty_url)
    with engine.begin() as connection:
        command.downgrade(config(connection), "base")
    left = set(inspect(engine).get_table_names())
    engine.dispose()

    assert left == {"alembic_version"}


def test_a_database_that_cannot_be_opened_is_named_storage_down(tmp_path):
    with pytest.raises(StorageDown):
        migrate(f"sqlite:///{tmp_path}/no/such/folder/ivr.sqlite")


def test_a_new_file_is_closed_to_other_users_and_an_odd_name_is_no_obstacle(tmp_path):
    path = tmp_path / "больница № 1#;.db"

    migrate(f"sqlite:///{path}")

    engine = open_engine(f"sqlite:///{path}")
    with engine.connect():
        modes = {found.stat().st_mode & 0o777 for found in tmp_path.iterdir()}
    engine.dispose()
    assert path.exists()
    assert modes == {0o600}


def test_a_file_that_is_gone_is_not_silently_an_empty_one(tmp_path):
    with pytest.raises(StorageDown, match="unable to open"):
        current(f"sqlite:///{tmp_path}/gone.db")

    assert list(tmp_path.iterdir()) == []


def test_who_had_opted_out_before_the_ledger_is_found_in_it(empty_url):
    engine = open_engine(empty_url)
    migrate(empty_url)
    with engine.begin() as connection:
        command.downgrade(config(connection), "0010")
        for statement in (
            "INSERT INTO patients (id, surname, given_name, sex, birth_date, oms, attached) "
            "VALUES (1, 'А', 'Б', 'F', '1985-03-12', '6256410854009015', true)",
            "INSERT INTO tasks (id, key, kind, owner, status, due_at, created_at, patient_id, payload) "
            "VALUES (1, 'k', 'FEEDBACK', 'CALL_CENTRE', 'DONE', '2026-04-27', '2026-04-27', 1, '{}')",
            "INSERT INTO dial_attempts (key, task_id, number, phone, node, begun_at, leased_until) "
            "VALUES ('call', 1, 1, '+79000000101', 'dial', '2026-04-27', '2026-04-27')",
            "INSERT INTO opt_outs (phone, at, channel, call_key) VALUES ('+79000000101', '2026-04-27', 'CALL', 'call')",
        ):
            connection.exec_driver_sql(statement)

    migrate(empty_url)

    with engine.connect() as connection:
        rows = connection.execute(select(consents.c.patient_id, consents.c.purpose, consents.c.given)).all()
    engine.dispose()
    assert rows == [(1, "ROBOT_CALLS", False)]
