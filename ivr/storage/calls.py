"""Calls and their journal."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.journal import CallRecord, LiveCall, StepRow
from ivr.storage.register import Register, e164, found, phone
from ivr.storage.tables import calls, steps


class CallRegister(Register):
    def begin(self, record: CallRecord) -> None:
        if self._run(select(calls.c.call_key).where(calls.c.call_key == record.key)).first():
            return
        values = {
            "call_key": record.key,
            "caller": e164(record.caller),
            "line": record.line,
            "node": record.node,
            "begun_at": record.begun_at,
            "seen_at": record.seen_at,
            "progress": dict(record.progress),
        }
        self._run(insert(calls).values(values))
        self._changed("calls", record.key)

    def get(self, call_key: str) -> CallRecord:
        known = self._records(select(calls).where(calls.c.call_key == call_key))
        return found(next(iter(known), None), f"call {call_key}")

    def save_progress(self, call_key: str, progress: Mapping[str, Any]) -> None:
        self._run(update(calls).where(calls.c.call_key == call_key).values(progress=dict(progress)))

    def add_steps(self, call_key: str, rows: Sequence[StepRow]) -> None:
        if not rows:
            return
        self._run(insert(steps), [{"call_key": call_key, **asdict(row)} for row in rows])
        seen = max(row.at for row in rows)
        self._run(update(calls).where(calls.c.call_key == call_key, calls.c.seen_at < seen).values(seen_at=seen))
        self._changed("calls", call_key)

    def steps(self, call_key: str) -> list[StepRow]:
        own = steps.c
        chosen = select(own.step, own.attempt, own.outcome, own.waited_ms, own.wording, own.at)
        rows = self._run(chosen.where(own.call_key == call_key).order_by(own.id))
        return [StepRow(**row._mapping) for row in rows]

    def finish(self, call_key: str, *, outcome: str, detail: str | None, now: datetime) -> None:
        ending = {"outcome": outcome, "detail": detail, "ended_at": now, "seen_at": now}
        self._run(update(calls).where(calls.c.call_key == call_key).values(ending))
        self._changed("calls", call_key)

    def of_caller(self, caller: PhoneNumber, limit: int) -> list[CallRecord]:
        own = select(calls).where(calls.c.caller == caller.e164)
        return self._records(own.order_by(calls.c.begun_at.desc()).limit(limit))

    def recent(self, caller: PhoneNumber, since: datetime) -> list[CallRecord]:
        known = select(calls).where(calls.c.caller == caller.e164, calls.c.seen_at > since)
        return self._records(known.order_by(calls.c.begun_at.desc()))

    def running(self, node: str) -> list[CallRecord]:
        return self._records(select(calls).where(calls.c.node == node, calls.c.ended_at.is_(None)))

    def live(self, seen_since: datetime) -> list[LiveCall]:
        own = steps.alias()
        newest = select(func.max(own.c.id)).where(own.c.call_key == calls.c.call_key).scalar_subquery()
        chosen = (
            select(calls.c.call_key, calls.c.begun_at, steps.c.step, steps.c.at)
            .select_from(calls.outerjoin(steps, steps.c.id == newest))
            .where(calls.c.ended_at.is_(None), calls.c.seen_at > seen_since)
            .order_by(calls.c.begun_at, calls.c.call_key)
        )
        return [LiveCall(row.call_key, row.begun_at, row.step, row.at) for row in self._run(chosen)]

    def resume(self, call_key: str, now: datetime) -> bool:
        unused = (calls.c.call_key == call_key) & calls.c.resumed_at.is_(None)
        return self._run(update(calls).where(unused).values(resumed_at=now)).rowcount == 1

    def _records(self, chosen: Select[Any]) -> list[CallRecord]:
        return [_record(row) for row in self._run(chosen)]


def _record(row: Row[Any]) -> CallRecord:
    return CallRecord(
        key=row.call_key,
        caller=phone(row.caller),
        line=row.line,
        begun_at=row.begun_at,
        seen_at=row.seen_at,
        progress=row.progress,
        outcome=row.outcome,
        detail=row.detail,
        ended_at=row.ended_at,
        resumed_at=row.resumed_at,
        node=row.node,
    )
