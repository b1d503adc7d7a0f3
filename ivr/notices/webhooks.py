"""Events brought to other systems: each signed, at least once, with the event's own id (Standard Webhooks).

    POST {url}     {"id", "kind", "at", "booking"?, "slot"?, "entry"?, "patient"?, "replaces"?}
    webhook-id: {id}    webhook-timestamp: {unix seconds}    webhook-signature: v1,{base64}

The signature is HMAC-SHA256 of `id.timestamp.body` by the secret of the subscription. 2xx: taken; 410: nobody lives
there any more; all else is tried again after a growing pause. What the subscriber answers is not read.
"""

import base64
import hashlib
import hmac
import json
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import HTTPException

from ivr import over_http
from ivr.domain.event import Delivery, Event
from ivr.services import events
from ivr.services.ports import Work

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Subscribers waited for at once: a slow one keeps few others waiting, and not for long."""
GONE = 410


class NotTaken(Exception):
    """The subscriber did not take it; says why, without what it answered."""

    def __init__(self, problem: str, *, gone: bool = False) -> None:
        super().__init__(problem)
        self.gone = gone


class Courier:
    """Used by one thread; it sends by several."""

    def __init__(self, new_work: Callable[[], Work], *, now: Callable[[], datetime], seconds: float = 10.0) -> None:
        self._new_work, self._now, self._seconds = new_work, now, seconds
        self._hands = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._tls = ssl.create_default_context()

    def turn(self) -> int:
        """Bring what is due now; how many were tried. Raises StorageDown: then they are tried again."""
        due = events.lease(self._new_work(), now=self._now(), limit=AT_ONCE)
        for delivery, problem in zip(due, self._hands.map(self._tried, due), strict=True):
            self._keep(delivery, problem)
        return len(due)

    def close(self) -> None:
        self._hands.shutdown()

    def _tried(self, delivery: Delivery) -> NotTaken | None:
        try:
            self._bring(delivery)
        except NotTaken as problem:
            return problem
        return None

    def _bring(self, delivery: Delivery) -> None:
        body = body_of(delivery.event)
        headers = signed(delivery.event.id, body, delivery.to.secret, self._now())
        try:
            status = over_http.ask(
                "POST", delivery.to.url, body, headers, seconds=self._seconds, most_bytes=0, tls=self._tls
            ).status
        except (OSError, HTTPException, ValueError) as problem:
            raise NotTaken(over_http.kind_of(problem)) from None
        # Nor does a redirect take it: events go to the address that was agreed upon and nowhere else.
        if not 200 <= status < 300:
            raise NotTaken(f"HTTP {status}", gone=status == GONE)

    def _keep(self, delivery: Delivery, problem: NotTaken | None) -> None:
        where = {"event": delivery.event.id, "subscription": delivery.to.id}
        if problem is None:
            events.sent(self._new_work(), delivery, now=self._now())
        elif problem.gone:
            log.warning("a subscriber is gone", extra=where)
            events.gone(self._new_work(), delivery, now=self._now())
        else:
            log.warning("an event was not taken", extra=where | {"reason": str(problem)})
            events.not_sent(self._new_work(), delivery, str(problem), now=self._now())


def body_of(event: Event) -> bytes:
    return json.dumps({"id": event.id, "kind": event.kind, "at": event.at.isoformat(), **event.facts}).encode()


def signed(event_id: int, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers by which the subscriber knows who sends, what, and that it is not an old message again."""
    moment = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{event_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": str(event_id),
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
