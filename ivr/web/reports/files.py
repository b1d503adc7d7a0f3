"""Reports as files: CSV for any program, XLSX with real numbers, percents and durations."""

import csv
import io
from collections.abc import Sequence

import xlsxwriter

from ivr.web.reports.table import Kind, Table, Value

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be computed by a spreadsheet."""
FORMATS = {Kind.SHARE: "0.0%", Kind.SECONDS: "[h]:mm:ss", Kind.COUNT: "General"}
SECONDS_A_DAY = 86400
WIDEST = 60


def to_csv(table: Table) -> bytes:
    """Semicolons and a decimal comma, as Russian spreadsheets open it; durations in seconds, shares in percent."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow([column.named or _title(column.title, column.kind) for column in table.columns])
    for line in table.lines:
        writer.writerow([_cell(value, column.kind) for value, column in zip(line, table.columns, strict=True)])
    return out.getvalue().encode("utf-8-sig")


def _title(title: str, kind: Kind) -> str:
    return {Kind.SHARE: f"{title}, %", Kind.SECONDS: f"{title}, с"}.get(kind, title)


def _cell(value: Value, kind: Kind) -> str:
    match value:
        case None:
            return ""
        case str():
            return plain(value)
        case _ if kind is Kind.SHARE:
            return f"{value * 100:.1f}".replace(".", ",")
        case float():
            return f"{value:.1f}".replace(".", ",")
        case _:
            return str(value)


def plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def to_xlsx(tables: Sequence[Table]) -> bytes:
    """A workbook with a sheet for each."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "bottom": 1})
        formats = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
        for table in tables:
            sheet = book.add_worksheet(table.title[:31])
            sheet.freeze_panes(1, 1)
            sheet.write_row(0, 0, [column.named or column.title for column in table.columns], bold)
            for row, line in enumerate(table.lines, start=1):
                for number, (value, column) in enumerate(zip(line, table.columns, strict=True)):
                    if isinstance(value, str):
                        sheet.write_string(row, number, value)
                    elif value is not None:
                        stored = value / SECONDS_A_DAY if column.kind is Kind.SECONDS else value
                        sheet.write_number(row, number, stored, formats[column.kind])
            for number, column in enumerate(table.columns):
                texts = [len(str(line[number])) for line in table.lines if column.kind is Kind.TEXT]
                sheet.set_column(number, number, min(WIDEST, max([12, *texts]) + 2))
    return out.getvalue()
