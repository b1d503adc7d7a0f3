"""`ivr campaign`: what came of the calls that the hospital makes."""

import json
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table as Shown
from rich.text import Text

from ivr.commands.days import a_day
from ivr.commands.opening import clinic_of
from ivr.importing.imports import Clinic
from ivr.services.campaign import Campaign, Reach, Times, campaign
from ivr.services.ports import StorageDown
from ivr.services.reports import MOST_DAYS, Days
from ivr.web.reports.campaign import TABLES
from ivr.web.reports.table import Kind, Table, shown

UNUSABLE = 2
WIDE = 240
"""Lines for a file or another program are not cut to the width of a screen."""

campaign_app = typer.Typer(
    help="The calls that the hospital makes: what came of them, in figures.", no_args_is_help=True, add_completion=False
)

From = Annotated[
    date | None,
    typer.Option("--from", parser=a_day, metavar="DAY", help="First local day; a week before the last one if missing."),
]
To = Annotated[date | None, typer.Option("--to", parser=a_day, metavar="DAY", help="Last local day; today if missing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one object for machines.")]


@campaign_app.callback()
def root() -> None:
    """Keeps `report` a word of its own while it is the only one."""


@campaign_app.command()
def report(context: typer.Context, first: From = None, last: To = None, as_json: AsJson = False) -> None:
    """Who was reached and what he said, by kind of call, hour and attempt; how fast freed times were taken.

    A patient is reached where the right person answered and said what is to be. Shares leave out calls that our own
    line spoiled and those that were not needed any more. A freed time is one that its patient cancelled or moved away
    from; it is taken when somebody is booked there again.

    Without days: the last seven. The same figures stand in the desk's reports, with charts and files.

        ivr campaign report --from 2026-11-01 --to 30.11.2026

        ivr campaign report --json | jq .freed
    """
    clinic = clinic_of(context)
    days = _days(clinic, first, last)
    try:
        told = campaign(clinic.work(), days, rules=clinic.rules)
    except StorageDown as problem:
        Console(stderr=True, soft_wrap=True).print(f"the database cannot be used ({problem}); `ivr check` looks")
        raise typer.Exit(UNUSABLE) from None
    if as_json:
        typer.echo(json.dumps(as_object(told, days), ensure_ascii=False))
    else:
        _print(told, days)


def _days(clinic: Clinic, first: date | None, last: date | None) -> Days:
    last = last or clinic.rules.today(clinic.now)
    first = first or last - timedelta(days=6)
    if last < first:
        told = f"--from is {first}, --to is {last}: the last day may not lie before the first one"
        raise typer.BadParameter(told, param_hint="--to")
    if (last - first).days >= MOST_DAYS:
        told = f"{first} to {last} are {(last - first).days + 1} days, at most {MOST_DAYS} fit: ask for fewer"
        raise typer.BadParameter(told, param_hint="--from")
    return Days(first, last)


def _print(told: Campaign, days: Days) -> None:
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    console.print(f"С {days.first:%d.%m.%Y} по {days.last:%d.%m.%Y}\n")
    for make in TABLES:
        _print_table(console, make(told))


def _print_table(console: Console, table: Table) -> None:
    console.print(Text(table.title, style="bold"))
    if not table.rows:
        console.print("За эти дни ничего не было.\n")
        return
    drawn = Shown(show_footer=bool(table.total))
    for number, column in enumerate(table.columns):
        foot = shown(table.total[number], column.kind) if table.total else ""
        side = "left" if column.kind is Kind.TEXT else "right"
        drawn.add_column(column.title, foot, justify=side)  # type: ignore[arg-type]
    for row in table.rows:
        drawn.add_row(*(Text(shown(value, column.kind)) for value, column in zip(row, table.columns, strict=True)))
    console.print(drawn)
    console.print(f"{table.note}\n")


def as_object(told: Campaign, days: Days) -> dict[str, Any]:
    """For machines: every figure under its key."""
    return {
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "total": _reach(told.total),
        "kinds": _each(told.kinds),
        "hours": _each(told.hours),
        "tries": _each(told.tries),
        "freed": {
            **_times(told.freed.all),
            "refilled": told.freed.refilled,
            "share": told.freed.share,
            "by_list": _times(told.freed.by_list),
            "otherwise": _times(told.freed.otherwise),
            "by_nobody": _times(told.freed.by_nobody),
        },
        "offers": {status.value: number for status, number in sorted(told.offers.items())},
    }


def _each(by: Mapping[Any, Reach]) -> dict[str, Any]:
    return {str(key): _reach(one) for key, one in by.items()}


def _reach(one: Reach) -> dict[str, Any]:
    return {
        "attempts": one.attempts,
        "reached": one.reached,
        "share": one.share,
        "results": dict(sorted(one.results.items())),
        "outcomes": dict(sorted(one.outcomes.items())),
    }


def _times(one: Times) -> dict[str, Any]:
    return {
        "number": one.number,
        "offered": one.offered,
        "minutes_median": one.speed.median,
        "minutes_p90": one.speed.p90,
    }
