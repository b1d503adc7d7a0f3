"""`ivr export`: files for those whom the hospital reports to."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ivr.commands.days import a_day
from ivr.commands.opening import UNUSABLE, clinic_of, operator_of_the_server
from ivr.commands.writing import new_file
from ivr.domain.hospital import Federal
from ivr.services import slot_report
from ivr.services.ports import StorageDown
from ivr.web.reports import ministry
from ivr.web.reports.files import to_csv, to_xlsx
from ivr.web.reports.table import Table

export_app = typer.Typer(
    help="Files for those whom the hospital reports to.", no_args_is_help=True, add_completion=False
)

From = Annotated[
    date, typer.Option("--from", parser=a_day, metavar="DAY", help="First local day, 2026-12-31 or 31.12.2026.")
]
To = Annotated[date, typer.Option("--to", parser=a_day, metavar="DAY", help="Last local day, inclusive.")]
Out = Annotated[Path, typer.Option("--out", help="A file that is not there yet: .csv or .xlsx.")]
Oid = Annotated[str, typer.Option("--mo-oid", help="OID of the hospital; else that of its facts.")]
Units = Annotated[
    list[str] | None,
    typer.Option("--unit", metavar="SITE=OID", help="OID of a unit, by its site: adult, child, …; several one by one."),
]
WRITERS: Mapping[str, Callable[[Table], bytes]] = {".csv": to_csv, ".xlsx": lambda table: to_xlsx([table])}


@export_app.callback()
def _root() -> None:
    """A family, though it has one member yet."""


@export_app.command()
def slots(context: typer.Context, since: From, until: To, out: Out, oid: Oid = "", units: Units = None) -> None:
    """Report to the ministry: slots made and booked, by doctor, day and type (fields as it names them).

    The share of a doctor's post (mp_stavka) is not known here and stays empty. Slots shorter than five minutes, which
    the ministry counts as mistakes, are told of. OIDs of units stand in the hospital's facts ([federal.units]); what
    --unit says goes before them. The same table is on the site: /reports?report=ministry.
    """
    write = WRITERS.get(out.suffix.lower())
    if write is None:
        raise typer.BadParameter(f"the name of the file ends in {', '.join(WRITERS)}", param_hint="--out")
    if until < since:
        raise typer.BadParameter("--to is before --from", param_hint="--to")
    named = dict(_unit(text) for text in units or ())
    clinic = clinic_of(context)
    known = clinic.hospital.federal or Federal(id="", oid="", region="")
    known = replace(known, oid=oid or known.oid, units={**known.units, **named})
    try:
        with new_file(out) as file:
            who = operator_of_the_server()
            told = slot_report.lines(clinic.work(), since, until, rules=clinic.rules, who=who, now=clinic.now)
            file.write(write(ministry.table(told, clinic.hospital.name, known)))
    except StorageDown as problem:
        typer.secho(f"the database cannot be used ({problem}); nothing was written", fg="red", err=True)
        raise typer.Exit(UNUSABLE) from None
    typer.echo(f"{out}: {len(told)} lines")
    if short := sum(line.is_short for line in told):
        typer.secho(f"{short} lines have slots shorter than {slot_report.SHORT_MINUTES} minutes", fg="yellow", err=True)


def _unit(text: str) -> tuple[str, str]:
    site, equals, oid = text.partition("=")
    if not equals or not site or not oid:
        raise typer.BadParameter("write SITE=OID, as in adult=1.2.643.…", param_hint="--unit")
    return site, oid
