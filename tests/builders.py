"""A small hospital for tests: what a test does not care about is filled in."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.identifiers import OmsNumber, PhoneNumber
from ivr.domain.patient import Patient, Sex
from ivr.domain.purpose import Purpose
from ivr.domain.referral import Referral
from ivr.domain.rules import Rules
from ivr.domain.schedule import Absence
from ivr.domain.slot import REMOTE, Doctor, SlotKind
from ivr.domain.slot_plan import PlannedSlot
from ivr.domain.speciality import Access, Speciality
from ivr.services import search
from ivr.services.booking import BookingCommand, book, hold
from ivr.services.search import SlotQuery
from ivr.storage import tables
from ivr.storage.work import SqlWork

MOSCOW = ZoneInfo("Europe/Moscow")
CALENDAR = WorkingCalendar(
    days_off=frozenset(
        [date(2026, 1, day) for day in (1, 2, 5, 6, 7, 8, 9)]
        + [date(2026, 2, 23), date(2026, 3, 9), date(2026, 5, 1), date(2026, 5, 11), date(2026, 6, 12)]
        + [date(2026, 11, 4), date(2026, 12, 31)]
        + [date(2027, 1, day) for day in (1, 4, 5, 6, 7, 8)]
    ),
    short_days=frozenset({date(2026, 4, 30), date(2026, 5, 8)}),
)
RULES = Rules(calendar=CALENDAR)

CALLER = PhoneNumber("+70000000101")
STRANGER = PhoneNumber("+70000009999")


def at(text: str) -> datetime:
    """A moment on the hospital's clock: `2026-04-27 09:05`, or `09:05` of that Monday. Comes out in UTC."""
    full = text if "-" in text else f"2026-04-27 {text}"
    return datetime.fromisoformat(full).replace(tzinfo=MOSCOW).astimezone(UTC)


NOW = at("08:00")
"""Monday, 27 April 2026, when the registry opens."""


def an_oms(number: int) -> OmsNumber:
    """The number-th policy with a right check digit."""
    stem = f"6256410854{number:05}"
    total = sum((d - 9 if d > 9 else d) for i, c in enumerate(stem) for d in [int(c) * (2 if i % 2 == 0 else 1)])
    return OmsNumber(f"{stem}{-total % 10}")


def a_speciality(key: str = "therapist", **changes: Any) -> Speciality:
    standard = Speciality(key=key, name=key, access=Access.FREE, minutes=15, age_from=18, district=key == "therapist")
    return replace(standard, **changes)


def a_patient(**changes: Any) -> Patient:
    standard = Patient(
        id=0,
        surname="Тестова",
        given_name="Анна",
        patronymic="Ивановна",
        sex=Sex.FEMALE,
        birth_date=date(1985, 3, 12),
        phone=CALLER,
    )
    return replace(standard, **changes)


class Clinic:
    """Fills a database row by row and does, in one word, what tests do often."""

    def __init__(self, new_work: Callable[[], SqlWork]) -> None:
        self.new_work = new_work
        self._numbers = itertools.count(1)
        self._doctors: dict[int, Doctor] = {}

    def speciality(self, key: str = "therapist", **changes: Any) -> str:
        with self.new_work() as work:
            work.staff.save_speciality(a_speciality(key, **changes), position=next(self._numbers))
            work.commit()
        return key

    def doctor(self, speciality: str = "therapist", **changes: Any) -> int:
        standard = Doctor(0, "Градусова", "Елена", "Аркадьевна", "F", speciality, "21", "adult")
        with self.new_work() as work:
            doctor_id = work.staff.add_doctor(replace(standard, **changes))
            self._doctors[doctor_id] = work.staff.doctor(doctor_id)
            work.commit()
        return doctor_id

    def patient(self, **changes: Any) -> Patient:
        with self.new_work() as work:
            patient = a_patient(**({"oms": an_oms(next(self._numbers))} | changes))
            patient = replace(patient, id=work.patients.add(patient))
            work.commit()
        return patient

    def slot(self, doctor_id: int, when: datetime, *, for_patient: int | None = None, **changes: Any) -> int:
        """Store one slot and return its id."""
        return self.slots(doctor_id, [when], for_patient=for_patient, **changes)[0]

    def slots(
        self, doctor_id: int, moments: Iterable[datetime], *, for_patient: int | None = None, **changes: Any
    ) -> list[int]:
        speciality = self._doctors[doctor_id].speciality
        planned = [
            replace(PlannedSlot(doctor_id, speciality, when, 15, SlotKind.PRIMARY, REMOTE, "21"), **changes)
            for when in moments
        ]
        with self.new_work() as work:
            work.slots.add(planned, for_patient_id=for_patient)
            chosen = select(tables.slots.c.id).where(
                tables.slots.c.doctor_id == doctor_id,
                tables.slots.c.starts_at.in_([slot.starts_at for slot in planned]),
            )
            ids = work.connection.execute(chosen.order_by(tables.slots.c.starts_at)).scalars().all()
            work.commit()
        return list(ids)

    def absence(self, doctor_id: int, first: date, last: date) -> None:
        with self.new_work() as work:
            work.schedule.add_absence(Absence(doctor_id, first, last), MOSCOW)
            work.commit()

    def referral(self, patient: Patient, speciality: str, number: str = "1001", **changes: Any) -> Referral:
        standard = Referral(0, patient.id, number, speciality, None, date(2026, 12, 31))
        with self.new_work() as work:
            referral = replace(standard, **changes)
            referral = replace(referral, id=work.referrals.add(referral))
            work.commit()
        return referral

    def nearest(self, patient: Patient, speciality: str = "therapist", now: datetime = NOW, **changes: Any) -> int:
        query = SlotQuery(speciality, patient.id, **changes)
        return search.nearest(self.new_work(), query, rules=RULES, now=now).id

    def hold(self, slot_id: int, patient: Patient, call_key: str = "call-1", now: datetime = NOW, **changes: Any):
        return hold(self.new_work(), slot_id, patient_id=patient.id, call_key=call_key, rules=RULES, now=now, **changes)

    def book(self, slot_id: int, patient: Patient, now: datetime = NOW, rules: Rules = RULES, **changes: Any):
        standard = BookingCommand(
            key=f"book-{next(self._numbers)}",
            slot_id=slot_id,
            patient_id=patient.id,
            purpose=Purpose.ILLNESS,
            call_key="call-1",
        )
        return book(self.new_work(), replace(standard, **changes), rules=rules, now=now)

    def rows(self, table: str, **where: Any) -> list[Any]:
        """Rows of a table as they are, by id."""
        chosen = tables.metadata.tables[table]
        conditions = [chosen.c[name] == value for name, value in where.items()]
        with self.new_work().reading() as work:
            return list(work.connection.execute(select(chosen).where(*conditions).order_by(*chosen.primary_key)))


def every(minutes: int, start: datetime, count: int) -> list[datetime]:
    """Moments at equal distances."""
    return [start + timedelta(minutes=minutes * number) for number in range(count)]
