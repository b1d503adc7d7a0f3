"""The rows of a file sorted into good and bad, before anything is stored."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from ivr.importing.csv_file import BadFile, Complaint, CsvFile, Row


class Numbered(Protocol):
    """Knows its line in the file."""

    @property
    def line(self) -> int: ...


Good = TypeVar("Good")
Lined = TypeVar("Lined", bound=Numbered)
Read = Callable[[Row], Good | list[Complaint]]
BAD_SUFFIX = ".bad.csv"


@dataclass(slots=True)
class Checked(Generic[Good]):
    """What a file holds, and what is wrong with it."""

    good: list[Good] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)


def check(source: CsvFile, read: Read[Good], *, step: Callable[[], None] = lambda: None) -> Checked[Good]:
    """Read every row of the file; `step` is called once a row, for a progress bar."""
    checked: Checked[Good] = Checked()
    for row in source.rows():
        step()
        found = [row] if isinstance(row, Complaint) else read(row)
        if isinstance(found, list):
            checked.complaints += found
        else:
            checked.good.append(found)
    return checked


def refuse_duplicates(checked: Checked[Lined], keys: Callable[[Lined], Iterable[tuple[str, str]]]) -> None:
    """Move to the complaints each row that repeats a number of an earlier one. A key is a column and a value."""
    first: dict[tuple[str, str], int] = {}
    unique = []
    for good in checked.good:
        repeated = [key for key in keys(good) if key in first]
        checked.complaints += [Complaint(good.line, key[0], f"is the same as in line {first[key]}") for key in repeated]
        if not repeated:
            unique.append(good)
            first.update((key, good.line) for key in keys(good))
    checked.good = unique


def write_bad_rows(path: Path, source: CsvFile, lines: Sequence[int]) -> Path:
    """Write the bad rows, under the header they came with, to a file beside. Returns its path; raises BadFile."""
    rows = [source.header, *(source.lines[number - 2] for number in lines)]
    beside = _unused(path)
    try:
        # Personal data: for its owner alone, and never over the corrections of an earlier time.
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8-sig") as file:
            file.write("\n".join(rows) + "\n")
    except OSError as problem:
        raise BadFile(
            f"{beside}: the bad rows cannot be written: {problem.strerror}; nothing was imported"
        ) from problem
    return beside


def _unused(path: Path) -> Path:
    """patients.bad.csv, or patients.2.bad.csv where that is there already."""
    names = (path.with_name(f"{path.stem}{'' if n == 1 else f'.{n}'}{BAD_SUFFIX}") for n in count(1))
    return next(name for name in names if not os.path.lexists(name))
