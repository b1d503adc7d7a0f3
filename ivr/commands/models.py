"""`ivr models`: the speech models here, and how they get here."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from ivr.listen import installing, models
from ivr.settings import load_settings
from ivr.understand.grammar import QUESTIONS

SYNTHETIC = "understands synthetic voices only, not people"
UNUSABLE = 2

models_app = typer.Typer(
    help="Speech models: list them, compare their files, install one.", no_args_is_help=True, add_completion=False
)
screen = Console(soft_wrap=True, highlight=False)

Name = Annotated[str, typer.Argument(help="small, or big for a big machine.")]


@models_app.command("list")
def show() -> None:
    """Say which models there are, which are here, and which one is used."""
    settings = load_settings()
    table = Table()
    for title in ("model", "here", "size", "used", "what it is"):
        table.add_column(title)
    for model in models.known_models(settings.models).values():
        folder = settings.models / model.name
        here = models.is_installed(folder)
        size = models.size_of(folder) if here else model.size
        used = folder == settings.speech_model
        table.add_row(model.name, _yes(here), _megabytes(size), _yes(used), model.about)
    screen.print(table)


@models_app.command()
def verify(name: Annotated[str | None, typer.Argument(help="One model; else all that are here.")] = None) -> None:
    """Compare every file with the day the model was installed; exit 2 if one differs."""
    folder = load_settings().models
    known = models.known_models(folder)
    names = [models.known_model(folder, name).name] if name else [n for n in known if models.is_installed(folder / n)]
    found = {name: models.damages(folder / name) for name in names}
    for name, damages in found.items():
        screen.print(f"{name}: {'; '.join(damages) or 'whole'}", markup=False)
    if any(found.values()):
        raise typer.Exit(UNUSABLE)


@models_app.command()
def words(
    name: Annotated[str | None, typer.Argument(help="One model; else the one that is used.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Only list all words that callers may say.")] = False,
) -> None:
    """List the words that callers may say and the model cannot hear, question by question; exit 1 if there are any."""
    from ivr import bootstrap
    from ivr.listen.engine import Engine

    settings = load_settings()
    vocabulary = bootstrap.HospitalVocabulary(settings)
    if every:
        said = {word for question in QUESTIONS for phrase in vocabulary(question) for word in phrase.lower().split()}
        typer.echo("\n".join(sorted(said)))
        return
    engine = Engine(settings.models / name if name else settings.speech_model)
    unknown = {question: sorted(engine.unknown(vocabulary(question))) for question in QUESTIONS}
    for question, missing in unknown.items():
        screen.print(f"{question}: {', '.join(missing) or 'all known'}", markup=False)
    if any(unknown.values()):
        raise typer.Exit(1)


@models_app.command()
def install(
    name: Name = "small",
    archive: Annotated[Path | None, typer.Option("--from", help="The archive, where there is no internet.")] = None,
) -> None:
    """Fetch a model, compare its checksum and unpack it; a download that was cut goes on where it ended."""
    folder = load_settings().models
    model = models.known_model(folder, name)
    if archive and not model.md5:
        screen.print(f"the checksum of {model.archive} is not known without internet: only its archive is checked")
    with _bar() as bar:
        task = bar.add_task(model.archive or name, total=None)
        place = installing.install(
            folder, model, lambda done, total: bar.update(task, completed=done, total=total or None), archive=archive
        )
    screen.print(f'{name} is in {place}; the setting listen.model = "{name}" uses it', markup=False)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB" if size else "?"
