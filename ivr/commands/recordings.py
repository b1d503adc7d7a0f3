"""What `ivr phone` does about recordings: notes each one, and every hour removes those kept long enough."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from ivr import bootstrap
from ivr.phone import recordings as files
from ivr.services import recordings
from ivr.services.ports import StorageDown
from ivr.services.recordings import Recording

log = logging.getLogger(__name__)

SETTLED = timedelta(hours=1)
"""A file that has not grown for so long belongs to no talk that goes on."""

PORTION = 200
"""Recordings in one transaction."""


class RecordingKeeper:
    """Keeps the register and the folder of recordings in step."""

    def __init__(self, house: bootstrap.House, folder: Path, *, days: int) -> None:
        self._house, self._folder, self._days = house, folder, days

    async def begin(self, call_key: str, part: int, phone: str) -> None:
        now = self._house.desk.now()
        with suppress(StorageDown):  # the file tells of itself later
            await self._house.work(recordings.begin, call_key, part, phone, now=now)

    async def finish(self, call_key: str, part: int, seconds: int) -> None:
        with suppress(StorageDown):
            await self._house.work(recordings.finish, call_key, part, seconds=seconds)

    async def tidy(self) -> None:
        """Note what was missed, remove what is old."""
        now = self._house.desk.now()
        try:
            missed = await asyncio.to_thread(files.settled, self._folder, now - SETTLED)
            missed = await self._house.work(recordings.unknown, missed)
            for part in _parts(missed):
                await self._house.work(recordings.adopt, part)
            old = await self._house.work(recordings.overdue, days=self._days, now=now)
            gone = await asyncio.to_thread(files.remove, self._folder, old)
            for part in _parts(gone):
                await self._house.work(recordings.removed, part, now=now)
        except (StorageDown, OSError) as problem:
            reason = type(problem).__name__
            log.error("old recordings could not be removed; next try in an hour", extra={"reason": reason})
            return
        if gone:
            log.info("old recordings are removed", extra={"recordings": len(gone)})


def _parts(found: Sequence[Recording]) -> Iterator[Sequence[Recording]]:
    """One transaction's worth each: callers wait for the end of what writes much."""
    return (found[first : first + PORTION] for first in range(0, len(found), PORTION))
