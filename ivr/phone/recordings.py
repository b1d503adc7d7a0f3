"""What is recorded, as the dialplan tells it by AMI; and the files themselves."""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ivr.phone.ami import Ami
from ivr.phone.sound_files import BYTES_PER_SECOND
from ivr.services.recordings import Recording

log = logging.getLogger(__name__)

Begin = Callable[[str, int, str], Awaitable[None]]
Finish = Callable[[str, int, int], Awaitable[None]]
_NAME = re.compile(r"([A-Za-z0-9._-]{1,64})-(\d{1,9})\.wav")


class RecordingWatch:
    """Make it before `ami.start()`: begin(call_key, part, phone) and finish(call_key, part, seconds) are told."""

    def __init__(self, ami: Ami, *, begin: Begin, finish: Finish) -> None:
        self._begin, self._finish = begin, finish
        ami.register_event("UserEvent", self._told)

    async def _told(self, _: Ami, event: Any) -> None:
        match event.userevent:
            case "IvrRecording":
                await self._begin(event.call, int(event.part), event.phone)
            case "IvrRecorded":
                await self._finish(event.call, int(event.part), int(event.seconds))


def settled(folder: Path, before: datetime) -> list[Recording]:
    """Files that have not grown since that moment, as far as they tell of themselves: nobody may have heard of them."""
    return [one for path in folder.glob("*.wav") if (one := _from_file(path, before))]


def remove(folder: Path, recordings: Iterable[Recording]) -> list[Recording]:
    """Delete their files; those that are gone now. One that cannot be deleted is tried again next time."""
    return [recording for recording in recordings if _removed(folder / recording.file)]


def _from_file(path: Path, before: datetime) -> Recording | None:
    try:
        name, state = _NAME.fullmatch(path.name), path.stat()
    except OSError:  # it is gone, or leads nowhere
        return None
    end = datetime.fromtimestamp(state.st_mtime, UTC)
    if not name or end >= before:
        return None
    seconds = state.st_size // BYTES_PER_SECOND[".wav"]
    return Recording(0, name[1], int(name[2]), "", path.name, end - timedelta(seconds=seconds), seconds)


def _removed(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError as problem:
        log.error("a recording could not be removed", extra={"file": path.name, "reason": problem.strerror})
        return False
    return True
