"""`ivr show`: what is in the database, with personal data masked."""

import json
import sys
from datetime import date, datetime
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from ivr.commands.days import a_day
from ivr.commands.listing import BOOKINGS, CALLS, PATIENTS, SLOTS, WAITING, Filter, Listing, Row
from ivr.commands.opening import clinic_of, operator_of_the_server
from ivr.importing.imports import Clinic
from ivr.services.ports import StorageDown

UNUSABLE = 2

show_app = typer.Typer(
    help="List bookings, slots, the waiting list, calls and patients. Personal data is masked.",
    no_args_is_help=True,
    add_completion=False,
)


Day = Annotated[date | None, typer.Option(parser=a_day, metavar="DAY", help="One local day, 2026-12-31 or 31.12.2026.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Most rows shown.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a list of objects for machines.")]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="Show names and numbers in full; this is noted in the audit log.")
]


@show_app.command()
def bookings(
    context: typer.Context, day: Day = None, limit: Limit = 50, as_json: AsJson = False, reveal: Reveal = False
) -> None:
    """Bookings by the day of the visit, from today on; cancelled ones too."""
    _show(context, BOOKINGS, day, limit, as_json, reveal)


@show_app.command()
def slots(
    context: typer.Context, day: Day = None, limit: Limit = 50, as_json: AsJson = False, reveal: Reveal = False
) -> None:
    """Slots in the order of time, from today on."""
    _show(context, SLOTS, day, limit, as_json, reveal)


@show_app.command()
def waiting(
    context: typer.Context,
    day: Day = None,
    limit: Limit = 50,
    as_json: AsJson = False,
    reveal: Reveal = False,
    why: Annotated[bool, typer.Option("--why", help="Explain the order in which freed times are offered.")] = False,
) -> None:
    """Open entries of the waiting list, by the legal deadline."""
    if why:
        _explain(clinic_of(context), limit, as_json)
        return
    _show(context, WAITING, day, limit, as_json, reveal)


@show_app.command()
def calls(
    context: typer.Context, day: Day = None, limit: Limit = 50, as_json: AsJson = False, reveal: Reveal = False
) -> None:
    """Calls, the latest first."""
    _show(context, CALLS, day, limit, as_json, reveal)


@show_app.command()
def patients(context: typer.Context, limit: Limit = 50, as_json: AsJson = False, reveal: Reveal = False) -> None:
    """The register of patients."""
    _show(context, PATIENTS, None, limit, as_json, reveal)


def _explain(clinic: Clinic, limit: int, as_json: bool) -> None:
    """The whole list in its order, with nothing of the people in it."""
    try:
        with clinic.work().reading() as work:
            entries = work.waiting.all_open()[:limit]
            offers = [work.slot_offers.count_of_entry(entry.id) for entry in entries]
    except StorageDown as problem:
        _stop(f"the database cannot be used ({problem})")
    rows = [
        {
            "entry": entry.id,
            "speciality": entry.speciality,
            "status": entry.status.value,
            "deadline": entry.deadline.astimezone(clinic.rules.zone),
            "offers": made,
            "why": entry.why_behind(before),
        }
        for before, entry, made in zip([None, *entries], entries, offers, strict=False)
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=lambda value: value.isoformat()))
        return
    table = Table(*(name for name in ("entry", "speciality", "status", "deadline", "offers", "why")))
    for row in rows:
        table.add_row(*(f"{cell:%d.%m.%Y %H:%M}" if isinstance(cell, datetime) else str(cell) for cell in row.values()))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _show(context: typer.Context, listing: Listing, day: date | None, limit: int, as_json: bool, reveal: bool) -> None:
    clinic = clinic_of(context)
    wanted = Filter(clinic.rules.zone, clinic.now.astimezone(clinic.rules.zone).date(), day, limit)
    try:
        rows = _revealed(clinic, listing, wanted) if reveal else _masked(clinic, listing, wanted)
    except StorageDown as problem:
        _stop(f"the database cannot be used ({problem})")
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=lambda value: value.isoformat()))
    else:
        # Lines for another program or a file are not cut to the width of a screen.
        Console(width=None if sys.stdout.isatty() else 200).print(_table(listing, rows))


def _masked(clinic: Clinic, listing: Listing, wanted: Filter) -> list[Row]:
    with clinic.work().reading() as work:
        return listing.rows(work.connection, wanted, reveal=False)


def _revealed(clinic: Clinic, listing: Listing, wanted: Filter) -> list[Row]:
    """Personal data is read and its reading is noted in one transaction: nothing is shown that was not noted."""
    with clinic.work() as work:
        rows = listing.rows(work.connection, wanted, reveal=True)
        detail = {"list": listing.title, "day": wanted.day and wanted.day.isoformat(), "rows": len(rows)}
        try:
            work.audit.add(who=operator_of_the_server(), action="show --reveal", detail=detail, now=clinic.now)
            work.commit()
        except DBAPIError as problem:  # a trigger, or a right that was taken away
            _stop(f"nothing is revealed: it cannot be noted in the audit log ({type(problem).__name__})")
    return rows


def _stop(reason: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(reason, style="red", markup=False)
    raise typer.Exit(UNUSABLE)


def _table(listing: Listing, rows: list[Row]) -> Table:
    table = Table(title=f"{listing.title}: {len(rows)}")
    for name in listing.cells:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*(Text(_text(value)) for value in row.values()))
    return table


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%d.%m.%Y %H:%M}"
        case _:
            return str(value)
