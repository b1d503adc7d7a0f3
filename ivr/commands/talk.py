"""`ivr talk`: the same stories in a terminal, prompts as text, keys typed; no telephone, no Asterisk."""

import asyncio
import difflib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ivr.dialogue.line import Answer, CallerHungUp, Keypad, Silence, Utterance
from ivr.dialogue.tape import BadTape, Tape, TapeLine, key_of, read_tape
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.settings import Settings, load_settings

console = Console()

HELP = "Клавиши: цифры, * и #. Пустая строка — молчание, «-» — положить трубку, слова — сказать голосом."


class TerminalLine:
    """A telephone made of a terminal. Implements Line."""

    async def play(self, utterances: Sequence[Utterance]) -> None:
        for utterance in utterances:
            console.print(f"  {utterance.text}", highlight=False)

    async def ask(self, utterances: Sequence[Utterance], keypad: Keypad) -> Answer:
        await self.play(utterances)
        try:
            typed = (await asyncio.to_thread(console.input, "[bold]» [/]")).strip()
        except EOFError:
            raise CallerHungUp from None
        if typed == "-":
            raise CallerHungUp
        if not typed:
            return Silence()
        return await TapeLine([typed if set(typed) <= set("0123456789*# ") else f'"{typed}"']).ask([], keypad)

    async def prepare(self, utterances: Sequence[Utterance]) -> None:
        pass

    async def waiting(self) -> int:
        return 0

    async def transfer(self, *, apologise: bool = False) -> None:
        console.print("[dim]— соединение с оператором —[/]")

    async def hang_up(self) -> None:
        console.print("[dim]— конец разговора —[/]")


def talk(
    caller: Annotated[str | None, typer.Option(help="Telephone the call comes from, +7…; without it: hidden.")] = None,
    play: Annotated[Path | None, typer.Option(help="Play a transcript; exit 1 where the tape differs.")] = None,
    at: Annotated[str | None, typer.Option(help="Pretend that it is this local time, YYYY-MM-DD HH:MM.")] = None,
) -> None:
    """Talk to the IVR in the terminal: the same stories and the same database as by telephone."""
    tape = _tape(play) if play else None
    number = _caller(caller or (tape.setting("caller") if tape else None))
    moment = _moment(at or (tape.setting("now") if tape else None))
    if tape is None:
        console.print(f"[dim]{HELP}[/]")
        asyncio.run(_converse(load_settings(), TerminalLine(), number, moment))
        return
    if tape.setting("given"):
        raise typer.BadParameter(f"{play}: its state of the world ({tape.setting('given')}) is made by the tests only")
    _play(tape, number, moment or datetime.now())  # noqa: DTZ005 - the hospital's zone is added later


def _play(tape: Tape, caller: PhoneNumber | None, at: datetime) -> None:
    """Play against a demo hospital made for the tape: it begins as written and leaves nothing in the real one."""
    from ivr import bootstrap

    line = TapeLine(tape.keyed, waiting=int(tape.setting("queue") or 0))
    with bootstrap.scratch_hospital(load_settings(), at=at) as settings:
        outcome = asyncio.run(_converse(settings, line, caller, at, tape.setting("story") or "inbound"))
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
        console.print(f"[green]{tape.title}[/]: as written, {len(heard)} lines")
        return
    for line in difflib.unified_diff(expected, heard, "tape", "heard", lineterm="", n=3):
        console.print(line, highlight=False, markup=False)
    raise typer.Exit(1)


def _comparable(line: str) -> str:
    """The outcome without its reason, which stands in the journal."""
    return " ".join(line.split()[:2]) if line.startswith("-- ") else key_of(line)


def _compared(line: str) -> str:
    """A line of the tape as it is heard: why a call was passed on is in the journal, not in the talk."""
    return " ".join(line.split()[:2]) if line.startswith("-- ") else key_of(line)


def _tape(path: Path) -> Tape:
    try:
        return read_tape(path.read_text(encoding="utf-8"), name=str(path))
    except (OSError, UnicodeDecodeError, BadTape) as problem:
        raise typer.BadParameter(f"{path}: {problem}", param_hint="--play") from problem


def _caller(text: str | None) -> PhoneNumber | None:
    try:
        return PhoneNumber.parse(text) if text else None
    except BadNumber as bad:
        raise typer.BadParameter(f"{text}: {bad}", param_hint="--caller") from bad


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M") if text else None  # noqa: DTZ007 - the hospital's zone is added later
    except ValueError as problem:
        raise typer.BadParameter(f"{text}: YYYY-MM-DD HH:MM was expected", param_hint="--at") from problem
