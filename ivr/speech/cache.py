"""Sounds made once: found by what they say, made once however many ask, thrown away oldest first."""

import asyncio
import hashlib
import json
import os
import re
import shutil
import unicodedata
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

ENDINGS = (".alaw", ".sln16")
YOUNG_SECONDS = 15 * 60
"""Never thrown away younger than this: Asterisk may have the name and not have opened the file yet."""
STALE_SECONDS = 3600.0

Make = Callable[[Path], Awaitable[None]]


def key_of(*parts: str) -> str:
    """Of everything that is heard in a sound. Engines are not repeatable, so the question is hashed, not the answer."""
    normal = [unicodedata.normalize("NFC", " ".join(part.split())) for part in parts]
    return hashlib.sha256(json.dumps(normal, ensure_ascii=False).encode()).hexdigest()[:32]


def is_there(sound: Path) -> bool:
    """The .alaw is written last, so it vouches for both; a crash of the machine may leave one that is empty."""
    try:
        return os.stat(f"{sound}.alaw").st_size > 0  # noqa: PTH116  asked for every sound of every call
    except OSError:
        return False


class SingleFlight:
    """Callers who want the same thing at once share one making of it."""

    def __init__(self) -> None:
        self._going: dict[Path, asyncio.Task[None]] = {}

    async def once(self, sound: Path, make: Make) -> None:
        """Make it unless it is being made. A caller who gives up does not stop it for the others."""
        task = self._going.get(sound)
        if task is None:
            task = self._going[sound] = asyncio.create_task(self._run(sound, make))
            task.add_done_callback(lambda _: self._going.pop(sound, None))
            task.add_done_callback(_noticed)
        await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for whatever is being made."""
        await asyncio.gather(*self._going.values(), return_exceptions=True)

    async def _run(self, sound: Path, make: Make) -> None:
        await make(sound)


class SoundCache:
    """The shared folder: nothing in it is about anybody."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self.folder = folder.absolute()
        self._most = most_bytes

    def place(self, key: str) -> Path:
        """Where the sound is or will be, without extension."""
        return self.folder / key[:2] / key

    def evict(self, now: float) -> int:
        """Throw away the longest unused until the folder fits; `now` in seconds of the file system. Returns bytes."""
        files = sorted(_files(self.folder))
        excess = sum(size for _, size, _ in files) - self._most
        freed = 0
        for used, size, sound in files:
            if freed >= excess or now - used < YOUNG_SECONDS:
                break
            _drop(sound)
            freed += size
        return freed


class PrivateSounds:
    """Sounds that tell about a patient: one folder per call, closed to other users, gone with the call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def place(self, call_key: str, key: str) -> Path:
        folder = self._of(call_key)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        return folder / key

    def forget(self, call_key: str) -> None:
        """Remove all that was said to this caller alone."""
        shutil.rmtree(self._of(call_key), ignore_errors=True)

    def forget_stale(self, now: float) -> None:
        """Remove what calls cut short by a crash left behind."""
        for folder in self.folder.glob("*"):
            with suppress(OSError):
                if now - folder.stat().st_mtime > STALE_SECONDS:
                    shutil.rmtree(folder)

    def _of(self, call_key: str) -> Path:
        # Call keys come from Asterisk: a name that could climb out of the folder is hashed.
        safe = call_key if re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", call_key) else key_of(call_key)
        return self.folder / safe


def touch(sound: Path) -> None:
    """Used just now."""
    with suppress(OSError):
        os.utime(f"{sound}.alaw")


def _files(folder: Path) -> Iterator[tuple[float, int, list[Path]]]:
    """Last use, size and files of every sound, whole or left in pieces by a crash; the .alaw first."""
    sounds: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("??/*")):
        sounds.setdefault(path.name.partition(".")[0], []).append(path)
    for files in sounds.values():
        with suppress(OSError):
            facts = [path.stat() for path in files]
            yield facts[0].st_mtime, sum(fact.st_size for fact in facts), files


def _drop(files: Sequence[Path]) -> None:
    """The .alaw first: it vouches for the other."""
    for path in files:
        path.unlink(missing_ok=True)


def _noticed(task: asyncio.Task[None]) -> None:
    """A failure nobody waits for is not an error of the loop."""
    if not task.cancelled():
        task.exception()
