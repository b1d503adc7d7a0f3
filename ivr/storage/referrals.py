"""Referrals and what they were used for."""

from datetime import date, timedelta

from sqlalchemy import null, select, update

from ivr.domain.referral import Referral
from ivr.storage.free_slots import referred
from ivr.storage.register import Register, found
from ivr.storage.tables import referrals


class ReferralRegister(Register):
    def get(self, referral_id: int) -> Referral:
        row = self._run(select(referrals).where(referrals.c.id == referral_id)).one_or_none()
        return Referral(**found(row, f"referral {referral_id}")._mapping)

    def find(self, patient_id: int, number: str) -> Referral | None:
        own = (referrals.c.patient_id == patient_id) & (referrals.c.number == number)
        row = self._run(select(referrals).where(own)).one_or_none()
        return None if row is None else Referral(**row._mapping)

    def open_of(self, patient_id: int, today: date) -> list[Referral]:
        own = referrals.c
        still_open = (own.patient_id == patient_id) & own.used_by.is_(None) & (own.valid_until >= today)
        rows = self._run(select(referrals).where(still_open).order_by(own.valid_until, own.id))
        return [Referral(**row._mapping) for row in rows]

    def opens(self, patient_id: int, speciality: str, today: date) -> bool:
        return bool(self._run(select(referred(patient_id, speciality, today))).scalar())

    def use(self, referral_id: int, booking_id: int) -> None:
        self._run(update(referrals).where(referrals.c.id == referral_id).values(used_by=booking_id))

    def withdraw(self, referral_id: int, today: date) -> bool:
        own = referrals.c
        unused = update(referrals).where(own.id == referral_id, own.used_by.is_(None))
        return self._run(unused.values(valid_until=today - timedelta(days=1))).rowcount == 1

    def give_back(self, booking_id: int) -> None:
        self._run(update(referrals).where(referrals.c.used_by == booking_id).values(used_by=null()))

    def add(self, referral: Referral) -> int:
        return self._insert(
            referrals,
            patient_id=referral.patient_id,
            number=referral.number,
            speciality=referral.speciality,
            doctor_id=referral.doctor_id,
            valid_until=referral.valid_until,
            used_by=referral.used_by,
        )
