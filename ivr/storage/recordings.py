"""Recorded talks with operators."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, update

from ivr.services.recordings import Recording
from ivr.storage.register import Register, found, upsert
from ivr.storage.tables import recordings


class RecordingRegister(Register):
    """Implements Recordings."""

    def begin(self, recording: Recording) -> None:
        names = ("call_key", "part", "phone", "file", "begun_at")
        values = {name: getattr(recording, name) for name in names}
        self._run(upsert(self._connection, recordings).values(values).on_conflict_do_nothing())

    def finish(self, call_key: str, part: int, seconds: int) -> None:
        which = (recordings.c.call_key == call_key, recordings.c.part == part, recordings.c.seconds.is_(None))
        self._run(update(recordings).where(*which).values(seconds=seconds))

    def get(self, recording_id: int) -> Recording:
        rows = self._all(select(recordings).where(recordings.c.id == recording_id))
        return found(next(iter(rows), None), f"recording {recording_id}")

    def of_call(self, call_key: str) -> list[Recording]:
        return self._all(select(recordings).where(recordings.c.call_key == call_key).order_by(recordings.c.part))

    def between(self, first: datetime, last: datetime) -> list[Recording]:
        begun = recordings.c.begun_at
        return self._all(select(recordings).where(begun >= first, begun < last).order_by(begun.desc()))

    def kept_before(self, moment: datetime) -> list[Recording]:
        old = (recordings.c.begun_at < moment) & recordings.c.removed_at.is_(None)
        return self._all(select(recordings).where(old).order_by(recordings.c.begun_at))

    def finished(self) -> set[tuple[str, int]]:
        own = recordings.c
        over = own.seconds.is_not(None) & own.removed_at.is_(None)
        return {(row.call_key, row.part) for row in self._run(select(own.call_key, own.part).where(over))}

    def mark_removed(self, recording_ids: Iterable[int], now: datetime) -> None:
        which = recordings.c.id.in_(list(recording_ids))
        self._run(update(recordings).where(which).values(removed_at=now))

    def _all(self, query: Select[Any]) -> list[Recording]:
        return [_recording(row) for row in self._run(query)]


def _recording(row: Row[Any]) -> Recording:
    return Recording(
        id=row.id,
        call_key=row.call_key,
        part=row.part,
        phone=row.phone,
        file=row.file,
        begun_at=row.begun_at,
        seconds=row.seconds,
        removed_at=row.removed_at,
    )
