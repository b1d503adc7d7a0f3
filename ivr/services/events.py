"""What other systems are told: a feed that they read, and webhooks, each a row with a lease, at least once.

Rows are written by the registers that keep bookings and the waiting list, in the transaction of the change.
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Protocol
from urllib.parse import urlsplit

from ivr.domain.client import Client, Scope
from ivr.domain.event import Delivery, Event, EventKind, Subscription, pause_after
from ivr.domain.refusals import KeyReused, NotFound
from ivr.services.notices import UNSETTLED
from ivr.services.ports import Work

LEASE = timedelta(minutes=1)
"""Longer than a subscriber is waited for; after a crash it is sent again, with the same id."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
MOST_SUBSCRIPTIONS = 10


class BadAddress(ValueError):
    """No address to which this client's events may be sent; says why in Russian."""


@dataclass(frozen=True, slots=True)
class Feed:
    events: list[Event]
    next: int


class Events(Protocol):
    """Rows of events, subscriptions and deliveries."""

    def since(self, after: int, client_id: int | None, limit: int) -> list[Event]:
        """In their order, those with an id above `after`: of this client's bookings and entries; None: all."""

    def subscribe(self, wanted: Subscription, key: str) -> Subscription:
        """Store a new one (its id is not looked at); where the key is known, the one that has it.

        Raises SubscriptionEnded where that one stands no more.
        """

    def subscriptions(self, client_id: int) -> list[Subscription]: ...
    def unsubscribe(self, client_id: int, subscription_id: int, now: datetime) -> bool:
        """False where there is no such one; what waits for it is dropped."""

    def lease(self, until: datetime, now: datetime, limit: int) -> list[Delivery]:
        """Those that no other worker has, of subscribers who do not rest; each counts an attempt."""

    def settle(self, delivery_id: int, status: str, now: datetime) -> None: ...

    def let_go(self, delivery_id: int) -> None:
        """The lease ends: it is tried again."""

    def fares(self, subscription_id: int, failures: int, rests_until: datetime | None, problem: str | None) -> None:
        """How the subscriber is reached now."""

    def failures(self, subscription_id: int) -> int: ...
    def forget(self, before: datetime) -> None: ...


def feed(work: Work, client: Client, *, after: int, limit: int, now: datetime) -> Feed:
    """Events that concern the client, up to the first one that is too young: a neighbour with a lower id may come yet.

    Of visits and entries that it made itself; of all of them for the hospital's own staff (4.2).
    """
    whose = None if client.may(Scope.REGISTRY) else client.id
    with work.reading():
        found = work.events.since(after, whose, limit)
    settled = list(takewhile(lambda event: event.at <= now - UNSETTLED, found))
    return Feed(settled, settled[-1].id if settled else after)


def subscribe(work: Work, client: Client, url: str, kinds: Sequence[str], *, key: str, now: datetime) -> Subscription:
    """Events are sent there from now on. A repeated key returns the first one.

    Raises BadAddress; KeyReused where the key came with another wish, SubscriptionEnded where that one was ended.
    """
    must_be_ours(client, url)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    wanted = Subscription(0, client.id, url, secret, tuple(EventKind(kind).value for kind in kinds), now)
    with work:
        work.clients.lock(client.id)
        made = work.events.subscribe(wanted, key)
        if (made.url, made.kinds) != (wanted.url, wanted.kinds):
            raise KeyReused(key)
        if len(work.events.subscriptions(client.id)) > MOST_SUBSCRIPTIONS:  # a repeated key has added none
            raise BadAddress(f"Подписок уже {MOST_SUBSCRIPTIONS}: удалите лишнюю.")
        work.audit.add(who=client.who, action="events subscribed", detail={"subscription": made.id}, now=now)
        work.commit()
    return made


def must_be_ours(client: Client, url: str) -> None:
    """Raise BadAddress unless the hospital has named the host for this client, and nobody on the way can read along.

    The list of hosts is what keeps a client from making the hospital's server call whom it likes.
    """
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise BadAddress("Адрес не разобрать.") from None
    if parts.username is not None or parts.password is not None or parts.fragment or not url.isprintable():
        raise BadAddress("В адресе не должно быть имени, пароля и части после #.")
    if any(sign.isspace() for sign in url) or not url.isascii() or "\\" in url:
        raise BadAddress("Адрес не разобрать.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise BadAddress("Адрес начинается с https://.")
    if host not in client.hosts:
        raise BadAddress("Этот узел не назван при подключении системы: обратитесь к администратору больницы.")


def subscriptions(work: Work, client: Client) -> list[Subscription]:
    with work.reading():
        return work.events.subscriptions(client.id)


def unsubscribe(work: Work, client: Client, subscription_id: int, *, now: datetime) -> None:
    """Raises NotFound."""
    with work:
        if not work.events.unsubscribe(client.id, subscription_id, now):
            raise NotFound(f"subscription {subscription_id}")
        work.audit.add(who=client.who, action="events unsubscribed", detail={"subscription": subscription_id}, now=now)
        work.commit()


def lease(work: Work, *, now: datetime, limit: int = 8) -> list[Delivery]:
    """What is to be sent now; what is of no use any more is ended."""
    with work:
        leased = work.events.lease(now + LEASE, now, limit)
        late = [one for one in leased if now >= one.expires_at]
        for one in late:
            work.events.settle(one.id, "EXPIRED", now)
        work.commit()
    return [one for one in leased if one not in late]


def sent(work: Work, delivery: Delivery, *, now: datetime) -> None:
    """The subscriber has taken it."""
    with work:
        work.events.settle(delivery.id, "SENT", now)
        work.events.fares(delivery.to.id, 0, None, None)
        work.commit()


def not_sent(work: Work, delivery: Delivery, problem: str, *, now: datetime) -> None:
    """The subscriber rests for a growing time, whatever waits for it; others are not kept waiting."""
    with work:
        failures = work.events.failures(delivery.to.id) + 1
        work.events.let_go(delivery.id)
        work.events.fares(delivery.to.id, failures, now + pause_after(failures), problem)
        work.commit()


def gone(work: Work, delivery: Delivery, *, now: datetime) -> None:
    """The subscriber says 410: nobody lives there any more."""
    with work:
        work.events.unsubscribe(delivery.to.client_id, delivery.to.id, now)
        work.commit()
