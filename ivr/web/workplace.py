"""Operators at work: what the exchange tells and what they press become states, rows and events for pages."""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from ivr.domain.operator import AgentView, OperatorState
from ivr.domain.rules import Rules
from ivr.domain.user import User
from ivr.services import exchange as tells
from ivr.services import operator_calls
from ivr.services.exchange import Exchange, ExchangeDown, PhoneLogin, QueueState
from ivr.services.ports import StorageDown, Work
from ivr.web.hub import Hub

log = logging.getLogger(__name__)

GONE_SECONDS = 20.0
"""A page that is loaded again comes back sooner; after this its operator is offline."""
KEEP_SECONDS = 45.0
"""How often a hold is renewed while its caller talks: less than the shortest usual hold."""
BUSY = (OperatorState.RINGING, OperatorState.TALKING, OperatorState.WRAPUP)


@dataclass(frozen=True, slots=True)
class Place:
    """One operator's workplace."""

    user: User
    phone: str
    number: str
    """What colleagues dial to reach him."""
    state: OperatorState
    reason: str
    since: datetime
    call_key: str | None = None
    call_id: int | None = None
    returning: bool = False
    """His page is being loaded again, and his caller waits for him in the queue."""
    handed_on: bool = False
    """The caller whom he has to sum up is with somebody else, or waits for one: what is held stays held."""
    before: "Place | None" = None
    """What he did before the ring; a talk that he had not summed up is summed up afterwards."""
    after: str | None = None
    """Break asked for during a talk: it begins when the talk is summed up."""

    @property
    def view(self) -> AgentView:
        return AgentView(self.user.id, self.user.name, self.state, self.reason, self.since, self.call_key)

    @property
    def unwrapped(self) -> "Place | None":
        """The earlier talk that he still has to sum up."""
        return self.before if self.before and self.before.state is OperatorState.WRAPUP else None

    def ring(self, call_key: str) -> "Place | None":
        """He as he is rung for this caller; None where he is not."""
        if self.call_key == call_key:
            return self
        return self.before.ring(call_key) if self.before else None


class WrongState(Exception):
    """The workplace is in another state; the message is for the operator, in Russian."""


class Workplaces:
    """All operators of this process. Commands come from requests, events from the exchange's thread."""

    def __init__(
        self,
        exchange: Exchange,
        hub: Hub,
        new_work: Callable[[], Work],
        rules: Callable[[], Rules],
        now: Callable[[], datetime],
    ) -> None:
        self._exchange, self._hub, self._new_work, self._rules, self._now = exchange, hub, new_work, rules, now
        self._lock = threading.RLock()
        self._places: dict[int, Place] = {}
        self._unplaced: dict[str, str] = {}
        """Keys of callers whom telephones talk with that have no workplace: the site was started anew in mid-talk."""
        self._queue = QueueState()
        self._connected = False
        self._timers: dict[int, threading.Timer] = {}
        self._ending = threading.Event()
        self._told: queue.SimpleQueue[tells.Event | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, name="workplaces", daemon=True)
        self._keeper = threading.Thread(target=self._keep, name="holds", daemon=True)

    def start(self) -> None:
        with suppress(StorageDown):  # reports then count the last states of before as going on
            self._run(lambda work: _end_states(work, self._now()))
        self._keeper.start()
        self._listener.start()
        self._exchange.start(self.heard)

    def close(self) -> None:
        self._ending.set()
        self._told.put(None)
        for timer in self._timers.values():
            timer.cancel()

    # --- what pages ask

    def agents(self) -> list[AgentView]:
        """Everybody who is not offline, by name."""
        with self._lock:
            return sorted((place.view for place in self._places.values()), key=lambda view: view.name)

    def of(self, user_id: int) -> AgentView | None:
        with self._lock:
            place = self._places.get(user_id)
            return None if place is None else place.view

    def call_of(self, user_id: int) -> int | None:
        """The ring or talk he has, or has to sum up."""
        with self._lock:
            place = self._places.get(user_id)
            return None if place is None else place.call_id

    def queue(self) -> QueueState:
        return self._queue

    @property
    def connected(self) -> bool:
        """The exchange answers."""
        return self._connected

    def colleagues(self, user_id: int) -> list[tuple[AgentView, str]]:
        """Everybody else who is at work, with the number to dial."""
        with self._lock:
            others = [place for place in self._places.values() if place.user.id != user_id]
            return sorted(((place.view, place.number) for place in others), key=lambda pair: pair[0].name)

    def phone_of(self, user_id: int) -> str | None:
        with self._lock:
            place = self._places.get(user_id)
            return None if place is None else place.phone

    # --- what an operator presses

    def come(self, user: User) -> PhoneLogin:
        """Open his telephone; he is in the queue, not ready yet. A page loaded again goes on as it was.

        Raises ExchangeDown.
        """
        with self._lock:
            self._stop_timer(user.id)
            login = self._exchange.open_phone(user.id)
            place = self._places.get(user.id)
            if place is None:
                place = self._found(user, login)
                self._exchange.join(login.phone, reason=place.reason or place.state.value.lower())
                self._put(place)
            else:
                self._places[user.id] = replace(place, phone=login.phone, number=login.number)
        return login

    def _found(self, user: User, login: PhoneLogin) -> Place:
        """As he comes: not ready yet, or in a talk that began before this process did."""
        place = Place(user, login.phone, login.number, OperatorState.BREAK, "begin", self._now())
        call_key = self._unplaced.get(login.phone)
        if call_key is None:
            return place
        call_id = self._kept(partial(operator_calls.going_on, call_key=call_key, user_id=user.id))
        return replace(place, state=OperatorState.TALKING, reason="", call_key=call_key, call_id=call_id)

    def ready(self, user_id: int) -> None:
        """Raises WrongState, ExchangeDown."""
        with self._lock:
            place = self._idle(user_id)
            self._exchange.ready(place.phone)
            self._put(replace(place, state=OperatorState.READY, reason="", since=self._now(), after=None))

    def rest(self, user_id: int, reason: str) -> None:
        """A break now, or after the talk. Raises WrongState, ExchangeDown."""
        with self._lock:
            place = self._here(user_id)
            if place.state in BUSY:
                self._put(replace(place, after=reason))
                return
            self._exchange.pause(place.phone, reason)
            self._put(replace(place, state=OperatorState.BREAK, reason=reason, since=self._now()))

    def requeue(self, user_id: int, *, back_to_him: bool = False) -> None:
        """The caller he talks with goes back to the queue, before all others. Raises WrongState, ExchangeDown.

        `back_to_him`: his page is being loaded again; he is ready at once, with nothing to sum up.
        """
        with self._lock:
            place = self._here(user_id)
            if place.state is not OperatorState.TALKING:
                raise WrongState("Сейчас нет разговора.")
            self._exchange.requeue(place.phone)
            self._places[user_id] = replace(place, returning=back_to_him)

    def sum_up(self, user_id: int, *, result: str, note: str) -> None:
        """Note what came of the talk; then ready, or the break that was asked for. Raises WrongState, ExchangeDown."""
        with self._lock:
            place = self._here(user_id)
            if place.state is not OperatorState.WRAPUP:
                raise WrongState("Сейчас нечего завершать.")
            if place.call_id is not None:  # the database may have been down all the while he talked
                summed = partial(operator_calls.wrap_up, call_id=place.call_id, user_id=user_id)
                summed(self._new_work(), result=result, note=note, now=self._now())
            if place.call_key and not place.handed_on:
                operator_calls.let_go(self._new_work(), place.call_key)
            idle = replace(place, call_key=None, call_id=None, after=None, before=None, since=self._now())
            if place.unwrapped:
                self._put(replace(place.unwrapped, after=place.after, since=self._now()))
            elif place.after:
                self._exchange.pause(place.phone, place.after)
                self._put(replace(idle, state=OperatorState.BREAK, reason=place.after))
            else:
                self._exchange.ready(place.phone)
                self._put(replace(idle, state=OperatorState.READY, reason=""))

    def leave(self, user_id: int) -> None:
        """Offline: out of the queue, no telephone. A talk that goes on is not cut."""
        with self._lock:
            self._stop_timer(user_id)
            place = self._places.pop(user_id, None)
            if place is None:
                return
            self._note(user_id, OperatorState.OFFLINE, "")
        try:
            self._exchange.close_phone(place.phone)
        except ExchangeDown:
            log.warning("a telephone is closed when the exchange is back", extra={"user": user_id})
        self._tell_agents()

    def page_gone(self, user_id: int) -> None:
        """His last page is closed: offline, unless he comes back in a moment."""
        with self._lock:
            if user_id in self._places:
                self._stop_timer(user_id)
                timer = threading.Timer(GONE_SECONDS, self._leave_if_gone, (user_id,))
                timer.daemon = True
                self._timers[user_id] = timer
                timer.start()

    def _leave_if_gone(self, user_id: int) -> None:
        if not self._hub.is_here(user_id):
            self.leave(user_id)

    # --- what the exchange tells

    def heard(self, event: tells.Event) -> None:
        """Called from the exchange's thread, which must not wait: who holds our lock may be waiting for it."""
        self._told.put(event)

    def _listen(self) -> None:
        while (event := self._told.get()) is not None:
            try:
                with self._lock:
                    self._heard(event)
            except Exception:
                log.exception("an event of the exchange was not understood", extra={"event": type(event).__name__})

    def _heard(self, event: tells.Event) -> None:
        match event:
            case tells.Connected(busy):
                self._connected = True
                self._again(busy)
            case tells.Lost():
                self._connected = False
                self._hub.tell("exchange", {"up": False})
            case tells.Ringing(phone, call_key):
                self._rings(phone, call_key)
            case tells.Answered(phone, call_key, waited_s):
                self._answered(phone, call_key, waited_s)
            case tells.Missed(phone, call_key):
                self._missed(phone, call_key)
            case tells.Withdrawn(phone, call_key):
                self._withdrawn(phone, call_key)
            case tells.Ended(phone, call_key, _, transferred):
                self._ended(phone, call_key, transferred=transferred)
            case tells.Abandoned(call_key, waited_s):
                left = partial(operator_calls.abandoned, call_key=call_key, waited_s=waited_s, now=self._now())
                self._kept(left)
            case tells.QueueChanged(state):
                self._queue = state
                self._hub.tell("queue", queue_json(state, self.agents()))

    def _rings(self, phone: str, call_key: str) -> None:
        place = self._by_phone(phone)
        if place is None or place.state is OperatorState.TALKING:  # his page says by itself that he is busy
            return
        # The page first: it must show who calls with the first ring.
        self._hub.tell_user(place.user.id, "ring", {"call": call_key})
        call_id = self._rang(place, call_key)
        before = place if place.state in BUSY else replace(place, before=None)
        ringing = replace(place, state=OperatorState.RINGING, reason="", since=self._now(), before=before)
        self._put(replace(ringing, call_key=call_key, call_id=call_id))

    def _answered(self, phone: str, call_key: str, waited_s: int) -> None:
        place = self._by_phone(phone)
        if place is None:
            self._unplaced[phone] = call_key
            return
        place = place.ring(call_key) or replace(place, call_id=None)
        call_id = place.call_id or self._rang(place, call_key)
        if call_id is not None:
            noted = partial(operator_calls.answered, call_id=call_id, waited_s=waited_s, now=self._now())
            self._kept(lambda work: noted(work, rules=self._rules()))
        talking = replace(place, state=OperatorState.TALKING, reason="", since=self._now())
        self._put(replace(talking, call_key=call_key, call_id=call_id))

    def _rang(self, place: Place, call_key: str) -> int | None:
        rang = partial(operator_calls.rang, call_key=call_key, user_id=place.user.id, now=self._now())
        call_id: int | None = self._kept(rang)
        return call_id

    def _missed(self, phone: str, call_key: str) -> None:
        place = self._by_phone(phone)
        if place is None or place.state is OperatorState.TALKING:
            return
        if place.call_id is not None:
            self._kept(partial(operator_calls.missed, call_id=place.call_id, now=self._now()))
        missed = replace(place, state=OperatorState.BREAK, reason="missed", since=self._now())
        idle = replace(missed, call_key=None, call_id=None, after=None, before=None)
        self._put(place.unwrapped or idle)
        self._command(lambda: self._exchange.pause(place.phone, "missed"))

    def _withdrawn(self, phone: str, call_key: str) -> None:
        """The caller left, or a colleague thought better of it: he goes on with what he did."""
        place = self._by_phone(phone)
        ring = None if place is None else place.ring(call_key)
        if place is None or ring is None or ring.state is not OperatorState.RINGING:
            return
        if ring.call_id is not None:
            self._kept(partial(operator_calls.withdrawn, call_id=ring.call_id, now=self._now()))
        if ring is not place:  # another caller rings him already
            self._places[place.user.id] = replace(place, before=ring.before)
            return
        before = place.before or replace(place, state=OperatorState.READY, call_key=None, call_id=None)
        self._put(replace(before, since=self._now(), after=place.after if before.state in BUSY else None))
        if before.state is OperatorState.READY and place.after:
            self._command(partial(self.rest, place.user.id, place.after))

    def _ended(self, phone: str, call_key: str, *, transferred: bool) -> None:
        self._unplaced.pop(phone, None)
        place = self._by_phone(phone)
        if place is None or place.state is not OperatorState.TALKING:
            return
        if not place.returning:
            # Before anything else: the queue must not ring him while he writes.
            self._command(lambda: self._exchange.pause(place.phone, "wrapup"))
        if place.call_id is not None:
            ended = partial(operator_calls.ended, call_id=place.call_id, transferred=transferred, now=self._now())
            self._kept(ended)
        if place.returning:
            self._returned(place)
        else:
            summing = replace(place, state=OperatorState.WRAPUP, reason="", since=self._now())
            self._put(replace(summing, handed_on=transferred))

    def _returned(self, place: Place) -> None:
        if place.call_id is not None:
            summed = partial(operator_calls.wrap_up, call_id=place.call_id, user_id=place.user.id, result="dropped")
            self._kept(partial(summed, note="", now=self._now()))
        ready = replace(place, state=OperatorState.READY, reason="", since=self._now(), returning=False)
        self._put(replace(ready, call_key=None, call_id=None))

    def _again(self, busy: frozenset[str]) -> None:
        """The exchange is there again: telephones register again, members come back as they were.

        Where it has lived on, calls have, too: a telephone that registered again would end its own.
        """
        for user_id in list(self._places):
            place = self._places[user_id]
            if place.phone not in busy:
                self._without_call(place)
                self._hub.tell_user(user_id, "phone", {})
            self._command(partial(self._come_back, self._places[user_id]))
        self._hub.tell("exchange", {"up": True})

    def _without_call(self, place: Place) -> None:
        """Whatever was going on has died with the old exchange."""
        if place.state is OperatorState.TALKING:
            self._put(replace(place, state=OperatorState.WRAPUP, since=self._now(), returning=False, handed_on=False))
        elif place.state is OperatorState.RINGING and place.call_key:
            self._withdrawn(place.phone, place.call_key)

    def _come_back(self, place: Place) -> None:
        reason = place.reason or place.state.value.lower()
        self._exchange.join(place.phone, reason=reason)
        if place.state is OperatorState.READY:
            self._exchange.ready(place.phone)
        elif place.state in (OperatorState.WRAPUP, OperatorState.BREAK):  # the pause may not have reached it
            self._exchange.pause(place.phone, reason)

    # --- for all of them

    def _keep(self) -> None:
        """Holds of callers who talk stay theirs."""
        while not self._ending.wait(KEEP_SECONDS):
            with self._lock:
                busy = [place.call_key for place in self._places.values() if place.state in BUSY and place.call_key]
            for call_key in busy:
                try:
                    operator_calls.keep_hold(self._new_work(), call_key, rules=self._rules(), now=self._now())
                except StorageDown:
                    log.error("a hold could not be renewed; it lapses by itself", extra={"call": call_key})

    def _here(self, user_id: int) -> Place:
        place = self._places.get(user_id)
        if place is None:
            raise WrongState("Рабочее место закрыто. Обновите страницу.")
        return place

    def _idle(self, user_id: int) -> Place:
        place = self._here(user_id)
        if place.state in BUSY:
            raise WrongState("Сначала завершите разговор: выберите результат.")
        return place

    def _by_phone(self, phone: str) -> Place | None:
        return next((place for place in self._places.values() if place.phone == phone), None)

    def _put(self, place: Place) -> None:
        before = self._places.get(place.user.id)
        self._places[place.user.id] = place
        if before is None or (before.state, before.reason) != (place.state, place.reason):
            self._note(place.user.id, place.state, place.reason)
        self._hub.tell_user(place.user.id, "me", me_json(place))
        self._tell_agents()

    def _note(self, user_id: int, state: OperatorState, reason: str) -> None:
        try:
            self._run(lambda work: _begin_state(work, user_id, state, reason, self._now()))
        except StorageDown:
            log.error("a state is not in the reports", extra={"user": user_id, "state": state.value})

    def _tell_agents(self) -> None:
        self._hub.tell("agents", {"agents": [agent_json(view) for view in self.agents()]})

    def _command(self, command: Callable[[], None]) -> None:
        """Something for the exchange that nobody waits for."""
        try:
            command()
        except ExchangeDown:
            log.warning("the exchange did not take a command; it is asked again when it is back")

    def _stop_timer(self, user_id: int) -> None:
        if timer := self._timers.pop(user_id, None):
            timer.cancel()

    def _kept(self, use_case: Callable[[Work], Any]) -> Any:
        """What it gives; None where the database is down: a call goes on, whether it can be noted or not."""
        try:
            return self._run(use_case)
        except StorageDown:
            log.error("what happened in a call could not be stored")
            return None

    def _run(self, use_case: Callable[[Work], Any]) -> Any:
        return use_case(self._new_work())


def _begin_state(work: Work, user_id: int, state: OperatorState, reason: str, now: datetime) -> None:
    with work:
        work.operator_states.begin(user_id, state.value, reason, now)
        work.commit()


def _end_states(work: Work, now: datetime) -> None:
    with work:
        work.operator_states.end_all(now)
        work.commit()


def agent_json(view: AgentView) -> dict[str, Any]:
    return {
        "user": view.user_id,
        "name": view.name,
        "state": view.state.value,
        "reason": view.reason,
        "since": view.since.timestamp(),
        "call": view.call_key,
    }


def me_json(place: Place) -> dict[str, Any]:
    return agent_json(place.view) | {"after": place.after}


def queue_json(state: QueueState, agents: list[AgentView]) -> dict[str, Any]:
    """Nothing personal: keys, times, numbers."""
    return {
        "waiting": [
            {"call": one.call_key, "since": one.since.timestamp(), "urgent": one.urgent} for one in state.waiting
        ],
        "free": sum(view.state is OperatorState.READY for view in agents),
    }
