"""Calls on operators' telephones: from the events of AMI to what the desk is told of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivr.phone.accounts import is_operator
from ivr.phone.queue_rows import phone_in
from ivr.phone.queue_watch import key_of
from ivr.services.exchange import Abandoned, Answered, Ended, Event, Missed, Ringing, Withdrawn

BY_QUEUE = "AppQueue"
CALLED = (BY_QUEUE, "AppDial")
"""What Asterisk says of a channel that the queue, or a colleague, has called."""
COLLEAGUE = "ivr-colleague"
"""The context in which a colleague is rung (extensions_ivr.conf); the queue tells of its own calls."""


@dataclass(slots=True)
class Leg:
    """One call on one operator's telephone."""

    phone: str
    call_key: str
    channel: str
    queued: bool
    """Rung by the queue, not by a colleague."""
    answered: datetime | None = None
    passed_on: bool = False
    """The operator has led the caller elsewhere."""
    over: bool = False
    caller_left: bool = False


class Legs:
    """Follows every leg by its id; each method yields what is to be told."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._legs: dict[str, Leg] = {}
        self._hanging_up: set[str] = set()
        """Callers who are going, by their channel's id: the queue calls a ring that they cut short unanswered."""
        self._over: set[str] | None = None
        """Channels that end while it is asked which ones there are; None at other times."""

    @property
    def handlers(self) -> dict[str, Callable[[Any], Iterator[Event]]]:
        """By the name of the event."""
        return {
            "AgentCalled": self._rung,
            "AgentConnect": self._connected,
            "AgentRingNoAnswer": self._missed,
            "AgentComplete": self._completed,
            "QueueCallerAbandon": self._abandoned,
            "QueueCallerLeave": self._left,
            "DialBegin": self._dialled,
            "DialEnd": self._dial_ended,
            "BlindTransfer": self._transferred,
            "AttendedTransfer": self._transferred,
            "HangupRequest": self._going,
            "SoftHangupRequest": self._going,
            "Hangup": self._hung_up,
        }

    def talking(self, *, phone: str = "", call_key: str = "") -> list[Leg]:
        """Answered legs of this telephone, or of this caller."""
        found = [leg for leg in self._legs.values() if leg.answered]
        return [leg for leg in found if leg.phone == phone or (call_key and leg.call_key == call_key)]

    @property
    def busy(self) -> frozenset[str]:
        """Telephones that ring or talk."""
        return frozenset(leg.phone for leg in self._legs.values())

    def look_again(self) -> None:
        """The exchange is there again, and will be asked what it has."""
        self._hanging_up.clear()
        self._over = set()

    def found(self, channels: Iterable[Any]) -> Iterator[Event]:
        """These are all its channels: what nobody could tell us meanwhile."""
        over, self._over = self._over or set(), None
        there = {row.uniqueid: row for row in channels if row.uniqueid not in over}
        for uniqueid, leg in list(self._legs.items()):
            if uniqueid not in there:
                del self._legs[uniqueid]
                yield self._ended(leg) if leg.answered else Withdrawn(leg.phone, leg.call_key)
        for uniqueid, row in there.items():
            yield from self._found(uniqueid, row)

    def _found(self, uniqueid: str, row: Any) -> Iterator[Event]:
        leg, phone, key = self._legs.get(uniqueid), phone_in(row.channel), key_of(row)
        if leg is None and key and row.application in CALLED and is_operator(phone):
            leg = self._legs[uniqueid] = Leg(phone, key, row.channel, queued=row.application == BY_QUEUE)
            yield Ringing(phone, key)
        if leg and not leg.answered and row.bridgeid:
            leg.answered = self._now()
            yield Answered(leg.phone, leg.call_key, 0)

    # --- the queue

    def _rung(self, event: Any) -> Iterator[Event]:
        yield from self._ringing(event, queued=True)

    def _connected(self, event: Any) -> Iterator[Event]:
        if leg := self._legs.get(event.destuniqueid):
            leg.answered = self._now()
            yield Answered(leg.phone, leg.call_key, int(event.holdtime or 0))

    def _missed(self, event: Any) -> Iterator[Event]:
        if leg := self._legs.pop(event.destuniqueid, None):
            kind = Withdrawn if event.uniqueid in self._hanging_up else Missed
            yield kind(leg.phone, leg.call_key)

    def _completed(self, event: Any) -> Iterator[Event]:
        if leg := self._legs.pop(event.destuniqueid, None):
            leg.passed_on = leg.passed_on or event.reason == "transfer"
            yield self._ended(leg)

    def _abandoned(self, event: Any) -> Iterator[Event]:
        yield Abandoned(key_of(event) or event.uniqueid, int(event.holdtime or 0))

    def _left(self, event: Any) -> Iterator[Event]:
        """To one who answers, which is told next; or away, and then the telephone stops ringing before or after."""
        key = key_of(event) or event.uniqueid
        for uniqueid, leg in list(self._legs.items()):
            if leg.queued and not leg.answered and leg.call_key == key:
                leg.caller_left = True
                yield from self._withdrawn(uniqueid, leg)

    # --- colleagues

    def _dialled(self, event: Any) -> Iterator[Event]:
        if event.context == COLLEAGUE and (key_of(event) or key_of(event, "dest")):
            yield from self._ringing(event, queued=False)

    def _dial_ended(self, event: Any) -> Iterator[Event]:
        leg = self._legs.get(event.destuniqueid)
        if leg and not leg.queued and not leg.answered:
            if event.dialstatus == "ANSWER":
                leg.answered = self._now()
                yield Answered(leg.phone, leg.call_key, 0)
            else:
                del self._legs[event.destuniqueid]
                yield Withdrawn(leg.phone, leg.call_key)

    def _transferred(self, event: Any) -> Iterator[Event]:
        for name in ("transfereruniqueid", "origtransfereruniqueid", "secondtransfereruniqueid"):
            if (leg := self._legs.get(event.get(name, ""))) and event.result == "Success":
                leg.passed_on = True
        yield from ()

    # --- both

    def _going(self, event: Any) -> Iterator[Event]:
        self._hanging_up.add(event.uniqueid)
        yield from ()

    def _hung_up(self, event: Any) -> Iterator[Event]:
        self._hanging_up.discard(event.uniqueid)
        if self._over is not None:
            self._over.add(event.uniqueid)
        leg = self._legs.get(event.uniqueid)
        if leg is None:
            return
        leg.over = True
        if not leg.answered:
            yield from self._withdrawn(event.uniqueid, leg)
        else:  # the queue does not always tell of a call that was handed on
            del self._legs[event.uniqueid]
            yield self._ended(leg)

    def _ringing(self, event: Any, *, queued: bool) -> Iterator[Event]:
        phone = phone_in(event.destchannel)
        if is_operator(phone):
            key = key_of(event) or key_of(event, "dest") or event.uniqueid
            self._legs[event.destuniqueid] = Leg(phone, key, event.destchannel, queued)
            yield Ringing(phone, key)

    def _withdrawn(self, uniqueid: str, leg: Leg) -> Iterator[Event]:
        # A queued leg that ends while its caller waits on was missed, which the queue itself tells.
        if leg.over and (leg.caller_left or not leg.queued):
            del self._legs[uniqueid]
            yield Withdrawn(leg.phone, leg.call_key)

    def _ended(self, leg: Leg) -> Ended:
        begun = leg.answered or self._now()
        seconds = int((self._now() - begun).total_seconds())
        elsewhere = any(other is not leg for other in self.talking(call_key=leg.call_key))
        return Ended(leg.phone, leg.call_key, seconds, transferred=leg.passed_on or elsewhere)
