"""What of a plan is new: slots to add to a schedule in which some are already booked."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar


class Occupied(Protocol):
    """A piece of a doctor's time that is taken, whatever for."""

    @property
    def doctor_id(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


Piece = TypeVar("Piece", bound=Occupied)


class BusyTime:
    """The taken time of one doctor, ready to be asked often."""

    def __init__(self, taken: Iterable[tuple[datetime, datetime]]) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        for start, end in sorted(taken):
            self._add(start, end)

    def _add(self, start: datetime, end: datetime) -> None:
        if self._ends and start < self._ends[-1]:
            self._ends[-1] = max(end, self._ends[-1])
        else:
            self._starts.append(start)
            self._ends.append(end)

    def is_clear(self, start: datetime, end: datetime) -> bool:
        """True where nothing taken overlaps; pieces may touch."""
        after = bisect_right(self._starts, start)
        begins_in_one = after > 0 and start < self._ends[after - 1]
        runs_into_next = after < len(self._starts) and self._starts[after] < end
        return not begins_in_one and not runs_into_next


def missing(planned: Iterable[Piece], existing: Iterable[Occupied]) -> list[Piece]:
    """The planned slots to add: those that overlap nothing the doctor already has. What exists is never touched."""
    taken: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for slot in existing:
        taken[slot.doctor_id].append((slot.starts_at, slot.ends_at))
    busy = {doctor: BusyTime(pieces) for doctor, pieces in taken.items()}
    return [slot for slot in planned if _fits(slot, busy)]


def _fits(slot: Occupied, busy: dict[int, BusyTime]) -> bool:
    of_doctor = busy.get(slot.doctor_id)
    return of_doctor is None or of_doctor.is_clear(slot.starts_at, slot.ends_at)
