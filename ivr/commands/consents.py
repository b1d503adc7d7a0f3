"""`ivr consents`: the ledger of consents as a file for a regulator."""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ivr.commands.consent_files import WRITERS
from ivr.commands.days import a_day
from ivr.commands.opening import UNUSABLE, clinic_of, operator_of_the_server
from ivr.commands.writing import new_file
from ivr.domain.identifiers import BadNumber, OmsNumber
from ivr.importing.imports import Clinic
from ivr.services import consent_export
from ivr.services.consent_export import Ledger
from ivr.services.ports import StorageDown

FIRST = date(2000, 1, 1)

consents_app = typer.Typer(
    help="What patients agreed to, as a file for a regulator.", no_args_is_help=True, add_completion=False
)

From = Annotated[
    date | None,
    typer.Option("--from", parser=a_day, metavar="DAY", help="First local day, 2026-12-31 or 31.12.2026."),
]
To = Annotated[date | None, typer.Option("--to", parser=a_day, metavar="DAY", help="Last local day, inclusive.")]
One = Annotated[
    bool, typer.Option("--patient", help="Of one patient; his OMS number is read from stdin, or asked for.")
]
Out = Annotated[Path, typer.Option("--out", help="A file that is not there yet: .csv, .json or .xlsx.")]

HELP = "\n\n".join(
    (
        "Write the ledger of consents to a file: who agreed to which words, when, and when he took it back.",
        "Without days it is the whole ledger. With days it is what was said or taken back on them: a consent of "
        "January that was withdrawn in March is in the file of either month. The words of every version are in it.",
        "Names and numbers are in full. The file is made anew, readable by its owner alone, and the audit log says so.",
        "\b\nExamples:\n  ivr consents export --out consents.xlsx\n"
        "  ivr consents export --from 2026-01-01 --to 2026-03-31 --out quarter.csv\n"
        "  ivr consents export --patient --out one.json               asks for the OMS number\n"
        "  ivr consents export --patient --out one.json < number.txt  takes it from a file",
    )
)


@consents_app.callback()
def _root() -> None:
    """A family, though it has one member yet."""


@consents_app.command(help=HELP)
def export(context: typer.Context, out: Out, since: From = None, until: To = None, one: One = False) -> None:
    write = WRITERS.get(out.suffix.lower())
    if write is None:
        raise typer.BadParameter(f"the name of the file ends in {', '.join(WRITERS)}", param_hint="--out")
    if since is not None and until is not None and until < since:
        raise typer.BadParameter("--to is before --from", param_hint="--to")
    clinic = clinic_of(context)
    try:
        patient_id = _asked_for(clinic) if one else None
        with new_file(out) as file:
            told = _told(clinic, since, until, patient_id)
            file.write(write(told, clinic.rules.zone))
    except StorageDown as problem:
        _stop(f"the database cannot be used ({problem}); nothing was written")
    typer.echo(f"{out}: {len(told.lines)} lines")


def _told(clinic: Clinic, since: date | None, until: date | None, patient_id: int | None) -> Ledger:
    first, _ = clinic.rules.span(since or FIRST)
    _, after = clinic.rules.span(until or clinic.rules.today(clinic.now) + timedelta(days=1))
    who = operator_of_the_server()
    return consent_export.export(clinic.work(), first, after, patient_id=patient_id, who=who, now=clinic.now)


def _asked_for(clinic: Clinic) -> int:
    typed = typer.prompt("OMS number", err=True) if sys.stdin.isatty() else sys.stdin.readline()
    try:
        number = OmsNumber("".join(typed.split()))
    except BadNumber as problem:
        _stop(f"{problem}; give the sixteen digits on stdin")
    with clinic.work().reading() as work:
        patient = work.patients.numbered(number)
    if patient is None:
        _stop("no patient of the register has this OMS number")
    return patient.id


def _stop(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(UNUSABLE)
