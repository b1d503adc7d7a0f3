"""Slots: found by one index, held and booked by one conditional statement, so that nobody can be between."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, RowMapping, Select, and_, case, column, func, not_, null, select, update, values
from sqlalchemy.exc import IntegrityError

from ivr.domain.refusals import SlotTaken
from ivr.domain.slot import Doctor, Slot, SlotKind, SlotState
from ivr.domain.slot_plan import PlannedSlot
from ivr.services.ports import Offer, Wanted
from ivr.storage.free_slots import FREE, free_for, held_by_other, suits, wanted_at_any_time, wanted_slots
from ivr.storage.register import Register, found, upsert
from ivr.storage.staff import doctor_of
from ivr.storage.tables import doctors, slots
from ivr.storage.types import Utc

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
IN_ORDER = (slots.c.starts_at, slots.c.id)


class SlotRegister(Register):
    def get(self, slot_id: int) -> Slot:
        row = self._run(select(slots).where(slots.c.id == slot_id)).mappings().one_or_none()
        return slot_of(found(row, f"slot {slot_id}"))

    def first(self, wanted: Wanted) -> Slot | None:
        return next(iter(self._slots(select(slots).where(wanted_slots(wanted)).limit(1))), None)

    def all(self, wanted: Wanted) -> list[Slot]:
        return self._slots(select(slots).where(wanted_slots(wanted)))

    def spans_with_any(self, wanted: Wanted, spans: Sequence[tuple[datetime, datetime]]) -> list[int]:
        """One probe of the index for each span, instead of reading all slots between."""
        if not spans:
            return []
        rows = [(n, max(since, wanted.since), min(before, wanted.until)) for n, (since, before) in enumerate(spans)]
        asked = values(column("n", Integer), column("since", Utc), column("before", Utc), name="spans").data(rows)
        span = asked.cte("spans")
        within = and_(slots.c.starts_at >= span.c.since, slots.c.starts_at < span.c.before)
        # With LIMIT a database cannot turn the probes into one join, for which PostgreSQL would read all slots again.
        probe = select(slots.c.id).where(wanted_at_any_time(wanted), within).correlate(span).limit(1).scalar_subquery()
        chosen = select(span.c.n).where(probe.is_not(None)).order_by(span.c.n)
        return list(self._run(chosen).scalars())

    def doctors(self, wanted: Wanted) -> list[Doctor]:
        own = and_(
            slots.c.doctor_id == doctors.c.id,
            slots.c.kind == wanted.kind.value,
            slots.c.starts_at >= wanted.since,
            slots.c.starts_at < wanted.until,
            suits(wanted),
        )
        nearest = select(slots.c.starts_at).where(own).correlate(doctors).order_by(slots.c.starts_at).limit(1)
        ranked = select(doctors, nearest.scalar_subquery().label("nearest")).where(
            doctors.c.speciality == wanted.speciality, doctors.c.active
        )
        rows = [row for row in self._run(ranked) if row.nearest is not None]
        return [doctor_of(row) for row in sorted(rows, key=lambda row: (row.nearest, row.id))]

    def opened_for(self, offer: Offer, since: datetime, until: datetime) -> list[Slot]:
        own = and_(slots.c.for_patient_id == offer.patient_id, free_for(offer))
        return self._slots(select(slots).where(own, slots.c.starts_at >= since, slots.c.starts_at < until))

    def hold(self, slot_id: int, offer: Offer, until: datetime) -> bool:
        return self._take(slot_id, offer, held_by=offer.call_key, held_until=until)

    def book(self, slot_id: int, offer: Offer) -> bool:
        return self._take(slot_id, offer, state=SlotState.BOOKED.value, held_by=null(), held_until=null())

    def _take(self, slot_id: int, offer: Offer, **changes: Any) -> bool:
        # The condition is a part of the change: of any number who try at once, one finds it true.
        still_free = and_(slots.c.id == slot_id, slots.c.starts_at > offer.now, free_for(offer))
        taken = self._run(update(slots).where(still_free).values(changes)).rowcount == 1
        if taken:
            self._changed("slots", slot_id)
        return taken

    def open_for(self, slot_id: int, offer: Offer) -> bool:
        return self._take(slot_id, offer, for_patient_id=offer.patient_id)

    def close_for(self, slot_id: int, offer: Offer) -> bool:
        opened = and_(slots.c.id == slot_id, slots.c.for_patient_id == offer.patient_id)
        unused = update(slots).where(opened, FREE, not_(held_by_other(offer)))
        closed = self._run(unused.values(for_patient_id=null())).rowcount == 1
        if closed:
            self._changed("slots", slot_id)
        return closed

    def held_by_other(self, slot_id: int, offer: Offer) -> bool:
        held = select(slots.c.id).where(slots.c.id == slot_id, FREE, held_by_other(offer))
        return self._run(held).first() is not None

    def is_free(self, slot_id: int) -> bool:
        return self._run(select(slots.c.id).where(slots.c.id == slot_id, FREE)).first() is not None

    def free(self, slot_id: int) -> None:
        booked = and_(slots.c.id == slot_id, slots.c.state == SlotState.BOOKED.value)
        # One made for a single visit is offered to nobody else; one of the regional system when that offers it again.
        left = case((slots.c.extra | slots.c.far_id.is_not(None), SlotState.CLOSED.value), else_=SlotState.FREE.value)
        self._run(update(slots).where(booked).values(state=left, held_by=null(), held_until=null()))
        self._changed("slots", slot_id)

    def renew(self, call_key: str, until: datetime) -> None:
        self._run(update(slots).where(slots.c.held_by == call_key, FREE).values(held_until=until))

    def release(self, call_key: str, *, but: int | None = None) -> None:
        held = select(slots.c.id).where(slots.c.held_by == call_key)
        if but is not None:
            # Another slot is locked by us already, and a locked one of ours is being taken by somebody, since our hold
            # on it has lapsed: waiting for him could deadlock.
            held = held.where(slots.c.id != but).with_for_update(skip_locked=True, key_share=True)
        let_go = update(slots).where(slots.c.id.in_(held)).values(held_by=null(), held_until=null())
        self._changed("slots", *self._run(let_go.returning(slots.c.id)).scalars())

    def move_room(self, doctor_id: int, room: str, since: datetime) -> None:
        later = (slots.c.doctor_id == doctor_id) & (slots.c.starts_at > since)
        self._run(update(slots).where(later).values(room=room))

    def add(self, planned: Iterable[PlannedSlot], *, for_patient_id: int | None = None) -> None:
        rows = [slot_values(slot) | {"for_patient_id": for_patient_id} for slot in planned]
        if rows:
            # Two processes that publish at once plan the same slots.
            self._run(upsert(self._connection, slots).on_conflict_do_nothing(), rows)

    def add_extra(self, planned: PlannedSlot) -> int:
        own = slots.c
        # A doctor's slots differ in their beginning: a visit beside one begins a microsecond later, which nobody sees.
        within = and_(own.starts_at >= planned.starts_at, own.starts_at < planned.starts_at + MINUTE)
        last = self._run(select(func.max(own.starts_at)).where(own.doctor_id == planned.doctor_id, within)).scalar()
        values = slot_values(planned) | {"extra": True}
        if last is not None:
            values |= {
                "starts_at": last + MICROSECOND,
                "ends_at": planned.ends_at + (last + MICROSECOND - planned.starts_at),
            }
        try:
            with self._connection.begin_nested():
                return self._insert(slots, **values)
        except IntegrityError:
            raise SlotTaken from None

    def of_doctors(self, doctor_ids: Sequence[int], since: datetime, until: datetime) -> list[Slot]:
        within = and_(slots.c.starts_at >= since, slots.c.starts_at < until, slots.c.state != "CLOSED")
        return self._slots(select(slots).where(slots.c.doctor_id.in_(doctor_ids), within))

    def _slots(self, chosen: Select[Any]) -> list[Slot]:
        return [slot_of(row) for row in self._run(chosen.order_by(*IN_ORDER)).mappings()]


def slot_of(row: RowMapping) -> Slot:
    return Slot(
        id=row[slots.c.id],
        doctor_id=row[slots.c.doctor_id],
        speciality=row[slots.c.speciality],
        starts_at=row[slots.c.starts_at],
        minutes=(row[slots.c.ends_at] - row[slots.c.starts_at]) // MINUTE,
        kind=SlotKind(row[slots.c.kind]),
        channels=row[slots.c.channels],
        room=row[slots.c.room],
        release_at=row[slots.c.release_at],
        for_patient_id=row[slots.c.for_patient_id],
        extra=row[slots.c.extra],
        far_id=row[slots.c.far_id],
    )


def slot_values(planned: PlannedSlot) -> dict[str, Any]:
    return {
        "doctor_id": planned.doctor_id,
        "speciality": planned.speciality,
        "kind": planned.kind.value,
        "starts_at": planned.starts_at,
        "ends_at": planned.ends_at,
        "channels": planned.channels,
        "room": planned.room,
        "release_at": planned.release_at,
    }
