"""`ivr prompts`: the words a caller hears, checked, made into sounds, printed for a speaker."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress

from ivr import bootstrap
from ivr.commands.probing import must_be_writable
from ivr.commands.wording import lint_of
from ivr.dialogue.line import Utterance
from ivr.phone_config import phone_config_of
from ivr.settings import Settings, load_settings
from ivr.speech.audio import write_as_heard
from ivr.speech.build import build, build_apology, build_asterisk_sounds, usual
from ivr.speech.examples import example_of
from ivr.speech.lexicon import Lexicon
from ivr.speech.lint import Finding, missing_sounds
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.recordings import text_hash
from ivr.speech.sounds import SoundMissing, Voice
from ivr.speech.voice.settings import BadVoice
from ivr.speech.wording import PHRASES, BadWording

prompts_app = typer.Typer(
    help="The words a caller hears: check them, make the sounds.", no_args_is_help=True, add_completion=False
)
screen = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)


@prompts_app.command("build")
def build_command(
    apology: Annotated[Path | None, typer.Option(help="Also write the apology there, without extension")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days ahead are spoken beforehand")] = 15,
) -> None:
    """Make the sounds of every fixed phrase and of the usual filled ones."""
    settings = load_settings()

    async def work(speaker: Voice) -> None:
        book = Phrasebook.load(_folder(settings))
        wanted = usual(book, today=_today(), days=days)
        with Progress(console=screen) as bar:
            task = bar.add_task("Sounds", total=len(wanted))
            await build(speaker, wanted, lambda: bar.advance(task))
        asterisk = phone_config_of(settings).sounds
        made = await build_asterisk_sounds(asterisk, speaker, book)
        if apology:
            await build_apology(apology, speaker, book)
        screen.print(
            f"{len(wanted)} phrases in {bootstrap.sounds_folder(settings)}, {made} sounds of Asterisk in {asterisk}"
        )

    _with_voice(settings, work)


@prompts_app.command("lint")
def lint_command(
    sounds: Annotated[bool, typer.Option("--sounds", help="Also report phrases that have no sound yet")] = False,
) -> None:
    """Check every phrase; ends with 1 if there is an error."""
    settings = load_settings()
    found = lint_of(settings)
    book = Phrasebook.load(_folder(settings))
    if sounds:
        _with_voice(settings, lambda speaker: _missing(speaker, book, found.extend))
    for finding in found:
        typer.echo(finding)
    errors = sum(finding.level == "error" for finding in found)
    screen.print(f"{len(book.entries)} phrases: {errors} errors, {len(found) - errors} warnings")
    raise typer.Exit(1 if errors else 0)


@prompts_app.command("script")
def script_command(
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV instead of Markdown")] = False,
) -> None:
    """Print what a speaker has to read: the phrases without slots, stress marked, with the hash for manifest.toml."""
    folder = _folder(load_settings())
    book, lexicon = Phrasebook.load(folder), Lexicon.load(folder)
    rows = [
        (entry.key, _accented(lexicon.marked(entry.text)), entry.use, text_hash(entry.text))
        for entry in book.entries.values()
        if entry.is_static
    ]
    typer.echo(_csv(rows) if as_csv else _markdown(rows))


@prompts_app.command("say")
def say_command(
    key: Annotated[str, typer.Argument(help="Key of a phrase, such as greeting.hello")],
    slow: Annotated[bool, typer.Option("--slow", help="As callers hear it who asked for slower speech")] = False,
    out: Annotated[Path | None, typer.Option(help="The file; else KEY.wav in the current folder")] = None,
) -> None:
    """Speak one phrase with its example into a WAV file that any player plays, as callers hear it."""
    settings = load_settings()
    book = Phrasebook.load(_folder(settings))
    if key not in book.entries:
        _stop(f"no phrase {key!r}; the keys stand in {_folder(settings) / PHRASES}")
    utterance = book.utterance(example_of(book.entries[key]), slow=slow)
    file = out or Path(f"{key}.wav")

    async def work(speaker: Voice) -> None:
        spoken = await speaker.sounds(Utterance(key, utterance.text, slow=slow))
        write_as_heard(spoken, file)
        typer.echo(f"{utterance.text}\n{file}")

    _with_voice(settings, work)


def _with_voice(settings: Settings, work: Callable[[Voice], Awaitable[None]]) -> None:
    async def run() -> None:
        must_be_writable(bootstrap.sounds_folder(settings))
        speaker = bootstrap.voice_of(settings)
        try:
            await speaker.start()
            screen.print(f"Voice: {speaker.engines[0].choice.engine} {speaker.engines[0].choice.voice}")
            await work(speaker)
        finally:
            await speaker.close()

    try:
        asyncio.run(run())
    except (BadVoice, BadWording, SoundMissing, OSError) as problem:
        _stop(problem)


async def _missing(speaker: Voice, book: Phrasebook, report: Callable[[list[Finding]], None]) -> None:
    missing = await speaker.missing(list(book.static()))
    report(missing_sounds([utterance.key for utterance in missing]))


def _accented(marked: str) -> str:
    """+ before a vowel turned into the accent a speaker is used to."""
    words = marked.split("+")
    return words[0] + "".join(word[:1] + "\u0301" + word[1:] for word in words[1:])


def _csv(rows: list[tuple[str, str, str, str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([("key", "text", "where", "hash"), *rows])
    return text.getvalue()


def _markdown(rows: list[tuple[str, str, str, str]]) -> str:
    lines = [f"| {key} | {text} | {use} | {digest} |" for key, text, use, digest in rows]
    return "\n".join(["| key | text | where | hash |", "|---|---|---|---|", *lines])


def _folder(settings: Settings) -> Path:
    return settings.path(settings.folders.prompts)


def _today() -> date:
    return datetime.now().astimezone().date()


def _stop(problem: object) -> NoReturn:
    screen.print(str(problem), style="red")
    raise typer.Exit(1)
