"""What doctors have arranged after visits."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from ivr.domain.follow_up import FollowUp, FollowUpKind
from ivr.storage.register import Register, found
from ivr.storage.tables import follow_ups


class FollowUpRegister(Register):
    def add(self, follow_up: FollowUp) -> int:
        values = asdict(follow_up) | {"kind": follow_up.kind.value}
        del values["id"]
        return self._insert(follow_ups, **values)

    def get(self, follow_up_id: int) -> FollowUp:
        row = self._run(select(follow_ups).where(follow_ups.c.id == follow_up_id)).one_or_none()
        return _follow_up(found(row, f"follow-up {follow_up_id}"))

    def of_key(self, key: str) -> FollowUp | None:
        row = self._run(select(follow_ups).where(follow_ups.c.key == key)).one_or_none()
        return None if row is None else _follow_up(row)

    def of_visit(self, visit_id: int) -> list[FollowUp]:
        own = select(follow_ups).where(follow_ups.c.visit_id == visit_id)
        return [_follow_up(row) for row in self._run(own.order_by(follow_ups.c.id))]

    def undo(self, follow_up_id: int, now: datetime) -> None:
        self._run(update(follow_ups).where(follow_ups.c.id == follow_up_id).values(undone_at=now))


def _follow_up(row: Row[Any]) -> FollowUp:
    return FollowUp(**{**row._mapping, "kind": FollowUpKind(row.kind)})
