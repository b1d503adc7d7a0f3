"""The least a booking can cost: one insert and one commit, with the same promise that it survives a power cut."""

import itertools
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg

CREATE = "CREATE TABLE raw (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, slot INTEGER NOT NULL UNIQUE, at TEXT)"
AT = "2026-11-24T10:00:00+00:00"


def sqlite_insert(path: Path) -> Callable[[int], None]:
    """Insert-and-commit on a new SQLite file, in the modes that the program uses."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(CREATE)
    numbers = itertools.count(1)

    def act(_: int) -> None:
        number = next(numbers)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO raw VALUES (?, ?, ?, ?)", (number, number, number, AT))
        connection.execute("COMMIT")

    return act


def postgres_insert(url: str) -> Callable[[int], None]:
    """Insert-and-commit on PostgreSQL."""
    connection = psycopg.connect(url)
    connection.execute("DROP TABLE IF EXISTS raw")
    connection.execute(CREATE)
    connection.commit()
    numbers = itertools.count(1)

    def act(_: int) -> None:
        number = next(numbers)
        connection.execute("INSERT INTO raw VALUES (%s, %s, %s, %s)", (number, number, number, AT))
        connection.commit()

    return act
