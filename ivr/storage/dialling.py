"""Attempts to ring somebody up, offers of freed slots, numbers that want no calls: guarded by unique indexes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.dialling import Dial, Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.offer import OfferStatus, SlotOffer
from ivr.domain.waiting_list import WaitingStatus
from ivr.services.dial_ports import Attempt
from ivr.storage.register import Register, found, upsert
from ivr.storage.tables import dial_attempts as dials
from ivr.storage.tables import opt_outs, slot_offers, tasks
from ivr.storage.tables import waiting_entries as entries


class DialRegister(Register):
    def add(self, dial: Dial, node: str, until: datetime, now: datetime) -> bool:
        values = {"task_id": dial.task_id, "number": dial.number, "phone": dial.phone, "node": node, "begun_at": now}
        values |= {"leased_until": until, "person_id": dial.person_id}
        try:
            with self._connection.begin_nested():
                self._insert(dials, key=dial.key, **values)
        except IntegrityError:
            same = (dials.c.phone == dial.phone) | (dials.c.person_id == dial.person_id)
            if self._run(select(dials.c.id).where(same, _OPEN)).first() is None:
                raise
            return False
        return True

    def get(self, key: str) -> Attempt:
        row = self._run(select(dials).where(dials.c.key == key)).one_or_none()
        return _attempt(found(row, f"attempt {key}"))

    def of_task(self, task_id: int) -> list[Attempt]:
        return self._all(dials.c.task_id == task_id)

    def outcomes_of_offer(self, offer_id: int) -> list[Outcome | None]:
        about = select(dials.c.outcome).join(tasks, tasks.c.id == dials.c.task_id).where(tasks.c.offer_id == offer_id)
        return [None if outcome is None else Outcome(outcome) for outcome in self._run(about).scalars()]

    def open_of(self, node: str) -> list[Attempt]:
        return self._all(_OPEN & (dials.c.node == node))

    def lapsed(self, now: datetime) -> list[Attempt]:
        return self._all(_OPEN & (dials.c.leased_until <= now))

    def renew(self, key: str, until: datetime) -> None:
        self._run(update(dials).where(dials.c.key == key, _OPEN).values(leased_until=until))

    def ringing(self) -> int:
        return self._run(select(func.count()).where(_OPEN)).scalar() or 0

    def answered(self, key: str, now: datetime) -> None:
        first = (dials.c.key == key) & dials.c.answered_at.is_(None)
        self._run(update(dials).where(first).values(answered_at=now))

    def note(self, key: str, outcome: Outcome, result: str | None) -> None:
        values = {"outcome": outcome.value, "result": func.coalesce(dials.c.result, result)}
        self._run(update(dials).where(dials.c.key == key).values(values))

    def end(self, key: str, ended: Ended, now: datetime) -> bool:
        values = {
            "ended_at": now,
            "outcome": ended.outcome.value,
            "cause": ended.cause,
            "tech_cause": ended.tech_cause,
            "answered_at": func.coalesce(dials.c.answered_at, ended.answered_at),
        }
        return self._run(update(dials).where(dials.c.key == key, _OPEN).values(values)).rowcount == 1

    def _all(self, condition: ColumnElement[bool]) -> list[Attempt]:
        return [_attempt(row) for row in self._run(select(dials).where(condition).order_by(dials.c.id))]


_OPEN = dials.c.ended_at.is_(None)


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        key=row.key,
        task_id=row.task_id,
        number=row.number,
        phone=PhoneNumber(row.phone),
        node=row.node,
        begun_at=row.begun_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        result=row.result,
    )


class SlotOfferRegister(Register):
    def add(self, slot_id: int, entry_id: int, until: datetime, now: datetime) -> SlotOffer | None:
        values = {"slot_id": slot_id, "entry_id": entry_id, "made_at": now, "until": until, "status": "OPEN"}
        try:
            with self._connection.begin_nested():
                offer_id = self._insert(slot_offers, **values)
        except IntegrityError:
            if self.open_of_slot(slot_id) is None and self.open_of_entry(entry_id) is None:
                raise
            return None
        return self.get(offer_id)

    def get(self, offer_id: int) -> SlotOffer:
        return found(self._one(slot_offers.c.id == offer_id), f"offer {offer_id}")

    def open_of_slot(self, slot_id: int) -> SlotOffer | None:
        return self._one(_OFFERED & (slot_offers.c.slot_id == slot_id))

    def open_of_entry(self, entry_id: int) -> SlotOffer | None:
        return self._one(_OFFERED & (slot_offers.c.entry_id == entry_id))

    def count_of_entry(self, entry_id: int) -> int:
        return self._run(select(func.count()).where(slot_offers.c.entry_id == entry_id)).scalar() or 0

    def of_slot(self, slot_id: int) -> Sequence[SlotOffer]:
        return self._all(slot_offers.c.slot_id == slot_id)

    def lapsed(self, now: datetime) -> Sequence[SlotOffer]:
        return self._all(_OFFERED & (slot_offers.c.until <= now))

    def stale(self) -> Sequence[SlotOffer]:
        others = select(entries.c.id).where(entries.c.status != WaitingStatus.OFFERED.value)
        return self._all(_OFFERED & slot_offers.c.entry_id.in_(others))

    def extend(self, offer_id: int, until: datetime) -> None:
        self._run(update(slot_offers).where(slot_offers.c.id == offer_id, _OFFERED).values(until=until))

    def end(self, offer_id: int, status: OfferStatus, now: datetime) -> bool:
        open_yet = _OFFERED & (slot_offers.c.id == offer_id)
        return self._run(update(slot_offers).where(open_yet).values(status=status.value, ended_at=now)).rowcount == 1

    def _one(self, condition: ColumnElement[bool]) -> SlotOffer | None:
        return next(iter(self._all(condition)), None)

    def _all(self, condition: ColumnElement[bool]) -> list[SlotOffer]:
        rows = self._run(select(slot_offers).where(condition).order_by(slot_offers.c.id))
        return [SlotOffer(**{**row._mapping, "status": OfferStatus(row.status)}) for row in rows]


_OFFERED = slot_offers.c.status == OfferStatus.OPEN.value


class OptOutRegister(Register):
    def add(self, phone: PhoneNumber, *, channel: str, call_key: str | None, now: datetime) -> bool:
        row = upsert(self._connection, opt_outs).values(phone=phone.e164, at=now, channel=channel, call_key=call_key)
        return self._run(row.on_conflict_do_nothing().returning(opt_outs.c.phone)).first() is not None

    def has(self, phone: PhoneNumber) -> bool:
        return self._run(select(opt_outs.c.phone).where(opt_outs.c.phone == phone.e164)).first() is not None

    def remove(self, phone: PhoneNumber) -> bool:
        return self._run(delete(opt_outs).where(opt_outs.c.phone == phone.e164)).rowcount == 1
