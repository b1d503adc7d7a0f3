"""Sums of the hospital's own calls, and what became of freed times."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from ivr.domain.booking import BookingStatus
from ivr.domain.slot import SlotState
from ivr.services.campaign_ports import DialCount, FreedTime, OfferSpan
from ivr.storage.register import Register
from ivr.storage.reports import utc_hour
from ivr.storage.tables import bookings, slot_offers, slots, tasks
from ivr.storage.tables import dial_attempts as dials
from ivr.storage.types import Utc

GIVEN_BACK = (BookingStatus.CANCELLED_BY_PATIENT.value, BookingStatus.MOVED.value)


class CampaignRegister(Register):
    def dials(self, since: datetime, before: datetime, most: int) -> list[DialCount]:
        number = case((dials.c.number > most, most), else_=dials.c.number)
        alike = (utc_hour(dials.c.begun_at), tasks.c.kind, number, dials.c.outcome, dials.c.result)
        within = (dials.c.begun_at >= since) & (dials.c.begun_at < before)
        one = select(*(column.label(name) for name, column in zip(_ALIKE, alike, strict=True)))
        rows = one.join_from(dials, tasks, tasks.c.id == dials.c.task_id).where(within).subquery()
        keys = [rows.c[name] for name in _ALIKE]
        found = self._rows(select(*keys, func.count()).group_by(*keys).order_by(*keys))
        return [DialCount(_moment(row[0]), *row[1:]) for row in found]

    def freed(self, since: datetime, before: datetime) -> list[FreedTime]:
        taken_at = func.lead(bookings.c.created_at, type_=Utc()).over(
            partition_by=bookings.c.slot_id, order_by=bookings.c.id
        )
        given_back = _given_back(since, before)
        one = (
            select(bookings.c.id, bookings.c.slot_id, bookings.c.closed_at, taken_at.label("taken_at"))
            .where(bookings.c.slot_id.in_(select(bookings.c.slot_id).where(given_back)))
            .subquery()
        )
        chosen = (
            select(one.c.slot_id, one.c.closed_at, one.c.taken_at)
            .join(slots, slots.c.id == one.c.slot_id)
            .where(one.c.id.in_(select(bookings.c.id).where(given_back)))
            .where(~slots.c.extra, slots.c.state != SlotState.CLOSED.value)
            .order_by(one.c.closed_at, one.c.id)
        )
        return [FreedTime(*row) for row in self._rows(chosen)]

    def offers(self, since: datetime, before: datetime) -> list[OfferSpan]:
        own = slot_offers.c
        freed = select(bookings.c.slot_id).where(_given_back(since, before))
        within = (own.made_at >= since) & or_(own.made_at < before, own.slot_id.in_(freed))
        chosen = select(own.slot_id, own.made_at, own.status, own.ended_at).where(within).order_by(own.id)
        return [OfferSpan(*row) for row in self._rows(chosen)]

    def _rows(self, statement: Select[Any]) -> list[Any]:
        return list(self._run(statement))


_ALIKE = ("hour", "kind", "number", "outcome", "result")


def _given_back(since: datetime, before: datetime) -> ColumnElement[bool]:
    own = bookings.c
    return own.status.in_(GIVEN_BACK) & (own.closed_at >= since) & (own.closed_at < before)


def _moment(hour: str) -> datetime:
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
