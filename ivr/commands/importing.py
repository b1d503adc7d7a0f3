"""`ivr import`: a hospital brings its own patients, doctors and schedule in."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import IntegrityError

from ivr.commands.opening import clinic_of
from ivr.importing import doctors as staff
from ivr.importing import patients as people
from ivr.importing import schedule as hours
from ivr.importing.csv_file import BadFile, Column
from ivr.importing.imports import Clinic, Outcome, Watch, Wish, import_doctors, import_patients, import_schedule
from ivr.services.ports import StorageDown

SHOWN = 50
"""Complaints printed; --json has all of them."""
UNUSABLE = 2
NOT_STORED = 1
INTERRUPTED = 130

import_app = typer.Typer(
    help="Bring patients, doctors and the schedule in from CSV files.", no_args_is_help=True, add_completion=False
)

File = Annotated[Path, typer.Argument(help="CSV in UTF-8 or Windows-1251, cells divided by ; or , or tabs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check every row, store nothing.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Import the good rows, write the bad ones to FILE.bad.csv.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]
Import = Callable[[Path, Clinic, Wish, Watch], Outcome]


def _help(title: str, columns: Sequence[Column]) -> str:
    """The columns and an example, kept as they are laid out."""
    wide = max(len(f"{column.name} {column.russian}") for column in columns) + 4
    rows = [f"{_names(column):<{wide}}{column.meaning}" for column in columns]
    filled = [column for column in columns if column.example]
    example = ";".join(column.name for column in filled), ";".join(column.example for column in filled)
    table = "\b\nColumns, * must be there; Russian names will do, in any order:\n" + "\n".join(rows)
    return "\n\n".join([title, table, "\b\nExample:\n" + "\n".join(example)])


def _names(column: Column) -> str:
    return f"{'*' if column.required else ' '} {column.name}/{column.russian}"


PATIENTS = (
    "Add patients and update those already known by policy, SNILS or certificate. An empty cell keeps what is known."
)
DOCTORS = "Add doctors and update those already known by their code."
SCHEDULE = (
    "Replace what the doctors in the file work, and publish the new slots. Booked slots stay. "
    "A row without hours but with `since` and `until` is an absence."
)


@import_app.command(help=_help(PATIENTS, people.COLUMNS))
def patients(
    context: typer.Context, file: File, dry_run: DryRun = False, skip_bad: SkipBad = False, as_json: AsJson = False
) -> None:
    _run(context, import_patients, file, Wish(dry_run, skip_bad), as_json)


@import_app.command(help=_help(DOCTORS, staff.COLUMNS))
def doctors(
    context: typer.Context, file: File, dry_run: DryRun = False, skip_bad: SkipBad = False, as_json: AsJson = False
) -> None:
    _run(context, import_doctors, file, Wish(dry_run, skip_bad), as_json)


@import_app.command(help=_help(SCHEDULE, hours.COLUMNS))
def schedule(
    context: typer.Context, file: File, dry_run: DryRun = False, skip_bad: SkipBad = False, as_json: AsJson = False
) -> None:
    _run(context, import_schedule, file, Wish(dry_run, skip_bad), as_json)


def _run(context: typer.Context, importing: Import, file: Path, wish: Wish, as_json: bool) -> None:
    screen = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        clinic = clinic_of(context)
        with _bar(screen) as bar:
            outcome = importing(file, clinic, wish, BarWatch(bar))
    except KeyboardInterrupt:
        screen.print("stopped; nothing was imported", style="red")
        raise typer.Exit(INTERRUPTED) from None
    except (BadFile, StorageDown, IntegrityError) as problem:
        screen.print(_reason(problem), style="red", markup=False)
        raise typer.Exit(UNUSABLE) from None
    if as_json:
        typer.echo(json.dumps(_as_json(outcome), ensure_ascii=False))
    else:
        _tell(screen, file, wish, outcome)
    if outcome.complaints and not outcome.stored:
        raise typer.Exit(NOT_STORED)


def _reason(problem: Exception) -> str:
    if isinstance(problem, StorageDown):
        return f"the database cannot be used ({problem}); nothing was imported"
    if isinstance(problem, IntegrityError):
        # The text of the error holds the values of the row.
        return "somebody else changed the same rows meanwhile; nothing was imported, try again"
    return str(problem)


class BarWatch:
    """Shows how far an import is."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._stage: TaskID | None = None
        self._pending = 0

    def stage(self, name: str, rows: int) -> None:
        self._flush()
        self._stage = self._bar.add_task(name, total=rows)

    def step(self, rows: int = 1) -> None:
        # Drawing is dear: a bar is moved once in a thousand rows.
        self._pending += rows
        if self._pending >= 1_000:
            self._flush()

    def _flush(self) -> None:
        if self._stage is not None:
            self._bar.advance(self._stage, self._pending)
        self._pending = 0


def _bar(screen: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)


def _tell(screen: Console, file: Path, wish: Wish, outcome: Outcome) -> None:
    for complaint in outcome.complaints[:SHOWN]:
        screen.print(f"{file.name}: {complaint}", style="red", markup=False)
    if len(outcome.complaints) > SHOWN:
        screen.print(f"… and {len(outcome.complaints) - SHOWN} more; --json shows all", style="red")
    for note in outcome.notes[:SHOWN]:
        screen.print(note, style="yellow", markup=False)
    if len(outcome.notes) > SHOWN:
        screen.print(f"… and {len(outcome.notes) - SHOWN} more; --json shows all", style="yellow")
    typer.echo(_summary(wish, outcome))


def _summary(wish: Wish, outcome: Outcome) -> str:
    counts = f"{outcome.added} added, {outcome.updated} updated, {outcome.unchanged} unchanged"
    bad = len({complaint.line for complaint in outcome.complaints})
    if outcome.slots_added or outcome.slots_withdrawn:
        counts += f", {outcome.slots_added} slots published, {outcome.slots_withdrawn} free ones withdrawn"
    if outcome.stored:
        aside = f"; {bad} bad rows written to {outcome.bad_file}" if outcome.bad_file else ""
        return f"Imported: {counts}{aside}"
    if wish.dry_run:
        return f"Checked, nothing stored: would be {counts}; {bad} bad rows"
    return f"Nothing imported: {bad} bad rows. Correct them, or import the others with --skip-bad"


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "stored": outcome.stored,
        "added": outcome.added,
        "updated": outcome.updated,
        "unchanged": outcome.unchanged,
        "slots_added": outcome.slots_added,
        "slots_withdrawn": outcome.slots_withdrawn,
        "notes": outcome.notes,
        "bad_file": str(outcome.bad_file) if outcome.bad_file else None,
        "bad_rows": [{"line": each.line, "column": each.column, "reason": each.reason} for each in outcome.complaints],
    }
