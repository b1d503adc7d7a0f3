"""`ivr kiosk`: which machines in the hall are infomats."""

from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from ivr.commands.opening import UNUSABLE, clinic_of, operator_of_the_server
from ivr.domain.kiosk import BadKioskName, KioskState
from ivr.services import kiosks
from ivr.services.ports import StorageDown

kiosk_app = typer.Typer(
    help="Infomats in the hall: a machine is let in by a pass that is typed in once.",
    no_args_is_help=True,
    add_completion=False,
)
STATES = {
    KioskState.OPEN: "open",
    KioskState.AWAITED: "waits for its pass",
    KioskState.LAPSED: "its pass has run out",
    KioskState.CLOSED: "closed",
}
Name = Annotated[
    str,
    typer.Argument(help="How the hospital calls the kiosk: letters, digits, hyphens.", metavar="NAME"),
]


@kiosk_app.command(name="pass")
def make_pass(context: typer.Context, name: Name) -> None:
    """Make a pass for the kiosk of that name, new or known. It is valid for a day, for one machine, and shown once.

    A machine that is this kiosk already works until the pass is typed in at another one.
    """
    clinic = clinic_of(context)
    try:
        made = kiosks.make_pass(clinic.work(), name, who=operator_of_the_server(), now=clinic.now)
    except BadKioskName as problem:
        raise typer.BadParameter(str(problem), param_hint="NAME") from None
    except StorageDown as problem:
        _stop(f"the database cannot be used ({problem}); no pass was made")
    typer.echo(f"Type this pass in at /kiosk on the machine within a day:\n{made}")


@kiosk_app.command(name="list")
def listed(context: typer.Context) -> None:
    """Say which kiosks there are."""
    clinic = clinic_of(context)
    table = Table("Name", "State", "Let in")
    for kiosk in kiosks.everybody(clinic.work()):
        at = kiosk.admitted_at and kiosk.admitted_at.astimezone(clinic.rules.zone)
        table.add_row(kiosk.name, STATES[kiosk.state(clinic.now)], f"{at:%d.%m.%Y %H:%M}" if at else "")
    Console().print(table)


@kiosk_app.command()
def close(context: typer.Context, name: Name) -> None:
    """Let the machine of that name in no more, at once."""
    clinic = clinic_of(context)
    known = {kiosk.name: kiosk for kiosk in kiosks.everybody(clinic.work())}
    if name not in known:
        _stop(f"there is no kiosk {name}; `ivr kiosk list` names them")
    kiosks.revoke(clinic.work(), known[name].id, who=operator_of_the_server(), now=clinic.now)
    typer.echo(f"{name} is closed")


def _stop(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(UNUSABLE)
