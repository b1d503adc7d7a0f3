"""The queue as AMI lists it, turned into what the desk knows."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from ivr.phone.queue_watch import key_of
from ivr.services.exchange import Member, QueueState, Waiting

TECHNOLOGY = "PJSIP/"
URGENT = 100
"""QUEUE_PRIO of a caller in danger (extensions_ivr.conf)."""
_DEVICE = {
    "1": "idle",
    "2": "talking",
    "3": "talking",
    "6": "ringing",
    "7": "talking",
    "8": "held",
}
"""AST_DEVICE_…; whatever else there is, nobody can be reached there."""


class QueueRows:
    """Remembers of those who wait what the list does not tell: their keys, and since when exactly."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._known: dict[str, tuple[str, datetime]] = {}

    def joined(self, event: Any) -> None:
        """Somebody came."""
        self._known[event.uniqueid] = (key_of(event) or event.uniqueid, self._now())

    def left(self, event: Any) -> None:
        self._known.pop(event.uniqueid, None)

    def forget(self) -> None:
        """The exchange is another one now."""
        self._known.clear()

    def state(self, rows: Iterable[Any]) -> QueueState:
        """What QueueStatus has listed."""
        listed = list(rows)
        waiting = [self._waiting(row) for row in listed if row.event == "QueueEntry"]
        members = [_member(row) for row in listed if row.event == "QueueMember" and _phone(row)]
        return QueueState(tuple(sorted(waiting, key=lambda one: one.position)), tuple(members))

    def _waiting(self, row: Any) -> Waiting:
        if row.uniqueid not in self._known:  # came before we did; a call's key is its first channel's id
            self._known[row.uniqueid] = (row.uniqueid, self._now() - timedelta(seconds=int(row.wait)))
        key, since = self._known[row.uniqueid]
        return Waiting(key, since, int(row.position), urgent=int(row.priority or 0) >= URGENT)


def _member(row: Any) -> Member:
    return Member(
        phone=_phone(row),
        paused=row.paused == "1",
        reason=row.pausedreason,
        device=_DEVICE.get(row.status, "away"),
    )


def _phone(row: Any) -> str:
    location: str = row.location
    return location.removeprefix(TECHNOLOGY) if location.startswith(TECHNOLOGY) else ""


def phone_in(channel: str) -> str:
    """The telephone of a channel: op7 of PJSIP/op7-0000001a."""
    return channel.removeprefix(TECHNOLOGY).rpartition("-")[0]
