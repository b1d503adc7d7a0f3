"""`ivr setup`: everything a fresh machine needs, and nothing twice."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ivr import bootstrap
from ivr.dialogue.line import Utterance
from ivr.phone_config import phone_config_of
from ivr.settings import Settings
from ivr.setup import machine
from ivr.setup.debs import SetupFailed
from ivr.speech.build import build, build_asterisk_sounds, usual
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.sounds import SoundMissing, Voice

console = Console(stderr=True, highlight=False)

DAYS_BEFOREHAND = 2
"""Days whose sounds set-up makes; `ivr phone` makes those of the whole horizon while it serves."""


class Shown:
    """One line of progress for each stage of set-up."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._task = self._progress.add_task(name, total=None)
        if not console.is_terminal:  # the bars come at the end only: in a log nothing would move for minutes
            console.print(f"{name} …")
        yield
        self._progress.update(self._task, total=1, completed=1, description=name)

    def __call__(self, doing: str, done: int, total: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, total=total, completed=done)


def set_up(settings: Settings, *, for_tests: bool = False) -> None:
    """Bring the machine to where calls can be taken. Raises SetupFailed with what to do."""
    build_folder = settings.path(settings.folders.build)
    build_folder.mkdir(parents=True, exist_ok=True)
    columns = TextColumn("{task.description:<28}"), BarColumn(bar_width=30), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:
        shown = Shown(progress)
        with shown.stage("system packages"):
            wanted = machine.RUN | (machine.TEST if for_tests else {})
            machine.install_packages(machine.missing_packages(wanted))
        with shown.stage("Asterisk"):
            machine.get_asterisk(build_folder, shown)
        with shown.stage("voice"):
            _voice(settings, build_folder, shown)
        with shown.stage("database"):
            bootstrap.prepare_database(settings)
        with shown.stage("speech"):
            asyncio.run(_speech(settings, shown))
        phone_config_of(settings)  # makes the secrets


def _voice(settings: Settings, folder: Path, shown: Shown) -> None:
    if settings.voice.engine == "espeak":
        return
    try:
        machine.get_voice(folder, shown)
    except SetupFailed as problem:
        if settings.voice.engine == "rhvoice":
            raise
        console.print(f"RHVoice could not be had ({problem}); espeak-ng speaks instead", markup=False)


async def _speech(settings: Settings, shown: Shown) -> None:
    """Render what most callers hear. A stamp of words and engines spares a second start even the look at each file."""
    sounds = settings.path(settings.folders.sounds)
    prompts = settings.path(settings.folders.prompts)
    book = Phrasebook.load(prompts)
    today = datetime.now(bootstrap.rules_of(settings).zone).date()
    voice = bootstrap.voice_of(settings)
    engines = [engine.choice.engine for engine in voice.engines]
    stamp, state = sounds / "built", _state(prompts, book, f"{today} {settings.voice} {engines}")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return
    try:
        await voice.start()
        wanted = usual(book, today=today, days=DAYS_BEFOREHAND)
        done = iter(range(1, len(wanted) + 1))
        await build(voice, wanted, lambda: shown("speech", next(done), len(wanted)))
        await build_asterisk_sounds(sounds / "asterisk", voice, book)
        whole = await has_all(voice, wanted)
    finally:
        await voice.close()
    # Without it the next start tries the better engine again, instead of keeping what another spoke in its place.
    if whole:
        stamp.write_text(state, encoding="utf-8")


async def has_all(voice: Voice, wanted: Sequence[Utterance]) -> bool:
    """Everything is there in the voice of the first engine."""
    try:
        return not await voice.missing(wanted)
    except SoundMissing:
        return False


def _state(prompts: Path, book: Phrasebook, rest: str) -> str:
    lexicon = (prompts / "lexicon.toml").read_bytes()
    return f"{book.wording} {hashlib.sha256(lexicon).hexdigest()[:16]} {rest}"
