"""Sound files as Asterisk is told of them: there or not, how long, how many in one command."""

from collections.abc import Sequence
from pathlib import Path

from ivr.phone.config import UNPLAYABLE

BYTES_PER_SECOND = {".alaw": 8000, ".ulaw": 8000, ".sln": 16000, ".sln16": 32000, ".wav": 16000}
_LONGEST_LIST = 1700
"""Bytes of file names in one command; the whole line must stay below AGI's buffer."""


class BadSound(ValueError):
    """A sound is missing or its name cannot be given to Asterisk."""


def seconds_of(files: Sequence[Path]) -> float:
    """How long they play together. Raises BadSound for one that is missing: Asterisk would skip it in silence."""
    return sum(map(_seconds, files))


def chunks(files: Sequence[Path]) -> list[list[Path]]:
    """The files in order, in as few lists as fit into a command each. Raises BadSound."""
    lists: list[list[Path]] = []
    size = _LONGEST_LIST
    for path in files:
        size += len(_checked(path)) + 1
        if size > _LONGEST_LIST:
            lists.append([])
            size = len(_checked(path))
        lists[-1].append(path)
    return lists


def _checked(path: Path) -> bytes:
    name = str(path)
    if not path.is_absolute() or any(sign in name for sign in UNPLAYABLE):
        raise BadSound(f"sound {path.name!r}: use an absolute path without , & | $ quotes or backslashes")
    return name.encode()


def _seconds(path: Path) -> float:
    for extension, rate in BYTES_PER_SECOND.items():
        try:
            return path.with_name(path.name + extension).stat().st_size / rate
        except OSError:
            continue
    raise BadSound(f"sound {path.name} is missing")
