"""`ivr api`: other systems that may call, and what they were given (docs/api.md)."""

import json
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from ivr.commands.opening import UNUSABLE, clinic_of, operator_of_the_server
from ivr.domain.client import BOOKS_IN, MOST_PER_MINUTE, USUAL_RATE, BadClient, Client, Scope
from ivr.domain.refusals import ClientKnown, NotFound
from ivr.domain.slot import Channel
from ivr.services import clients

api_app = typer.Typer(
    help="Other systems that may call: register them, take their tokens back.\n\nWhat they may ask: docs/api.md.",
    no_args_is_help=True,
    add_completion=False,
)
client_app = typer.Typer(help="Who may call, and what for.", no_args_is_help=True)
api_app.add_typer(client_app, name="client")

AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]
Scopes = Annotated[list[Scope], typer.Option("--scope", help="What it may do; several are given one by one.")]
In = Annotated[Channel, typer.Option("--channel", help=f"Where it books: {', '.join(sorted(BOOKS_IN))}.")]
Rate = Annotated[int, typer.Option("--rate", min=1, max=MOST_PER_MINUTE, help="Requests in a minute.")]
Hosts = Annotated[list[str] | None, typer.Option("--host", help="To which its events may be sent (webhooks).")]
Name = Annotated[str, typer.Argument(help="Its name, for people.")]


@client_app.command()
def add(
    context: typer.Context,
    name: Name,
    scopes: Scopes,
    channel: In = Channel.OTHER,
    rate: Rate = USUAL_RATE,
    hosts: Hosts = None,
    as_json: AsJson = False,
) -> None:
    """Register a system. Its token is printed this once: whoever has it speaks in its name."""
    clinic = clinic_of(context)
    who = operator_of_the_server()
    try:
        own, token = clients.add(
            clinic.work(),
            name,
            scopes,
            channel=channel,
            per_minute=rate,
            hosts=hosts or (),
            who=who,
            now=clinic.now,
        )
    except ClientKnown:
        _stop(f"there is a client of the name {name} already; name this one otherwise")
    except BadClient as problem:
        _stop(str(problem))
    typer.echo(json.dumps(_told(own) | {"token": token}, ensure_ascii=False) if as_json else token)


@client_app.command("list")
def listed(context: typer.Context, as_json: AsJson = False) -> None:
    """Every system that was ever registered; tokens are not shown to anybody."""
    found = clients.all_clients(clinic_of(context).work())
    if as_json:
        typer.echo(json.dumps([_told(one) for one in found], ensure_ascii=False))
        return
    table = Table("id", "name", "channel", "scopes", "rate", "hosts", "active")
    for one in found:
        told = _told(one)
        cells = (told["scopes"], [str(one.per_minute)], told["hosts"], ["yes" if one.active else "revoked"])
        table.add_row(str(one.id), one.name, one.channel, *(", ".join(cell) for cell in cells))
    Console().print(table)


@client_app.command()
def revoke(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Let a system in no more, from its next request on."""
    clinic = clinic_of(context)
    try:
        own = clients.revoke(clinic.work(), name, who=operator_of_the_server(), now=clinic.now)
    except NotFound:
        _stop(f"there is no client of the name {name}; `ivr api client list` names them")
    typer.echo(json.dumps(_told(own), ensure_ascii=False) if as_json else f"{own.name}: revoked")


def _told(own: Client) -> dict[str, Any]:
    return {
        "id": own.id,
        "name": own.name,
        "channel": own.channel.value,
        "scopes": sorted(own.scopes),
        "per_minute": own.per_minute,
        "hosts": list(own.hosts),
        "active": own.active,
        "created_at": own.created_at.isoformat(),
    }


def _stop(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(UNUSABLE)
