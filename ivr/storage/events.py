"""Events for other systems, who is told of them, and what is on its way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from ivr.domain.event import OF_USE, Delivery, Event, EventKind, Subscription
from ivr.domain.refusals import SubscriptionEnded
from ivr.storage.register import Register, upsert
from ivr.storage.tables import clients, deliveries, events, subscriptions

_WAITING = deliveries.c.status == "WAITING"
_STANDS = subscriptions.c.ended_at.is_(None)


def happened(
    connection: Connection, kind: EventKind, facts: Mapping[str, int | None], client_id: int | None, now: datetime
) -> None:
    """Keep an event, and a row for each subscriber, in the transaction of what happened.

    A subscriber hears of what its client made; one of the hospital's own staff hears of all (4.2).
    """
    told = {name: value for name, value in facts.items() if value is not None}
    values = {"kind": kind.value, "at": now, "client_id": client_id, "facts": told}
    event_id = connection.execute(insert(events).values(values)).inserted_primary_key
    chosen = select(subscriptions.c.id, subscriptions.c.kinds, subscriptions.c.client_id, clients.c.scopes)
    chosen = chosen.join(clients, clients.c.id == subscriptions.c.client_id).where(_STANDS, clients.c.active)
    rows = [
        {"event_id": event_id[0], "subscription_id": one.id, "status": "WAITING", "expires_at": now + OF_USE}
        for one in connection.execute(chosen)
        if event_id and _concerns(one, kind, client_id)
    ]
    if rows:
        connection.execute(insert(deliveries), rows)


def _concerns(one: Any, kind: EventKind, client_id: int | None) -> bool:
    its_own = one.client_id == client_id or "registry" in one.scopes
    return its_own and (not one.kinds or kind.value in one.kinds)


class EventRegister(Register):
    def since(self, after: int, client_id: int | None, limit: int) -> list[Event]:
        behind = events.c.id > after
        own = behind if client_id is None else and_(behind, events.c.client_id == client_id)
        return [_event(row) for row in self._run(select(events).where(own).order_by(events.c.id).limit(limit))]

    def subscribe(self, wanted: Subscription, key: str) -> Subscription:
        row = {
            "client_id": wanted.client_id,
            "key": key,
            "url": wanted.url,
            "secret": wanted.secret,
            "kinds": list(wanted.kinds),
            "created_at": wanted.created_at,
        }
        self._run(upsert(self._connection, subscriptions).values(row).on_conflict_do_nothing())
        own = (subscriptions.c.client_id == wanted.client_id) & (subscriptions.c.key == key) & _STANDS
        standing = self._run(select(subscriptions).where(own)).one_or_none()
        if standing is None:
            raise SubscriptionEnded(key)
        return _subscription(standing)

    def subscriptions(self, client_id: int) -> list[Subscription]:
        own = (subscriptions.c.client_id == client_id) & _STANDS
        return [_subscription(row) for row in self._run(select(subscriptions).where(own).order_by(subscriptions.c.id))]

    def unsubscribe(self, client_id: int, subscription_id: int, now: datetime) -> bool:
        own = (subscriptions.c.id == subscription_id) & (subscriptions.c.client_id == client_id) & _STANDS
        ended = self._run(update(subscriptions).where(own).values(ended_at=now)).rowcount == 1
        if ended:
            waits = _WAITING & (deliveries.c.subscription_id == subscription_id)
            self._run(update(deliveries).where(waits).values(status="DROPPED", settled_at=now))
        return ended

    def lease(self, until: datetime, now: datetime, limit: int) -> list[Delivery]:
        nobodys = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= now)
        awake = or_(subscriptions.c.rests_until.is_(None), subscriptions.c.rests_until <= now)
        due = select(deliveries.c.id).join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        due = due.join(clients, clients.c.id == subscriptions.c.client_id)
        due = due.where(_WAITING, nobodys, awake, _STANDS, clients.c.active).order_by(deliveries.c.id).limit(limit)
        ids = list(self._run(due.with_for_update(skip_locked=True, of=deliveries)).scalars())
        taken = {"leased_until": until, "attempts": deliveries.c.attempts + 1}
        self._run(update(deliveries).where(deliveries.c.id.in_(ids)).values(taken))
        return [self._delivery(delivery_id) for delivery_id in ids]

    def _delivery(self, delivery_id: int) -> Delivery:
        row = self._run(select(deliveries).where(deliveries.c.id == delivery_id)).one()
        event = self._run(select(events).where(events.c.id == row.event_id)).one()
        to = self._run(select(subscriptions).where(subscriptions.c.id == row.subscription_id)).one()
        return Delivery(row.id, _event(event), _subscription(to), row.attempts, row.expires_at)

    def settle(self, delivery_id: int, status: str, now: datetime) -> None:
        own = _WAITING & (deliveries.c.id == delivery_id)
        self._run(update(deliveries).where(own).values(status=status, settled_at=now))

    def let_go(self, delivery_id: int) -> None:
        self._run(update(deliveries).where(deliveries.c.id == delivery_id).values(leased_until=None))

    def fares(self, subscription_id: int, failures: int, rests_until: datetime | None, problem: str | None) -> None:
        values = {"failures": failures, "rests_until": rests_until, "problem": problem}
        self._run(update(subscriptions).where(subscriptions.c.id == subscription_id).values(values))

    def failures(self, subscription_id: int) -> int:
        own = subscriptions.c.id == subscription_id
        return int(self._run(select(subscriptions.c.failures).where(own).with_for_update()).scalar_one())

    def forget(self, before: datetime) -> None:
        old = select(events.c.id).where(events.c.at < before)
        self._run(delete(deliveries).where(deliveries.c.event_id.in_(old)))
        self._run(delete(events).where(events.c.at < before))


def _event(row: Row[Any]) -> Event:
    return Event(row.id, EventKind(row.kind), row.at, row.facts)


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        client_id=row.client_id,
        url=row.url,
        secret=row.secret,
        kinds=tuple(row.kinds),
        created_at=row.created_at,
        failures=row.failures,
        problem=row.problem,
    )
