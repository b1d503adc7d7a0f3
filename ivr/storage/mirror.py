"""The picture of a schedule that the regional system keeps: rows like our own, which it alone opens and closes."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, null, select, update

from ivr.domain.slot import SlotState
from ivr.services.region import Pictured
from ivr.storage.register import Register, upsert
from ivr.storage.tables import far_looks, slots

_FREE, _CLOSED = SlotState.FREE.value, SlotState.CLOSED.value


class MirrorRegister(Register):
    def looked_at(self, speciality: str) -> datetime | None:
        chosen = select(far_looks.c.looked_at).where(far_looks.c.speciality == speciality)
        return self._run(chosen).scalar_one_or_none()

    def look(self, speciality: str, now: datetime) -> None:
        first = upsert(self._connection, far_looks).values(speciality=speciality, looked_at=now)
        self._run(first.on_conflict_do_update(index_elements=["speciality"], set_={"looked_at": now}))

    def forget(self, speciality: str) -> None:
        self._run(delete(far_looks).where(far_looks.c.speciality == speciality))

    def picture(
        self, doctor_id: int, speciality: str, pictured: Sequence[Pictured], since: datetime, until: datetime
    ) -> None:
        own = (slots.c.doctor_id == doctor_id) & (slots.c.starts_at >= since) & (slots.c.starts_at < until)
        known = {row.starts_at: row for row in self._run(select(slots).where(own))}
        offered = {each.far.starts_at: each for each in pictured}
        self._let_move(doctor_id, offered)
        self._close(row.id for moment, row in known.items() if row.state == _FREE and moment not in offered)
        for moment, each in offered.items():
            if moment not in known:
                self._add(doctor_id, speciality, each)
            elif known[moment].state != SlotState.BOOKED.value:
                self._open(known[moment], each)

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

    def _close(self, ids: Iterable[int]) -> None:
        gone = list(ids)
        if gone:
            # The condition again: somebody may have booked it since we looked.
            free = slots.c.id.in_(gone) & (slots.c.state == _FREE)
            self._run(update(slots).where(free).values(state=_CLOSED, held_by=null(), held_until=null()))
            self._changed("slots", *gone)

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


def _values(each: Pictured) -> dict[str, Any]:
    return {
        "kind": each.kind.value,
        "starts_at": each.far.starts_at,
        "ends_at": each.far.starts_at + timedelta(minutes=each.minutes),
        "channels": each.channels,
        "room": each.room,
        "far_id": each.far.far_id,
    }
