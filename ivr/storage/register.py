"""What all registers share: they run statements in the transaction of their unit of work."""

from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, Table, insert
from sqlalchemy.dialects import postgresql, sqlite

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.refusals import NotFound
from ivr.storage.tables import changes

T = TypeVar("T")


class Register:
    """Maps rows of some tables to values of the domain."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _run(self, statement: Executable, rows: Any = None) -> CursorResult[Any]:
        return self._connection.execute(statement, rows)

    def _insert(self, table: Table, **values: Any) -> int:
        """Insert a row and return its id."""
        key = self._run(insert(table).values(values)).inserted_primary_key
        assert key is not None  # noqa: S101 - of one plain insert there always is one
        return int(key[0])

    def _changed(self, kind: str, *refs: object) -> None:
        """Tell the pages that show it, with the commit of this transaction."""
        if refs:
            self._run(insert(changes), [{"kind": kind, "ref": str(ref)} for ref in refs])


def upsert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that may say what to do on a conflict, in the words of this database."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def found(value: T | None, what: str) -> T:
    """The value; raises NotFound where there is none."""
    if value is None:
        raise NotFound(what)
    return value


def phone(e164: str | None) -> PhoneNumber | None:
    return None if e164 is None else PhoneNumber(e164)


def e164(number: PhoneNumber | None) -> str | None:
    return None if number is None else number.e164
