"""`ivr`: the commands, put together. Heavy parts are imported by the command that needs them."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ivr.commands.later import Commands
from ivr.settings import CONFIG_VARIABLE, Log, Settings, load_settings

app = typer.Typer(
    cls=Commands,
    help="Book a doctor by telephone: the voice service of a district hospital.\n\nStart with `ivr setup`, then "
    "`ivr up`; `ivr talk` plays the same stories in this terminal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
screen = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]


@app.callback()
def root(
    config: Annotated[
        Path | None, typer.Option(help="Settings file; else IVR_CONFIG, else ivr.toml of the project.")
    ] = None,
) -> None:
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config.absolute())


def _settings() -> Settings:
    from ivr import log

    settings = load_settings()
    log.set_up(settings.log)
    return settings


@app.command()
def setup(
    tests: Annotated[bool, typer.Option("--tests", help="Also what the tests need: sipp and PostgreSQL.")] = False,
) -> None:
    """Get everything a fresh machine needs: system packages, Asterisk, the voice, the database, the sounds."""
    from ivr.commands.setup import set_up

    set_up(_settings(), for_tests=tests)


@app.command()
def up() -> None:
    """Run Asterisk and the stories in the foreground; stop cleanly on Ctrl-C or SIGTERM."""
    from ivr.commands.up import up as run

    run(_settings())


@app.command()
def phone(
    parent: Annotated[int | None, typer.Option(hidden=True, help="End when this process is gone.")] = None,
) -> None:
    """Serve the stories alone, for an Asterisk that runs elsewhere."""
    from ivr.commands.phone import serve

    serve(_settings(), parent=parent)


@app.command()
def listen(
    parent: Annotated[int | None, typer.Option(hidden=True, help="End when this process is gone.")] = None,
) -> None:
    """Recognise speech for Asterisk: words for the stories, health and metrics for the administrator."""
    from ivr.commands.listen import serve

    serve(_settings(), parent=parent)


@app.command()
def web(
    parent: Annotated[int | None, typer.Option(hidden=True, help="End when this process is gone.")] = None,
) -> None:
    """Serve the site: the desk, the registry, the telephone in the browser."""
    from ivr.commands.web import serve

    serve(_settings(), parent=parent)


@app.command()
def dial(
    parent: Annotated[int | None, typer.Option(hidden=True, help="End when this process is gone.")] = None,
) -> None:
    """Ring patients up: reminders, cancelled clinics, freed times for the waiting list."""
    from ivr.commands.dial import ring

    ring(_settings(), parent=parent)


@app.command()
def notify(
    once: Annotated[bool, typer.Option("--once", help="Send what is due now, then end.")] = False,
    as_json: AsJson = False,
    parent: Annotated[int | None, typer.Option(hidden=True, help="End when this process is gone.")] = None,
) -> None:
    """Send messages to patients: SMS and e-mail, in the way that each of them has chosen."""
    from ivr.commands.notify import send

    send(_settings(), once=once, as_json=as_json, parent=parent)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say which parts run; exit 0 only when calls are taken."""
    import asyncio

    from ivr.commands.status import look, report

    report(asyncio.run(look(load_settings())), as_json=as_json)


@app.command()
def check(as_json: AsJson = False) -> None:
    """Check settings, clock, database, phrases, sounds, Asterisk, its rights and its dialplan."""
    from ivr.commands.check import run
    from ivr.commands.status import report

    report(run(load_settings()), as_json=as_json)


def main() -> None:
    """Run; what a person can mend is told in one line, without a traceback. Whatever is logged is masked."""
    from ivr import log
    from ivr.commands.mendable import MENDABLE
    from ivr.services.ports import StorageDown

    log.set_up(Log(level="ERROR"))  # who asked sees the answer; those that serve set it up by the settings
    try:
        app()
    except MENDABLE as problem:
        screen.print(str(problem), style="red")
        sys.exit(2)
    except StorageDown as problem:
        screen.print(f"the database cannot be used ({problem}); `ivr setup` makes it, `ivr check` looks", style="red")
        sys.exit(2)


if __name__ == "__main__":
    main()
