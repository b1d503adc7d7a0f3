"""A CSV file as hospitals make them: UTF-8 or Windows-1251, commas or semicolons, any order of columns."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DELIMITERS = ";,\t"
LONGEST_LINE = 10_000
LONGEST_FILE = 500_000_000


class BadFile(ValueError):
    """The file as a whole cannot be imported."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file. Headers may be English or Russian, in any order and case."""

    name: str
    russian: str
    meaning: str
    example: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one row. Never shows the value: it may be personal."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: cells by column name; an empty cell is absent."""

    line: int
    cells: Mapping[str, str]
    raw: str


@dataclass(frozen=True, slots=True)
class CsvFile:
    """Header understood, lines not yet parsed."""

    header: str
    lines: Sequence[str]
    names: Sequence[str]
    """Column names in the order of the file; empty where nobody knows the column."""
    delimiter: str

    def rows(self) -> Iterator[Row | Complaint]:
        """Each line that is not blank. One line is one row: a quoted cell must end on its line."""
        for number, raw in enumerate(self.lines, start=2):
            if raw.strip(DELIMITERS + " "):
                yield self._row(number, raw)

    def _row(self, number: int, raw: str) -> Row | Complaint:
        if "\0" in raw:
            return Complaint(number, "-", "has a NUL byte; save the file as plain CSV text")
        if len(raw) > LONGEST_LINE:
            return Complaint(number, "-", f"is {len(raw)} characters long, more than {LONGEST_LINE}")
        try:
            cells = next(csv.reader([raw], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return Complaint(number, "-", "broken quotes: a quoted cell must end on its own line")
        return self._named(number, raw, cells)

    def _named(self, number: int, raw: str, cells: Sequence[str]) -> Row | Complaint:
        if len(cells) != len(self.names):
            return Complaint(number, "-", f"has {len(cells)} cells, the header has {len(self.names)}")
        filled = {name: cell.strip() for name, cell in zip(self.names, cells, strict=True) if name and cell.strip()}
        return Row(number, filled, raw)


def read_csv(path: Path, columns: Sequence[Column]) -> CsvFile:
    """Open a file that should have these columns. Raises BadFile."""
    lines = _decoded(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header = lines[0]
    delimiter = max(DELIMITERS, key=lambda mark: sum(1 for name in _names(header, mark, columns) if name))
    names = _names(header, delimiter, columns)
    _must_suit(path, names, columns)
    return CsvFile(header, lines[1:], names, delimiter)


def _decoded(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise BadFile(f"{path}: not a file")
        if path.stat().st_size > LONGEST_FILE:
            raise BadFile(f"{path}: larger than {LONGEST_FILE // 1_000_000} MB; split it")
        content = path.read_bytes()
    except OSError as problem:
        raise BadFile(f"{path}: {problem.strerror}") from problem
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadFile(f"{path}: is UTF-16; save it as CSV in UTF-8 or Windows-1251")
    return _text(path, content)


def _text(path: Path, content: bytes) -> str:
    """As UTF-8, else as Windows-1251, in which a file whose letters are nearly all good UTF-8 was not written."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        good = sum(1 for letter in content.decode("utf-8", "ignore") if not letter.isascii())
        if good > sum(1 for byte in content if byte >= 0x80) / 4:
            raise BadFile(f"{path}: line {line} is broken UTF-8; save the file again") from problem
    try:
        text = content.decode("cp1251")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise BadFile(f"{path}: line {line} is neither UTF-8 nor Windows-1251") from problem
    if not _is_russian(text):
        raise BadFile(f"{path}: is neither UTF-8 nor Windows-1251, perhaps KOI8-R or that of DOS; save it as UTF-8")
    return text


def _is_russian(text: str) -> bool:
    """False for other encodings taken as Windows-1251: names of KOI8-R begin small, those of DOS are full of signs."""
    letters, others = len(re.findall("[А-Яа-яЁё]", text)), len(re.findall("[^\0-~А-Яа-яЁё№«»“”–—’…]", text))
    names, turned = len(re.findall("[А-ЯЁ][а-яё]", text)), len(re.findall("[а-яё][А-ЯЁ]", text))
    return others <= letters and turned <= names


def _names(header: str, delimiter: str, columns: Sequence[Column]) -> list[str]:
    known = {_plain(spelling): column.name for column in columns for spelling in (column.name, column.russian)}
    try:
        titles = next(csv.reader([header], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return [known.get(_plain(title), "") for title in titles]


def _plain(title: str) -> str:
    return title.strip().casefold().replace(" ", "_").replace("ё", "е")


def _must_suit(path: Path, names: Sequence[str], columns: Sequence[Column]) -> None:
    wanted = [column.name for column in columns if column.required]
    if missing := [name for name in wanted if name not in names]:
        raise BadFile(f"{path}: line 1: no column {', '.join(missing)}; the header must have {', '.join(wanted)}")
    if unknown := [position for position, name in enumerate(names, start=1) if not name]:
        known = ", ".join(column.name for column in columns)
        raise BadFile(f"{path}: line 1: column {unknown[0]} of the header is unknown; known are {known}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise BadFile(f"{path}: line 1: column {twice[0]} stands twice")
