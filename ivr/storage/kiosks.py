"""Kiosks, and who stands before them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update

from ivr.domain.kiosk import Kiosk, KioskVisit
from ivr.storage.register import Register, found, upsert
from ivr.storage.tables import kiosk_visits, kiosks


class KioskRegister(Register):
    def get(self, kiosk_id: int) -> Kiosk:
        return found(self._one(kiosks.c.id == kiosk_id), f"kiosk {kiosk_id}")

    def all(self) -> list[Kiosk]:
        return [_kiosk(row) for row in self._run(select(kiosks).order_by(kiosks.c.name))]

    def with_pass(self, digest: str) -> Kiosk | None:
        return self._one(kiosks.c.pass_digest == digest)

    def with_device(self, digest: str) -> Kiosk | None:
        return self._one(kiosks.c.device_digest == digest)

    def add(self, name: str, now: datetime) -> int:
        self._run(upsert(self._connection, kiosks).values(name=name, made_at=now).on_conflict_do_nothing())
        return found(self._one(kiosks.c.name == name), f"kiosk {name}").id

    def set_pass(self, kiosk_id: int, digest: str, until: datetime) -> None:
        self._change(kiosk_id, pass_digest=digest, pass_until=until)

    def admit(self, kiosk_id: int, device: str, now: datetime) -> None:
        self._change(
            kiosk_id, device_digest=device, admitted_at=now, pass_digest=None, pass_until=None, revoked_at=None
        )

    def revoke(self, kiosk_id: int, now: datetime) -> None:
        self._change(kiosk_id, device_digest=None, pass_digest=None, pass_until=None, revoked_at=now)

    def visit(self, kiosk_id: int) -> KioskVisit | None:
        row = self._run(select(kiosk_visits).where(kiosk_visits.c.kiosk_id == kiosk_id)).one_or_none()
        return None if row is None else KioskVisit(**row._mapping)

    def begin(self, visit: KioskVisit) -> None:
        values = {"id": visit.id, "patient_id": visit.patient_id, "seen_at": visit.seen_at, "booking_id": None}
        new = upsert(self._connection, kiosk_visits).values(kiosk_id=visit.kiosk_id, **values)
        self._run(new.on_conflict_do_update(index_elements=["kiosk_id"], set_=values))

    def save(self, visit: KioskVisit) -> None:
        own = (kiosk_visits.c.kiosk_id == visit.kiosk_id) & (kiosk_visits.c.id == visit.id)
        changed = {"seen_at": visit.seen_at, "booking_id": visit.booking_id}
        self._run(update(kiosk_visits).where(own).values(changed))

    def end(self, kiosk_id: int) -> None:
        self._run(delete(kiosk_visits).where(kiosk_visits.c.kiosk_id == kiosk_id))

    def forget_visits(self, before: datetime) -> None:
        self._run(delete(kiosk_visits).where(kiosk_visits.c.seen_at <= before))

    def _one(self, condition: ColumnElement[bool]) -> Kiosk | None:
        row = self._run(select(kiosks).where(condition)).one_or_none()
        return None if row is None else _kiosk(row)

    def _change(self, kiosk_id: int, **values: Any) -> None:
        self._run(update(kiosks).where(kiosks.c.id == kiosk_id).values(values))


def _kiosk(row: Row[Any]) -> Kiosk:
    return Kiosk(row.id, row.name, row.made_at, row.pass_until, row.admitted_at, row.revoked_at)
