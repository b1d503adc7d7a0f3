"""Messages to patients: each once by its key, leased to one worker at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update

from ivr.domain.notice import Method, NewNotice, Notice, NoticeKind, NoticeStatus
from ivr.storage.register import Register, found, upsert
from ivr.storage.tables import notices


class NoticeRegister(Register):
    def add(self, notice: NewNotice, status: NoticeStatus, now: datetime) -> int:
        row = {
            "key": notice.key,
            "kind": notice.kind.value,
            "method": notice.method.value,
            "address": notice.address,
            "due_at": notice.due_at,
            "expires_at": notice.expires_at,
            "patient_id": notice.patient_id,
            "booking_id": notice.booking_id,
            "task_id": notice.task_id,
            "facts": dict(notice.facts),
            "status": status.value,
            "created_at": now,
        }
        self._run(upsert(self._connection, notices).values(row).on_conflict_do_nothing())
        return int(self._run(select(notices.c.id).where(notices.c.key == notice.key)).scalar_one())

    def get(self, notice_id: int) -> Notice:
        return found(self._one(notices.c.id == notice_id), f"notice {notice_id}")

    def of_provider(self, provider_id: str) -> Notice | None:
        # Providers begin to count anew now and then: the newest is meant.
        return next(reversed(self._all(notices.c.provider_id == provider_id)), None)

    def lease(self, methods: Sequence[Method], until: datetime, now: datetime, limit: int) -> list[Notice]:
        due = (notices.c.due_at <= now) & notices.c.method.in_([method.value for method in methods])
        nobodys = notices.c.leased_until.is_(None) | (notices.c.leased_until <= now)
        chosen = select(notices.c.id).where(_WAITING, due, nobodys).order_by(notices.c.due_at, notices.c.id)
        ids = list(self._run(chosen.limit(limit).with_for_update(skip_locked=True)).scalars())
        taken = {"leased_until": until, "attempts": notices.c.attempts + 1}
        self._run(update(notices).where(notices.c.id.in_(ids)).values(taken))
        return self._all(notices.c.id.in_(ids))

    def save(self, notice: Notice, *, due_at: datetime | None = None) -> None:
        values: dict[str, Any] = {
            "status": notice.status.value,
            "provider_id": notice.provider_id,
            "sent_at": notice.sent_at,
            "settled_at": notice.settled_at,
            "problem": notice.problem,
            "leased_until": None,
        }
        if due_at is not None:
            values["due_at"] = due_at
        self._run(update(notices).where(notices.c.id == notice.id).values(values))

    def drop(self, booking_id: int, kinds: Sequence[NoticeKind], now: datetime) -> None:
        about = (notices.c.booking_id == booking_id) & notices.c.kind.in_([kind.value for kind in kinds])
        expired = {"status": NoticeStatus.EXPIRED.value, "settled_at": now}
        self._run(update(notices).where(_WAITING & about).values(expired))

    def unsent(self, patient_id: int) -> list[Notice]:
        return self._all(_WAITING & (notices.c.patient_id == patient_id))

    def feed(self, after: int, limit: int) -> list[Notice]:
        ours = (notices.c.method == Method.FEED.value) & (notices.c.id > after)
        return [_notice(row) for row in self._run(select(notices).where(ours).order_by(notices.c.id).limit(limit))]

    def waiting(self) -> int:
        return len(self._run(select(notices.c.id).where(_WAITING)).scalars().all())

    def _one(self, condition: ColumnElement[bool]) -> Notice | None:
        return next(iter(self._all(condition)), None)

    def _all(self, condition: ColumnElement[bool]) -> list[Notice]:
        return [_notice(row) for row in self._run(select(notices).where(condition).order_by(notices.c.id))]


_WAITING = notices.c.status == NoticeStatus.WAITING.value


def _notice(row: Row[Any]) -> Notice:
    wanted = NewNotice(
        key=row.key,
        kind=NoticeKind(row.kind),
        method=Method(row.method),
        address=row.address,
        due_at=row.due_at,
        expires_at=row.expires_at,
        patient_id=row.patient_id,
        booking_id=row.booking_id,
        task_id=row.task_id,
        facts=row.facts,
    )
    return Notice(
        id=row.id,
        wanted=wanted,
        status=NoticeStatus(row.status),
        created_at=row.created_at,
        attempts=row.attempts,
        provider_id=row.provider_id,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
        problem=row.problem,
    )
