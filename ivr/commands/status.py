"""`ivr status`: which parts run; 0 only when calls are taken."""

import asyncio
import json
from dataclasses import asdict

import typer
from rich.console import Console

from ivr.commands import probing
from ivr.commands.probing import Finding, finding
from ivr.phone_config import phone_config_of
from ivr.settings import Settings


async def look(settings: Settings) -> list[Finding]:
    """All parts that a call needs, at once."""
    config = phone_config_of(settings)
    found = await asyncio.gather(
        finding("database", lambda: probing.database(settings)),
        finding("sounds", lambda: probing.sounds(settings)),
        finding("phone", lambda: probing.agi(config)),
        finding("asterisk", lambda: probing.asterisk(config)),
        finding("speech", lambda: probing.speech(settings, within=1)),
        finding("site", lambda: probing.site(settings)),
        finding("dialler", lambda: probing.dialler(settings)),
        finding("notices", lambda: probing.post(settings)),
    )
    return list(found)


def report(findings: list[Finding], *, as_json: bool) -> None:
    """Print one line each and end with 1 where something is wrong."""
    if as_json:
        typer.echo(json.dumps([asdict(found) for found in findings], ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for found in findings:
            mark = "[green]ok  [/]" if found.ok else "[red]FAIL[/]"
            console.print(f"{mark} {found.part:<12} ", end="")
            console.print(found.text, markup=False)
    if not all(found.ok for found in findings):
        raise typer.Exit(1)
