"""`ivr talk`: the same stories in a terminal, prompts as text, keys typed; no telephone, no Asterisk."""

import asyncio
import difflib
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ivr.commands.terminal import TerminalLine, console
from ivr.dialogue.tape import BadTape, Tape, TapeLine, key_of, moment, read_tape
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.services.ports import StorageDown
from ivr.settings import Settings, load_settings
from ivr.storage.migrate import current, head

HELP = "Клавиши: цифры, * и #. Пустая строка — молчание, «-» — положить трубку, слова — сказать голосом."


def talk(
    caller: Annotated[str | None, typer.Option(help="Telephone the call comes from, +7…; without it: hidden.")] = None,
    play: Annotated[Path | None, typer.Option(help="Play a transcript; exit 1 where the tape differs.")] = None,
    at: Annotated[str | None, typer.Option(help="Pretend that it is this local time, YYYY-MM-DD HH:MM.")] = None,
) -> None:
    """Talk to the IVR in the terminal: the same stories and the same database as by telephone."""
    tape = _tape(play) if play else None
    number = _caller(caller or (tape.setting("caller") if tape else None))
    at_moment = _moment(at or (tape.setting("now") if tape else None))
    settings = load_settings()
    if tape is None:
        _must_be_set_up(settings)
        console.print(f"[dim]{HELP}[/]")
        asyncio.run(_by_hand(settings, number, at_moment))
        return
    if tape.setting("given"):
        raise typer.BadParameter(f"{play}: its state of the world ({tape.setting('given')}) is made by the tests only")
    _play(settings, tape, number, at_moment or datetime.now(ZoneInfo(settings.rules.zone)))


def _must_be_set_up(settings: Settings) -> None:
    """Raises StorageDown: a conversation without a database is only an apology."""
    if current(settings.database_url) != head():
        raise StorageDown("it is empty or of another version")


async def _by_hand(settings: Settings, caller: PhoneNumber | None, at: datetime | None) -> None:
    line = TerminalLine()
    with line.listening():
        await _converse(settings, line, caller, at)


def _play(settings: Settings, tape: Tape, caller: PhoneNumber | None, at: datetime) -> None:
    """Play against a demo hospital made for the tape: it begins as written and leaves nothing in the real one."""
    from ivr import bootstrap

    line = TapeLine(tape.keyed, waiting=int(tape.setting("queue") or 0))
    with bootstrap.scratch_hospital(settings, at=at) as scratch:
        outcome = asyncio.run(_converse(scratch, line, caller, at, tape.setting("story") or "inbound"))
    _compare(tape, [*line.talk, f"-- {outcome}"])


async def _converse(
    settings: Settings,
    line: TerminalLine | TapeLine,
    caller: PhoneNumber | None,
    at: datetime | None,
    story: str = "inbound",
) -> str:
    from ivr import bootstrap

    async with bootstrap.conversations(settings, at=at, story=story) as converse:
        return await converse(line, caller)


def _compare(tape: Tape, talk: list[str]) -> None:
    """Print where the tape differs, by phrase names; the words on the right may change freely."""
    written = [line for line in tape.lines if not line.startswith("== ")]
    expected, heard = [_comparable(line) for line in written], [_comparable(line) for line in talk]
    if expected == heard:
        console.print(f"{tape.title}: as written, {len(heard)} lines", style="green", markup=False)
        return
    for line in difflib.unified_diff(expected, heard, "tape", "heard", lineterm="", n=3):
        console.print(line, highlight=False, markup=False)
    raise typer.Exit(1)


def _comparable(line: str) -> str:
    """The outcome without its reason, which stands in the journal."""
    return " ".join(line.split()[:2]) if line.startswith("-- ") else key_of(line)


def _tape(path: Path) -> Tape:
    try:
        return read_tape(path.read_text(encoding="utf-8"), name=str(path))
    except BadTape as problem:
        raise typer.BadParameter(str(problem), param_hint="--play") from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise typer.BadParameter(f"{path}: {problem}", param_hint="--play") from problem


def _caller(text: str | None) -> PhoneNumber | None:
    try:
        return PhoneNumber.parse(text) if text else None
    except BadNumber as bad:
        raise typer.BadParameter(f"{text}: {bad}", param_hint="--caller") from bad


def _moment(text: str | None) -> datetime | None:
    try:
        return moment(text) if text else None
    except ValueError as problem:
        raise typer.BadParameter(
            f"{text}: YYYY-MM-DD HH:MM from 2000 to 2099 was expected", param_hint="--at"
        ) from problem
