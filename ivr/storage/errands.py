"""Errands to the regional system: rows with a lease, so that a crash leaves them to the next one who looks."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update

from ivr.domain.errand import Errand, ErrandKind, ErrandStatus, NewErrand
from ivr.storage.register import Register, found
from ivr.storage.tables import errands

_OPEN = errands.c.status == ErrandStatus.OPEN.value


class ErrandRegister(Register):
    def add(self, errand: NewErrand, *, leased_until: datetime | None, now: datetime) -> int:
        values = asdict(errand) | {"kind": errand.kind.value, "session": str(errand.session)}
        state = {"status": ErrandStatus.OPEN.value, "created_at": now, "due_at": now, "leased_until": leased_until}
        return self._insert(errands, **values, **state, sent=0 if leased_until is None else 1)

    def get(self, errand_id: int) -> Errand:
        row = self._run(select(errands).where(errands.c.id == errand_id)).one_or_none()
        return _errand(found(row, f"errand {errand_id}"))

    def of_booking(self, booking_id: int) -> list[Errand]:
        chosen = select(errands).where(errands.c.booking_id == booking_id).order_by(errands.c.id)
        return [_errand(row) for row in self._run(chosen)]

    def claim(self, until: datetime, now: datetime, limit: int) -> list[Errand]:
        nobodys = or_(errands.c.leased_until.is_(None), errands.c.leased_until <= now)
        due = select(errands.c.id).where(_OPEN, errands.c.due_at <= now, nobodys).order_by(errands.c.due_at)
        ids = list(self._run(due.limit(limit).with_for_update(skip_locked=True)).scalars())
        claimed = update(errands).where(errands.c.id.in_(ids)).values(leased_until=until, sent=errands.c.sent + 1)
        return [_errand(row) for row in self._run(claimed.returning(*errands.c))]

    def later(self, errand: Errand, due_at: datetime, problem: str) -> None:
        values = {"due_at": due_at, "leased_until": None, "problem": problem}
        kept = {"sent": errand.sent, "unknown_since": errand.unknown_since}
        self._run(update(errands).where(errands.c.id == errand.id, _OPEN).values(values | kept))

    def end(self, errand_id: int, status: ErrandStatus, problem: str | None) -> None:
        values = {"status": status.value, "leased_until": None, "problem": problem}
        self._run(update(errands).where(errands.c.id == errand_id).values(values))

    def open_ones(self, *, puzzles: bool) -> list[Errand]:
        wanted = or_(_OPEN, errands.c.status == ErrandStatus.PUZZLE.value) if puzzles else _OPEN
        return [_errand(row) for row in self._run(select(errands).where(wanted).order_by(errands.c.id))]


def _errand(row: Row[Any]) -> Errand:
    return Errand(
        id=row.id,
        wanted=NewErrand(
            kind=ErrandKind(row.kind),
            booking_id=row.booking_id,
            session=UUID(row.session),
            key=row.key,
            call_key=row.call_key,
            by=row.by,
            clinic_reason=row.clinic_reason,
        ),
        status=ErrandStatus(row.status),
        created_at=row.created_at,
        sent=row.sent,
        unknown_since=row.unknown_since,
        problem=row.problem,
    )
