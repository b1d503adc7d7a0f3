"""Messages to patients: each a row in the transaction that causes it, sent by a worker with a lease (S1.7, S3.5)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Protocol

from ivr.domain.booking import Booking
from ivr.domain.consent import Consent, ConsentPurpose
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method, NewNotice, Notice, NoticeKind, NoticeStatus, pause_after
from ivr.domain.rules import Rules
from ivr.domain.tasks import TaskOwner
from ivr.services import standing
from ivr.services.ports import Work

LEASE = timedelta(minutes=2)
"""Longer than any provider takes to answer; after a crash another worker sends it."""
UNSETTLED = timedelta(seconds=30)
"""No transaction lasts longer: behind a younger one a reader could miss a neighbour with a lower id."""
OF_USE = timedelta(days=1)
"""A message about what has happened is of no use later."""
CHOSEN = (ConsentPurpose.NOTICE, ConsentPurpose.SMS_TALON)
"""Purposes of consent that say how a patient wants to be told, the first one before the second."""


class Notices(Protocol):
    """Rows of messages."""

    def add(self, notice: NewNotice, status: NoticeStatus, now: datetime) -> int:
        """Its id; where the key is known, the id of the message that has it."""

    def get(self, notice_id: int) -> Notice:
        """Raises NotFound."""

    def of_provider(self, provider_id: str) -> Notice | None: ...

    def lease(self, methods: Sequence[Method], until: datetime, now: datetime, limit: int) -> list[Notice]:
        """Due ones that no other worker has now, the oldest first; each counts an attempt."""

    def save(self, notice: Notice, *, due_at: datetime | None = None) -> None:
        """Keep what became of it; with `due_at` it is tried again then."""

    def drop(self, booking_id: int, kinds: Sequence[NoticeKind], now: datetime) -> None:
        """What has not been sent about a booking is of no use any more."""

    def unsent(self, patient_id: int) -> list[Notice]:
        """Those to a patient that no provider has taken, in their order."""

    def feed(self, after: int, limit: int) -> list[Notice]:
        """Of the feed, in their order, those with an id above `after`."""

    def waiting(self) -> int: ...


def chosen(work: Work, visit: Booking) -> Consent | None:
    """How the patient wants to be told about this visit, or about the one it took the place of; None: not at all."""
    answer = standing.first_answer(work, visit, *CHOSEN)
    return answer if answer is not None and answer.given else None


def changed(work: Work, visit: Booking, kind: NoticeKind, now: datetime) -> bool:
    """Within the transaction of the change: tell it by the chosen method and no other. False: he wants none."""
    answer = chosen(work, visit)
    if answer is None or answer.method == Method.CALL:
        return False
    method = Method(answer.method)
    address = "" if method is Method.FEED else _address(answer, visit, method)
    if address is None:
        return False
    _write(work, _about(work, visit, kind, method, address, now), now)
    return True


def _address(answer: Consent, visit: Booking, method: Method) -> str | None:
    if method is Method.EMAIL:
        return answer.email
    phone = answer.phone or visit.contact
    return phone.e164 if phone is not None and phone.is_mobile else None


def _about(work: Work, visit: Booking, kind: NoticeKind, method: Method, address: str, now: datetime) -> NewNotice:
    return NewNotice(
        key=f"{kind.lower()}-{visit.id}",
        kind=kind,
        method=method,
        address=address,
        due_at=now,
        expires_at=max(visit.slot.starts_at, now + timedelta(minutes=1)) if kind in _AHEAD else now + OF_USE,
        patient_id=visit.patient_id,
        booking_id=visit.id,
        facts={
            "starts_at": visit.slot.starts_at.isoformat(),
            "minutes": str(visit.slot.minutes),
            "room": visit.slot.room,
            "uid": f"visit-{_first(work, visit).id}",
        },
    )


def _first(work: Work, visit: Booking) -> Booking:
    """The booking that was moved, and moved again, to this one."""
    while visit.replaces_id is not None:
        visit = work.bookings.get(visit.replaces_id)
    return visit


_AHEAD = frozenset({NoticeKind.BOOKED, NoticeKind.MOVED, NoticeKind.REMINDER})


def _write(work: Work, notice: NewNotice, now: datetime) -> None:
    # Whoever reads the feed fetches it himself: written is delivered.
    status = NoticeStatus.DELIVERED if notice.method is Method.FEED else NoticeStatus.WAITING
    work.notices.add(notice, status, now)


def instead_of_a_call(
    work: Work, kind: NoticeKind, visit: Booking, phone: PhoneNumber | None, task_id: int, rules: Rules, now: datetime
) -> bool:
    """Within a transaction: an SMS where the robot has not reached him; False where none can or may be sent (1.6)."""
    if not rules.sends_sms or phone is None or not phone.is_mobile or not _may_be_sms(work, visit, phone):
        return False
    notice = _about(work, visit, kind, Method.SMS, phone.e164, now)
    _write(work, replace(notice, key=f"task-{task_id}", task_id=task_id), now)
    return True


def _may_be_sms(work: Work, visit: Booking, phone: PhoneNumber) -> bool:
    """Who has chosen a method is told by it and no other (S1.7, S3.5); who wants no robot has to have chosen SMS."""
    reminded = standing.answer(work, visit, ConsentPurpose.REMINDER)
    if reminded is not None and reminded.given and reminded.method == Method.SMS:
        return True
    told = chosen(work, visit)
    return not work.opt_outs.has(phone) if told is None else told.method == Method.SMS


def promised(work: Work, visit: Booking, kind: NoticeKind, rules: Rules, now: datetime) -> bool:
    """Within a transaction: the SMS that a caller was promised (X14), to the telephone he used; False: none can be."""
    phone = visit.contact
    if not rules.sends_sms or phone is None or not phone.is_mobile:
        return False
    _write(work, replace(_about(work, visit, kind, Method.SMS, phone.e164, now), key=f"promised-{visit.id}"), now)
    return True


def lease(work: Work, methods: Sequence[Method], *, now: datetime) -> Notice | None:
    """The message to send now, its attempt counted; those before it that are of no use any more are ended.

    One at a time: what waits behind a slow provider must neither outlive its lease nor miss that it is not wanted.
    """
    with work:
        while due := work.notices.lease(methods, now + LEASE, now, 1):
            (notice,) = due
            if now < notice.wanted.expires_at:
                work.commit()
                return notice
            _end(work, notice, NoticeStatus.EXPIRED, notice.problem, now)
        work.commit()
    return None


def sent(work: Work, notice_id: int, provider_id: str | None, *, now: datetime) -> None:
    """The provider has taken it."""
    with work:
        notice = work.notices.get(notice_id)
        if notice.status is NoticeStatus.WAITING:
            work.notices.save(replace(notice, status=NoticeStatus.SENT, provider_id=provider_id, sent_at=now))
            work.commit()


def not_sent(work: Work, notice_id: int, problem: str, *, final: bool, now: datetime) -> None:
    """The provider did not take it: tried again after a growing pause, or never."""
    with work:
        notice = work.notices.get(notice_id)
        if notice.status is NoticeStatus.WAITING:
            again = now + pause_after(notice.attempts)
            if final or again >= notice.wanted.expires_at:
                _end(work, notice, NoticeStatus.FAILED, problem, now)
            else:
                work.notices.save(replace(notice, problem=problem), due_at=again)
            work.commit()


def receipt(work: Work, provider_id: str, *, delivered: bool, problem: str | None, now: datetime) -> bool:
    """What the provider tells of a message that it took; a repeat changes nothing. False where it is none of ours."""
    with work:
        notice = work.notices.of_provider(provider_id)
        if notice is not None and notice.status is NoticeStatus.SENT:
            _end(work, notice, NoticeStatus.DELIVERED if delivered else NoticeStatus.FAILED, problem, now)
            work.commit()
    return notice is not None


def taken_back(work: Work, patient_id: int, now: datetime) -> None:
    """Within the transaction of a withdrawal: what waits to be sent and is not wanted any more is not sent."""
    for notice in work.notices.unsent(patient_id):
        if not _is_wanted(work, notice.wanted):
            _end(work, notice, NoticeStatus.EXPIRED, "withdrawn", now)


def _is_wanted(work: Work, notice: NewNotice) -> bool:
    if notice.booking_id is None:
        return True
    visit = work.bookings.get(notice.booking_id)
    if notice.task_id is None:
        return chosen(work, visit) is not None
    if notice.kind is not NoticeKind.REMINDER:  # what the hospital has to tell needs no consent
        return True
    answer = standing.answer(work, visit, ConsentPurpose.REMINDER)
    return answer is None or answer.given


def _end(work: Work, notice: Notice, status: NoticeStatus, problem: str | None, now: datetime) -> None:
    work.notices.save(replace(notice, status=status, problem=problem, settled_at=now))
    if status is not NoticeStatus.DELIVERED and notice.wanted.task_id is not None:
        # Neither the robot nor the message has reached him: a person does (1.6).
        work.tasks.hand_over(notice.wanted.task_id, TaskOwner.REGISTRY, now)


def feed(work: Work, *, after: int, now: datetime, limit: int = 100) -> list[Notice]:
    """Messages of the feed behind that id, in their order, up to the first one that is too young."""
    with work.reading():
        found = work.notices.feed(after, limit)
    return list(takewhile(lambda notice: notice.created_at <= now - UNSETTLED, found))
