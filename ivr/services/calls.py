"""The life of a call: begun, followed step by step, finished, or taken up again after a cut line."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.journal import CallRecord, StepRow
from ivr.domain.rules import Rules
from ivr.services.ports import Work

CUT_OFF = frozenset({"hangup", "trouble", "crash"})
"""Outcomes after which the caller may want to go on where he was (P011)."""
OPERATOR = "operator"


class StepLike(Protocol):
    """A step as a story tells it."""

    @property
    def step(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def outcome(self) -> str: ...
    @property
    def waited_ms(self) -> int: ...
    @property
    def wording(self) -> str: ...
    @property
    def at(self) -> datetime: ...


def begin(work: Work, *, call_key: str, caller: PhoneNumber | None, line: str, now: datetime, node: str = "") -> None:
    """Note that a call has come; a repeat changes nothing. `node` names the process that serves it."""
    record = CallRecord(call_key, caller, line, begun_at=now, seen_at=now, progress={}, node=node)
    with work:
        work.calls.begin(record)
        work.commit()


def keep(
    work: Work,
    call_key: str,
    rows: Iterable[StepLike] = (),
    *,
    entered: Mapping[str, Any] | None = None,
    held_until: datetime | None = None,
) -> None:
    """Keep journal rows, and what was entered so far, in one transaction; the rows hold no personal value.

    What was entered is for a caller cut off and for the operator. An answered question is a sign of life: what the
    call holds it holds until `held_until` (D-14).
    """
    kept = [StepRow(row.step, row.attempt, row.outcome, row.waited_ms, row.wording, row.at) for row in rows]
    with work:
        work.calls.add_steps(call_key, kept)
        if entered is not None:
            work.calls.save_progress(call_key, entered)
        if held_until is not None:
            work.slots.renew(call_key, held_until)
        work.commit()


def finish(work: Work, call_key: str, *, outcome: str, detail: str | None, now: datetime) -> None:
    """Close the call and let go of its hold, which travels on where an operator takes the call over."""
    with work:
        work.calls.finish(call_key, outcome=outcome, detail=detail, now=now)
        if outcome != OPERATOR:
            work.slots.release(call_key)
        work.commit()


def unfinished(work: Work, caller: PhoneNumber, *, rules: Rules, now: datetime) -> CallRecord | None:
    """The call of a caller cut off less than ten minutes ago, if he was identified; told once (P011)."""
    with work:
        for record in work.calls.recent(caller, now - rules.resume_within):
            if _cut_off(record, rules, now) and work.calls.resume(record.key, now):
                work.commit()
                return record
    return None


def close_crashed(work: Work, node: str, *, now: datetime) -> int:
    """Calls that the former self of a process left open are over: those begun before `now`, when it started.

    Returns how many.
    """
    with work:
        left = [record for record in work.calls.running(node) if record.begun_at < now]
        for record in left:
            # They ended when they were last seen, not when somebody noticed.
            work.calls.finish(record.key, outcome="crash", detail="process died", now=record.seen_at)
            work.slots.release(record.key)
        work.commit()
    return len(left)


def of_key(work: Work, call_key: str) -> CallRecord:
    """Raises NotFound."""
    with work.reading():
        return work.calls.get(call_key)


def journal(work: Work, call_key: str) -> list[StepRow]:
    """The steps of a call, in order."""
    with work.reading():
        return work.calls.steps(call_key)


def _cut_off(record: CallRecord, rules: Rules, now: datetime) -> bool:
    """True where its caller may go on; what changes a booking there is needs him identified again (4.2)."""
    entered = record.progress
    if record.resumed_at is not None or entered.get("patient_id") is None or entered.get("purpose") is None:
        return False
    if entered.get("moves") is not None:
        return False
    if record.ended_at is not None:
        return record.outcome in CUT_OFF
    # Not ended and not heard of: its process died. While it lives it may be another person at the same number.
    return now - record.seen_at >= rules.lost_after
