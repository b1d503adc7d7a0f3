"""A TOML file read with care: each value has a type, a place and a clear complaint."""

import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class DataError(ValueError):
    """A data file cannot be used: says which file, where in it, and why."""


def bundled(name: str) -> Path:
    """Path of a data file of the demo hospital."""
    return Path(str(files("ivr.data"))) / name


class Table:
    """A TOML table that knows its place. What nobody asked for, in it or beneath, is a misspelt key: see `finished`."""

    def __init__(self, file: str, place: str, values: dict[str, object]) -> None:
        self._file, self._place, self._values = file, place, values
        self._asked: set[str] = set()
        self._beneath: list[Table] = []

    @classmethod
    def of_file(cls, path: Path) -> "Table":
        try:
            return cls(path.name, "", tomllib.loads(path.read_text(encoding="utf-8-sig")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            raise DataError(f"{path}: {problem}") from problem

    def text(self, key: str) -> str:
        value = self._get(key, str)
        if not value.strip():
            raise self.error(key, "must not be empty")
        return value

    def number(self, key: str, default: int) -> int:
        return self._get(key, int, default)

    def optional_number(self, key: str) -> int | None:
        return self._get(key, int) if key in self._values else None

    def optional_text(self, key: str) -> str | None:
        return self._get(key, str) if key in self._values else None

    def flag(self, key: str) -> bool:
        return self._get(key, bool, default=False)

    def dates(self, key: str) -> frozenset[date]:
        return frozenset(self._list(key, date))

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self._list(key, str))

    def parsed(self, key: str, parse: Callable[[str], T]) -> T:
        """A text turned into a value; the complaint of `parse` (ValueError) gets the place."""
        try:
            return parse(self.text(key))
        except DataError:
            raise
        except ValueError as problem:
            raise self.error(key, str(problem)) from problem

    def table(self, key: str) -> "Table":
        found = Table(self._file, self._under(key), dict(self._get(key, dict)))
        self._beneath.append(found)
        return found

    def optional_table(self, key: str) -> "Table":
        self._asked.add(key)
        return self.table(key) if key in self._values else Table(self._file, self._under(key), {})

    def tables(self) -> Iterator[tuple[str, "Table"]]:
        return ((key, self.table(key)) for key in self._values)

    def items(self) -> Iterator[str]:
        return iter(self._values)

    def all_known(self, *keys: str) -> None:
        """These are read by somebody else."""
        self._asked.update(keys)

    def finished(self) -> None:
        """Raise DataError where the file has keys that mean nothing here."""
        if unknown := sorted(set(self._values) - self._asked):
            raise self.error(unknown[0], f"unknown key; known are {', '.join(sorted(self._asked))}")
        for table in self._beneath:
            table.finished()

    def error(self, key: str, reason: str) -> DataError:
        return DataError(f"{self._file}: {self._under(key)}: {reason}")

    def _under(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def _list(self, key: str, kind: type[T]) -> list[T]:
        values = self._get(key, list, [])
        for value in values:
            if type(value) is not kind:
                raise self.error(key, f"each value must be a {kind.__name__}, not {value!r}")
        return values

    def _get(self, key: str, kind: type[T], default: T | None = None) -> T:
        self._asked.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        if type(value) is not kind:
            raise self.error(key, f"must be a {kind.__name__}, not {value!r}")
        return value
