"""Sends what is due: leases rows, hands them to the gateways, keeps what the providers tell of them."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.domain.notice import Letterhead, Method, Notice, NoticeKind, text_of
from ivr.notices.delivery import Event, Gateway, Message, NotTaken, Receipt
from ivr.services import notices
from ivr.services.ports import Work

log = logging.getLogger(__name__)

A_TURN = 10
"""Messages sent before receipts are heard again."""
UNKNOWN_FOR = timedelta(minutes=1)
"""A receipt may come before another worker has stored that the message was taken; one of nobody is let go then."""
CANCELS = frozenset({NoticeKind.CANCELLED, NoticeKind.CLINIC_CANCELLED})


@dataclass(slots=True)
class Tally:
    """What a worker has done since it began."""

    sent: int = 0
    delivered: int = 0
    failed: int = 0


class Worker:
    """Used by one thread, as the gateways are."""

    def __init__(
        self,
        new_work: Callable[[], Work],
        gateways: Mapping[Method, Gateway],
        *,
        head: Callable[[], Letterhead],
        place: str,
        now: Callable[[], datetime],
    ) -> None:
        """`place` stands in the calendar: the hospital's name."""
        self._new_work, self._gateways, self._head, self._place, self._now = new_work, gateways, head, place, now
        self._unknown: dict[str, datetime] = {}
        self.tally = Tally()

    def turn(self) -> int:
        """Send what is due now and store what has been told since; how many were tried. Raises StorageDown."""
        tried = 0
        while tried < A_TURN and (notice := notices.lease(self._new_work(), list(self._gateways), now=self._now())):
            self._send(notice)
            tried += 1
        for method, gateway in self._gateways.items():
            self._hear(method, gateway)
        return tried

    def close(self) -> None:
        for gateway in self._gateways.values():
            gateway.close()

    def _send(self, notice: Notice) -> None:
        method = notice.wanted.method
        try:
            provider_id = self._gateways[method].send(self._message(notice), self._now())
        except NotTaken as problem:
            self.tally.failed += 1
            log.warning("not sent", extra={"notice": notice.id, "reason": str(problem), "final": problem.final})
            notices.not_sent(self._new_work(), notice.id, str(problem), final=problem.final, now=self._now())
            return
        self.tally.sent += 1
        log.info("sent", extra={"notice": notice.id, "kind": notice.wanted.kind, "method": method})
        known = None if provider_id is None else _known(method, provider_id)
        notices.sent(self._new_work(), notice.id, known, now=self._now())

    def _message(self, notice: Notice) -> Message:
        wanted = notice.wanted
        event = None
        if wanted.method is Method.EMAIL and "starts_at" in wanted.facts:
            event = Event(
                uid=wanted.facts["uid"],
                sequence=notice.id,
                starts_at=datetime.fromisoformat(wanted.facts["starts_at"]),
                lasts=timedelta(minutes=int(wanted.facts["minutes"])),
                place=f"{self._place}, каб. {wanted.facts['room']}",
                cancelled=wanted.kind in CANCELS,
            )
        text = text_of(wanted, self._head(), self._now())
        return Message(wanted.key, wanted.address, text, wanted.expires_at, event)

    def _hear(self, method: Method, gateway: Gateway) -> None:
        try:
            told = gateway.receipts()
            gateway.kept([receipt for receipt in told if self._kept(method, receipt)])
        except NotTaken as problem:
            log.warning("the gateway is not there", extra={"method": method, "reason": str(problem)})

    def _kept(self, method: Method, receipt: Receipt) -> bool:
        known, now = _known(method, receipt.provider_id), self._now()
        if notices.receipt(self._new_work(), known, delivered=receipt.delivered, problem=receipt.problem, now=now):
            self.tally.delivered += receipt.delivered
            self._unknown.pop(known, None)
            return True
        return now - self._unknown.setdefault(known, now) > UNKNOWN_FOR


def _known(method: Method, provider_id: str) -> str:
    """Two providers may give the same id."""
    return f"{method}:{provider_id}"
