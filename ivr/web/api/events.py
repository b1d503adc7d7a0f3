"""What has happened, as a feed; and who wants to be told of it at once."""

from ivr.domain.client import Scope
from ivr.domain.event import EventKind, Subscription
from ivr.domain.refusals import KeyReused, NotFound, SubscriptionEnded
from ivr.services import events
from ivr.services.events import BadAddress
from ivr.web.api import shown
from ivr.web.api.endpoint import Part
from ivr.web.api.invalid import refuse_field
from ivr.web.api.models import (
    After,
    Event,
    Events,
    NewSubscription,
    NewSubscriptionShown,
    Subscriptions,
    SubscriptionShown,
)
from ivr.web.clients import client
from ivr.web.problems import Problem
from ivr.web.site import run, site

told = Part("События", (Scope.EVENTS,))


@told.get("/events", "Что произошло после прочитанного, не позже чем 30 секунд назад", Events)
def feed(query: After) -> Events:
    found = run(events.feed, client(), after=query.after, limit=query.limit, now=site().now())
    listed = [Event(id=one.id, kind=one.kind, at=shown.local(one.at), **one.facts) for one in found.events]
    return Events(events=listed, next=found.next)


@told.get("/subscriptions", "Куда посылаются события", Subscriptions)
def subscribed() -> Subscriptions:
    found = run(events.subscriptions, client())
    return Subscriptions(subscriptions=[SubscriptionShown(**_subscription(one)) for one in found])


@told.post(
    "/subscriptions",
    "Посылать события",
    NewSubscriptionShown,
    status=201,
    remembered=False,
    refusals=(KeyReused, SubscriptionEnded),
)
def subscribe(body: NewSubscription, key: str) -> NewSubscriptionShown:
    if not site().extras.get("webhooks"):
        raise Problem(409, "webhooks_off", "Эта больница событий не рассылает: читайте их по GET /events.")
    if strange := next((kind for kind in body.kinds if kind not in list(EventKind)), None):
        raise refuse_field("kinds", "enum", f"Можно одно из: {', '.join(EventKind)}; не {strange[:40]!r}.")
    try:
        made = run(events.subscribe, client(), body.url, body.kinds, key=key, now=site().now())
    except BadAddress as problem:
        raise refuse_field("url", "bad_address", str(problem)) from None
    return NewSubscriptionShown(**_subscription(made), secret=made.secret)


@told.delete("/subscriptions/<int:subscription>", "Больше не посылать", refusals=(NotFound,))
def unsubscribe(subscription: int) -> None:
    run(events.unsubscribe, client(), subscription, now=site().now())


def _subscription(one: Subscription) -> dict[str, object]:
    return {
        "id": one.id,
        "url": one.url,
        "kinds": list(one.kinds),
        "created_at": shown.local(one.created_at),
        "failures": one.failures,
        "problem": one.problem,
    }
