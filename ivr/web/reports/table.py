"""A report as a table with Russian titles: what the page, the chart and the files are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Value = str | int | float | None


MOST_SHOWN = 200
"""Rows on a page; files have all."""


class Kind(StrEnum):
    TEXT = "text"
    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    kind: Kind = Kind.COUNT
    named: str = ""
    """In files, where those who take them in want another title."""
    on_page: bool = True
    """False: in files alone."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Which columns are drawn."""

    bars: tuple[int, ...] = ()
    line: int | None = None
    """A share, on an axis of its own."""
    stacked: bool = False
    lying: bool = False
    """Bars from left to right, for long names."""
    goal: float | None = None
    names: tuple[int, ...] = (0,)
    """Columns that name a bar."""
    most: int = 40
    """Rows that are drawn."""


@dataclass(frozen=True, slots=True)
class Table:
    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    chart: Chart
    total: Sequence[Value] | None = None
    note: str = ""
    """How it is counted."""
    lines: Sequence[Sequence[Value]] = field(init=False)
    """Rows and the total."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", [*self.rows, *([self.total] if self.total and self.rows else [])])

    @property
    def page_columns(self) -> list[Column]:
        return [column for column in self.columns if column.on_page]

    def on_page(self, line: Sequence[Value]) -> list[tuple[Value, Column]]:
        """What a page shows of one of the lines."""
        return [(value, column) for value, column in zip(line, self.columns, strict=True) if column.on_page]

    def drawing(self) -> dict[str, Any]:
        """For the script that draws the chart."""
        rows = self.rows[: self.chart.most]
        shown = [*self.chart.bars, *([] if self.chart.line is None else [self.chart.line])]
        return {
            "names": [", ".join(str(row[number]) for number in self.chart.names) for row in rows],
            "series": [
                {
                    "name": self.columns[number].title,
                    "kind": self.columns[number].kind.value,
                    "line": number == self.chart.line,
                    "values": [row[number] for row in rows],
                }
                for number in shown
            ],
            "stacked": self.chart.stacked,
            "lying": self.chart.lying,
            "goal": self.chart.goal,
        }


def shown(value: Value, kind: Kind) -> str:
    """As people read it."""
    if value is None:
        return "—"
    match kind:
        case Kind.SHARE:
            return f"{float(value) * 100:.1f} %".replace(".", ",")
        case Kind.SECONDS:
            return duration(float(value))
        case Kind.COUNT if isinstance(value, float):
            return f"{value:.1f}".replace(".", ",")
        case _:
            return str(value)


def duration(seconds: float) -> str:
    """0:07, 12:30, 3:05:00."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
