"""`ivr asterisk`: the configuration for a telephone exchange that is already there."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ivr.phone.config import BadPhoneConfig
from ivr.phone.program import installed
from ivr.phone.render import INCLUDES, foreign, render
from ivr.phone_config import phone_config_of
from ivr.settings import BadSettings, load_settings

asterisk_app = typer.Typer(
    help="Configuration files for an exchange of your own.", no_args_is_help=True, add_completion=False
)
screen = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)

_BASES = {name: name.replace("_ivr", "") for name in INCLUDES}
_RELOADS = (
    "dialplan reload",
    "module reload res_pjsip.so",
    "queue reload all",
    "manager reload",
    "module reload res_aeap.so",
)


@asterisk_app.callback()
def _group() -> None:
    """Keeps `render` a word of its own while it is the only command."""


@asterisk_app.command("render")
def render_command(
    folder: Annotated[Path, typer.Argument(help="Where the files go; made if it is not there")],
    include: Annotated[bool, typer.Option("--include", help="Only files to #include in an existing PBX")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that this command has not written")] = False,
) -> None:
    """Write Asterisk's files from the settings. They hold passwords and are readable by you alone."""
    try:
        config = phone_config_of(load_settings())
        if not force:
            _leave_alone(foreign(config, folder, include_only=include))
        modules = installed(Path("/usr/sbin/asterisk")).modules
        written = render(config, modules, folder, include_only=include)
    except (BadSettings, BadPhoneConfig, OSError) as problem:
        screen.print(f"not rendered: {problem}")
        raise typer.Exit(1) from problem
    for path in written:
        typer.echo(path)
    screen.print(
        _instructions(folder.absolute()) if include else f"\nStart: asterisk -C {folder.absolute()}/asterisk.conf -f"
    )


def _leave_alone(files: list[Path]) -> None:
    """Somebody's own exchange is not overwritten by a slip."""
    if files:
        names = ", ".join(map(str, files))
        screen.print(f"not rendered: this command has not written {names}; take another folder, --include, or --force")
        raise typer.Exit(2)


def _instructions(folder: Path) -> str:
    lines = ["", "In the configuration of your Asterisk add one line to each file:"]
    lines += [f"  {base:16} #include {folder}/{name}" for name, base in _BASES.items()]
    lines += ["Asterisk's user must be able to read them: chown asterisk. Then, without ending a call:"]
    lines += [f"  asterisk -rx '{command}'" for command in _RELOADS]
    lines += ["For speech load res_http_websocket, res_aeap, res_speech_aeap and app_speech_utils, in this order."]
    lines += ["Lead calls to the IVR with Goto(ivr-inbound,s,1). More: docs/asterisk.md"]
    return "\n".join(lines)
