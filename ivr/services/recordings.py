"""Recorded talks with operators: which there are, and which have been kept long enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Recording:
    """One part of a call: an operator's talk with the caller."""

    id: int
    call_key: str
    part: int
    phone: str
    """The operator's telephone, `op7`; empty where nobody told."""
    file: str
    """Its name in the folder of recordings."""
    begun_at: datetime
    seconds: int | None = None
    """None while it goes on."""
    removed_at: datetime | None = None


class Recordings(Protocol):
    def begin(self, recording: Recording) -> None:
        """A repeat changes nothing; the id is not looked at."""

    def finish(self, call_key: str, part: int, seconds: int) -> None:
        """The first telling counts."""

    def get(self, recording_id: int) -> Recording:
        """Raises NotFound."""

    def of_call(self, call_key: str) -> list[Recording]: ...

    def between(self, first: datetime, last: datetime) -> list[Recording]:
        """Begun then, removed ones too, the newest first."""

    def kept_before(self, moment: datetime) -> list[Recording]:
        """Begun before that moment and not removed."""

    def finished(self) -> set[tuple[str, int]]:
        """Key of the call and part of those that are over and not removed."""

    def mark_removed(self, recording_ids: Iterable[int], now: datetime) -> None: ...


def file_of(call_key: str, part: int) -> str:
    """As the dialplan calls it (ivr-record)."""
    return f"{call_key}-{part}.wav"


def begin(work: "Work", call_key: str, part: int, phone: str, *, now: datetime) -> None:
    """A talk is being recorded."""
    with work:
        work.recordings.begin(Recording(0, call_key, part, phone, file_of(call_key, part), now))
        work.commit()


def finish(work: "Work", call_key: str, part: int, *, seconds: int) -> None:
    """It is over."""
    with work:
        work.recordings.finish(call_key, part, seconds)
        work.commit()


def adopt(work: "Work", found: Iterable[Recording]) -> None:
    """Files whose beginning or end nobody told."""
    with work:
        for recording in found:
            work.recordings.begin(recording)
            work.recordings.finish(recording.call_key, recording.part, recording.seconds or 0)
        work.commit()


def unknown(work: "Work", found: Iterable[Recording]) -> list[Recording]:
    """Those of them that are not noted, or not with their end."""
    with work.reading() as looking:
        known = looking.recordings.finished()
    return [one for one in found if (one.call_key, one.part) not in known]


def overdue(work: "Work", *, days: int, now: datetime) -> list[Recording]:
    """Those that have been kept long enough."""
    with work.reading() as looking:
        return looking.recordings.kept_before(now - timedelta(days=days))


def removed(work: "Work", recordings: Iterable[Recording], *, now: datetime) -> None:
    """Their files are gone; that there was a talk stays known."""
    with work:
        work.recordings.mark_removed([recording.id for recording in recordings], now)
        work.commit()


def get(work: "Work", recording_id: int) -> Recording:
    """Raises NotFound."""
    with work.reading():
        return work.recordings.get(recording_id)
