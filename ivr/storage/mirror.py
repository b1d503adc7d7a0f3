"""The picture of a schedule that the regional system keeps: rows like our own, which it alone opens and closes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, not_, null, select, update

from ivr.domain.slot import SlotState
from ivr.services.region import Pictured
from ivr.storage.register import Register, upsert
from ivr.storage.tables import far_looks, far_shown, slots, specialities

_FREE, _CLOSED = SlotState.FREE.value, SlotState.CLOSED.value


class MirrorRegister(Register):
    def looked_at(self, speciality: str, patient_id: int | None = None) -> datetime | None:
        chosen = select(func.max(far_looks.c.looked_at)).where(far_looks.c.speciality == speciality)
        if patient_id is not None:
            chosen = chosen.where(far_looks.c.patient_id == patient_id)
        last: datetime | None = self._run(chosen).scalar_one()
        return last

    def lock(self, speciality: str) -> None:
        # NO KEY UPDATE, as for patients.
        chosen = select(specialities.c.key).where(specialities.c.key == speciality)
        self._run(chosen.with_for_update(key_share=True))

    def forget(self, speciality: str) -> None:
        self._run(delete(far_looks).where(far_looks.c.speciality == speciality))

    def forget_looks(self, before: datetime) -> None:
        self._run(delete(far_looks).where(far_looks.c.looked_at < before))
        self._run(delete(far_shown).where(far_shown.c.shown_at < before))

    def picture(
        self, doctor_id: int, speciality: str, pictured: Sequence[Pictured], since: datetime, until: datetime
    ) -> list[int]:
        own = (slots.c.doctor_id == doctor_id) & (slots.c.starts_at >= since) & (slots.c.starts_at < until)
        known = {row.starts_at: row for row in self._run(select(slots).where(own))}
        offered = {each.far.starts_at: each for each in pictured}
        self._let_move(doctor_id, offered)
        for moment, each in offered.items():
            if moment not in known:
                self._add(doctor_id, speciality, each)
            elif known[moment].state != SlotState.BOOKED.value:
                self._open(known[moment], each)
        return [
            row.id for row in self._run(select(slots.c.id, slots.c.starts_at).where(own)) if row.starts_at in offered
        ]

    def show(self, speciality: str, patient_id: int, slot_ids: Sequence[int], now: datetime) -> None:
        look = upsert(self._connection, far_looks).values(speciality=speciality, patient_id=patient_id, looked_at=now)
        keys = ["speciality", "patient_id"]
        self._run(look.on_conflict_do_update(index_elements=keys, set_={"looked_at": now}))
        self._run(delete(far_shown).where(far_shown.c.patient_id == patient_id, _is_of(speciality)))
        if slot_ids:
            rows = [{"slot_id": slot_id, "patient_id": patient_id, "shown_at": now} for slot_id in slot_ids]
            self._run(upsert(self._connection, far_shown).on_conflict_do_nothing(), rows)

    def close_unshown(self, speciality: str, since: datetime, until: datetime, *, shown_before: datetime) -> None:
        self._run(delete(far_shown).where(far_shown.c.shown_at < shown_before, _is_of(speciality)))
        within = (slots.c.speciality == speciality) & (slots.c.starts_at >= since) & (slots.c.starts_at < until)
        held = slots.c.far_id.is_not(None) & slots.c.held_until.is_not(None) & (slots.c.held_until > since)
        unshown = (slots.c.state == _FREE) & not_(exists().where(far_shown.c.slot_id == slots.c.id))
        # What somebody is changing at this moment is left to the next look: waiting for him could deadlock.
        gone = select(slots.c.id).where(within, unshown, not_(held)).with_for_update(skip_locked=True, key_share=True)
        closed = update(slots).where(slots.c.id.in_(gone)).values(state=_CLOSED, held_by=null(), held_until=null())
        self._changed("slots", *self._run(closed.returning(slots.c.id)).scalars())

    def _let_move(self, doctor_id: int, offered: dict[datetime, Pictured]) -> None:
        """A number that stands at another time or doctor now leaves its old place; a visit of ours keeps its own."""
        meant = {each.far.far_id: moment for moment, each in offered.items()}
        for row in self._run(select(slots).where(slots.c.far_id.in_(list(meant)))).all():
            if (row.doctor_id, row.starts_at) == (doctor_id, meant[row.far_id]):
                continue
            if row.state == SlotState.BOOKED.value:
                del offered[meant[row.far_id]]
            else:
                left = {"state": _CLOSED, "far_id": null(), "held_by": null(), "held_until": null()}
                self._run(update(slots).where(slots.c.id == row.id).values(left))

    def _open(self, row: Any, each: Pictured) -> None:
        # One of a timetable of our own may have been kept for somebody: there it is everybody's.
        shown = _values(each) | {"state": _FREE, "release_at": None, "for_patient_id": None}
        if all(getattr(row, name) == value for name, value in shown.items()):
            return
        unbooked = (slots.c.id == row.id) & (slots.c.state != SlotState.BOOKED.value)
        self._run(update(slots).where(unbooked).values(shown))
        self._changed("slots", row.id)

    def _add(self, doctor_id: int, speciality: str, each: Pictured) -> None:
        values = _values(each) | {"doctor_id": doctor_id, "speciality": speciality}
        # Another process may picture the same doctor at this moment.
        self._run(upsert(self._connection, slots).on_conflict_do_nothing(), [values])


def _is_of(speciality: str) -> ColumnElement[bool]:
    return exists().where(slots.c.id == far_shown.c.slot_id, slots.c.speciality == speciality)


def _values(each: Pictured) -> dict[str, Any]:
    return {
        "kind": each.kind.value,
        "starts_at": each.far.starts_at,
        "ends_at": each.far.starts_at + timedelta(minutes=each.minutes),
        "channels": each.channels,
        "room": each.room,
        "far_id": each.far.far_id,
    }
