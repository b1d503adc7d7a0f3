"""Slots as the registry's grid shows them: with whoever holds or has booked them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, exists, select

from ivr.domain.booking import FILLS_A_SLOT
from ivr.domain.slot import Hold, SlotState
from ivr.services.ports import GridSlot
from ivr.storage.register import Register
from ivr.storage.slots import slot_of
from ivr.storage.tables import absences, bookings, slots

FILLED = bookings.c.status.in_([status.value for status in FILLS_A_SLOT])
AWAY = exists().where(
    absences.c.doctor_id == slots.c.doctor_id,
    absences.c.ends_at > slots.c.starts_at,
    absences.c.starts_at <= slots.c.starts_at,
)


class GridRegister(Register):
    def of_doctors(self, doctor_ids: Sequence[int], since: datetime, until: datetime) -> list[GridSlot]:
        within = and_(slots.c.starts_at >= since, slots.c.starts_at < until)
        return self._grid(and_(slots.c.doctor_id.in_(doctor_ids), within))

    def of_ids(self, slot_ids: Sequence[int]) -> list[GridSlot]:
        return self._grid(slots.c.id.in_(slot_ids))

    def held_for(self, call_key: str, now: datetime) -> Hold | None:
        own = and_(slots.c.held_by == call_key, slots.c.held_until > now, slots.c.state == SlotState.FREE.value)
        row = self._run(select(slots).where(own).order_by(slots.c.held_until.desc()).limit(1)).mappings().one_or_none()
        return None if row is None else Hold(slot_of(row), call_key, row[slots.c.held_until])

    def _grid(self, condition: ColumnElement[bool]) -> list[GridSlot]:
        filling = and_(bookings.c.slot_id == slots.c.id, FILLED)
        chosen = select(slots, bookings.c.id.label("booking_id"), bookings.c.patient_id, AWAY.label("away"))
        joined = chosen.select_from(slots.outerjoin(bookings, filling)).where(condition)
        return [_grid_slot(row) for row in self._run(joined.order_by(slots.c.starts_at, slots.c.id)).mappings()]


def _grid_slot(row: RowMapping) -> GridSlot:
    return GridSlot(
        slot=slot_of(row),
        state=SlotState(row[slots.c.state]),
        held_by=row[slots.c.held_by],
        held_until=row[slots.c.held_until],
        booking_id=row["booking_id"],
        patient_id=row[bookings.c.patient_id],
        doctor_away=bool(row["away"]),
    )
