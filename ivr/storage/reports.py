"""Sums for reports. Hours are those of UTC: the hospital's zone is laid over them by whole hours."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    String,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from ivr.domain.booking import BookingStatus
from ivr.domain.slot import REMOTE, SlotState
from ivr.domain.tasks import TaskKind, TaskStatus
from ivr.domain.waiting_list import WaitingStatus
from ivr.services.report_ports import (
    BookingCount,
    CallHour,
    PromiseCount,
    QueueHour,
    SlotCount,
    SlotFill,
    StateTime,
    StepCount,
    StepEnd,
    TalkHour,
    VisitCount,
)
from ivr.storage.grid import AWAY, FILLED
from ivr.storage.register import Register
from ivr.storage.slots import slot_of
from ivr.storage.tables import bookings, calls, operator_calls, operator_states, slots, specialities, steps, tasks
from ivr.storage.tables import waiting_entries as entries
from ivr.storage.types import Utc, bit_of

TALKED = ("ANSWERED", "TRANSFERRED")
FAILED = ("silence", "noise")
SERVED = (WaitingStatus.BOOKED.value, WaitingStatus.CLOSED_OTHER_BOOKING.value)
NOBODY_THERE = ("queue.closed", "queue.unserved")


class utc_hour(GenericFunction[str]):
    """The hour of a moment, as text."""

    type = String()
    inherit_cache = True


class seconds_between(GenericFunction[float]):
    type = Float()
    inherit_cache = True


@compiles(utc_hour, "sqlite")
def _hour_sqlite(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    return f"strftime('%Y-%m-%d %H', {compiler.process(element.clauses, **how)})"


@compiles(utc_hour, "postgresql")
def _hour_postgresql(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **how)} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    first, last = (compiler.process(one, **how) for one in element.clauses)
    return f"((julianday({last}) - julianday({first})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: Any, compiler: SQLCompiler, **how: Any) -> str:
    first, last = (compiler.process(one, **how) for one in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({last}) - ({first})) AS DOUBLE PRECISION)"


class ReportRegister(Register):
    def _rows(self, chosen: Select[Any]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._run(chosen)]

    def queue(self, since: datetime, before: datetime, within_s: int) -> list[QueueHour]:
        own = operator_calls.c
        answered = own.outcome.in_(TALKED)
        # A caller who is passed on, or goes back to the queue, is one caller: his first answer counts.
        decisive = func.min(case((answered, own.id))).over(partition_by=own.call_key)
        counted = (
            select(own.rang_at, own.waited_s, answered.label("answered"), own.id, decisive.label("decisive"))
            .where(own.rang_at >= since, own.rang_at < before, answered | (own.outcome == "ABANDONED"))
            .subquery()
        )
        one = counted.c
        hour = utc_hour(one.rang_at)
        chosen = (
            select(
                hour,
                _count(one.answered),
                _count(one.answered & (one.waited_s <= within_s)),
                _count(~one.answered),
                _sum(one.answered, one.waited_s),
            )
            .where((one.id == one.decisive) | one.decisive.is_(None))
            .group_by(hour)
            .order_by(hour)
        )
        return [QueueHour(_moment(row[0]), *row[1:]) for row in self._rows(chosen)]

    def talks(self, since: datetime, before: datetime) -> list[TalkHour]:
        own = operator_calls.c
        over = own.outcome.in_(TALKED) & own.answered_at.is_not(None) & own.ended_at.is_not(None)
        wrapped = over & own.wrapped_at.is_not(None)
        hour = utc_hour(own.rang_at)
        chosen = (
            select(
                hour,
                own.user_id,
                _count(over),
                _count(own.outcome == "MISSED"),
                _sum(over, own.waited_s),
                _sum(over, seconds_between(own.answered_at, own.ended_at)),
                _count(wrapped),
                _sum(wrapped, seconds_between(own.ended_at, own.wrapped_at)),
            )
            .where(own.rang_at >= since, own.rang_at < before, own.user_id.is_not(None))
            .group_by(hour, own.user_id)
            .order_by(hour, own.user_id)
        )
        return [TalkHour(_moment(row[0]), *row[1:]) for row in self._rows(chosen)]

    def states(self, since: datetime, before: datetime) -> list[StateTime]:
        own = operator_states.c
        first, last = literal(since, Utc()), literal(before, Utc())
        begins = case((own.since < first, first), else_=own.since)
        ends = case((own.until.is_(None) | (own.until > last), last), else_=own.until)
        chosen = (
            select(own.user_id, own.state, own.reason, func.sum(seconds_between(begins, ends)))
            .where(own.since < before, own.until.is_(None) | (own.until > since))
            .group_by(own.user_id, own.state, own.reason)
            .order_by(own.user_id, own.state, own.reason)
        )
        return [StateTime(*row) for row in self._rows(chosen)]

    def calls(self, since: datetime, before: datetime) -> list[CallHour]:
        hour = utc_hour(calls.c.begun_at)
        booked = exists().where(bookings.c.call_key == calls.c.call_key)
        closed = exists().where(steps.c.call_key == calls.c.call_key, steps.c.step.in_(NOBODY_THERE))
        within = select(
            hour.label("hour"), calls.c.outcome, calls.c.detail, booked.label("booked"), closed.label("closed")
        )
        one = within.where(_begun(since, before)).subquery()
        alike = (one.c.hour, one.c.outcome, one.c.detail, one.c.booked, one.c.closed)
        rows = self._rows(select(*alike, func.count()).group_by(*alike).order_by(one.c.hour))
        return [CallHour(_moment(row[0]), row[1], row[2], bool(row[3]), bool(row[4]), row[5]) for row in rows]

    def steps(self, since: datetime, before: datetime) -> list[StepCount]:
        failed = steps.c.outcome.in_(FAILED) | steps.c.outcome.like("error.%")
        reached = func.count(steps.c.call_key.distinct())
        chosen = (
            select(steps.c.step, reached, func.count(), _count(failed))
            .join(calls, calls.c.call_key == steps.c.call_key)
            .where(_begun(since, before))
            .group_by(steps.c.step)
            .order_by(reached.desc(), steps.c.step)
        )
        return [StepCount(*row) for row in self._rows(chosen)]

    def ends(self, since: datetime, before: datetime) -> list[StepEnd]:
        last = (
            select(func.max(steps.c.id).label("id"))
            .join(calls, calls.c.call_key == steps.c.call_key)
            .where(_begun(since, before), calls.c.outcome.is_not(None))
            .group_by(steps.c.call_key)
            .subquery()
        )
        alike = (steps.c.step, steps.c.outcome, calls.c.outcome)
        chosen: Select[Any] = (
            select(*alike, func.count())
            .join(last, last.c.id == steps.c.id)
            .join(calls, calls.c.call_key == steps.c.call_key)
            .group_by(*alike)
            .order_by(*alike)
        )
        return [StepEnd(*row) for row in self._rows(chosen)]

    def bookings(self, since: datetime, before: datetime) -> list[BookingCount]:
        own = bookings.c
        alike = (own.channel, own.speciality, own.status)
        within = (own.created_at >= since) & (own.created_at < before)
        chosen = select(*alike, func.count()).where(within).group_by(*alike).order_by(*alike)
        return [BookingCount(*row) for row in self._rows(chosen)]

    def visits(self, since: datetime, before: datetime) -> list[VisitCount]:
        alike = (bookings.c.speciality, bookings.c.status)
        within = (slots.c.starts_at >= since) & (slots.c.starts_at < before)
        joined = bookings.join(slots, slots.c.id == bookings.c.slot_id)
        chosen = select(*alike, func.count()).select_from(joined).where(within).group_by(*alike).order_by(*alike)
        return [VisitCount(*row) for row in self._rows(chosen)]

    def slots(self, since: datetime, before: datetime) -> list[SlotCount]:
        own, all_remote = slots.c, sum(bit_of(channel) for channel in REMOTE)
        alike = (
            own.speciality,
            own.kind,
            (type_coerce(own.channels, Integer).bitwise_and(all_remote) == all_remote).label("competitive"),
            own.release_at.is_not(None).label("reserve"),
        )
        within = (own.starts_at >= since) & (own.starts_at < before) & (own.state != SlotState.CLOSED.value)
        counted = select(*alike, func.count(), _count(own.state == SlotState.BOOKED.value)).where(within)
        return [SlotCount(*row) for row in self._rows(counted.group_by(*alike).order_by(own.speciality, own.kind))]

    def each_slot(self, since: datetime, before: datetime) -> list[SlotFill]:
        filling = and_(bookings.c.slot_id == slots.c.id, FILLED)
        chosen = select(slots, bookings.c.status.label("booked"), AWAY.label("away"))
        chosen = chosen.select_from(slots.outerjoin(bookings, filling))
        chosen = chosen.where(slots.c.starts_at >= since, slots.c.starts_at < before)
        rows = self._run(chosen.order_by(slots.c.starts_at, slots.c.id)).mappings()
        return [
            SlotFill(
                slot=slot_of(row),
                state=SlotState(row[slots.c.state]),
                status=None if row["booked"] is None else BookingStatus(row["booked"]),
                away=bool(row["away"]),
            )
            for row in rows
        ]

    def promises(self, since: datetime, before: datetime, now: datetime) -> list[PromiseCount]:
        return [*self._callbacks(since, before, now), *self._entries(since, before, now)]

    def _callbacks(self, since: datetime, before: datetime, now: datetime) -> list[PromiseCount]:
        own = tasks.c
        # The first attempt keeps the promise, whether or not it reached anybody.
        state = case(
            (own.status == TaskStatus.DROPPED.value, "DROPPED"),
            (own.tried_at.is_(None) & (own.due_at < now), "OVERDUE"),
            (own.tried_at.is_(None), "OPEN"),
            (own.tried_at <= own.due_at, "IN_TIME"),
            else_="LATE",
        ).label("state")
        within = (own.due_at >= since) & (own.due_at < before) & (own.kind == TaskKind.CALLBACK.value)
        one = select(state).where(within).subquery()
        chosen = select(one.c.state, func.count()).group_by(one.c.state).order_by(one.c.state)
        return [PromiseCount("CALLBACK", *row) for row in self._rows(chosen)]

    def _entries(self, since: datetime, before: datetime, now: datetime) -> list[PromiseCount]:
        own = entries.c
        served = own.status.in_(SERVED)
        state = case(
            (own.closed_at.is_(None) & (own.deadline < now), "OVERDUE"),
            (own.closed_at.is_(None), "OPEN"),
            (~served, "DROPPED"),
            (own.closed_at <= own.deadline, "IN_TIME"),
            else_="LATE",
        ).label("state")
        what = case((specialities.c.district, "DISTRICT"), else_="SPECIALIST").label("what")
        joined = entries.join(specialities, specialities.c.key == own.speciality)
        within = (own.deadline >= since) & (own.deadline < before)
        one = select(what, state).select_from(joined).where(within).subquery()
        alike = (one.c.what, one.c.state)
        return [
            PromiseCount(*row) for row in self._rows(select(*alike, func.count()).group_by(*alike).order_by(*alike))
        ]


def _begun(since: datetime, before: datetime) -> ColumnElement[bool]:
    return (calls.c.begun_at >= since) & (calls.c.begun_at < before)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0, type_=Integer())


def _sum(condition: ColumnElement[bool], value: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, value))), 0)


def _moment(hour: str) -> datetime:
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
