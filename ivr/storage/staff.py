"""Doctors and the specialities they work in."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, exists, insert, select, update

from ivr.domain.identifiers import Snils
from ivr.domain.patient import Sex
from ivr.domain.slot import Doctor
from ivr.domain.speciality import Access, Speciality
from ivr.storage.register import Register, found
from ivr.storage.tables import doctors, specialities


class StaffRegister(Register):
    def doctor(self, doctor_id: int) -> Doctor:
        row = self._run(select(doctors).where(doctors.c.id == doctor_id)).one_or_none()
        return doctor_of(found(row, f"doctor {doctor_id}"))

    def doctors(self, *, former: bool = False) -> list[Doctor]:
        chosen = select(doctors) if former else select(doctors).where(doctors.c.active)
        return [doctor_of(row) for row in self._run(chosen.order_by(doctors.c.id))]

    def speciality(self, key: str) -> Speciality:
        row = self._run(select(specialities).where(specialities.c.key == key)).one_or_none()
        return _speciality(found(row, f"speciality {key}"))

    def specialities(self, *, staffed: bool = False) -> list[Speciality]:
        chosen = select(specialities).order_by(specialities.c.position, specialities.c.key)
        if staffed:
            works = (doctors.c.speciality == specialities.c.key) & doctors.c.active
            chosen = chosen.where(exists().where(works))
        return [_speciality(row) for row in self._run(chosen)]

    def add_doctor(self, doctor: Doctor, code: str | None = None) -> int:
        return self._insert(doctors, code=code, **_values(doctor))

    def save_doctor(self, doctor: Doctor) -> None:
        self._run(update(doctors).where(doctors.c.id == doctor.id).values(_values(doctor)))

    def save_speciality(self, speciality: Speciality, position: int = 0) -> None:
        values = {**asdict(speciality), "position": position}
        changed = update(specialities).where(specialities.c.key == speciality.key).values(values)
        if self._run(changed).rowcount == 0:
            self._run(insert(specialities).values(values))


def _values(doctor: Doctor) -> dict[str, Any]:
    values = asdict(doctor) | {"snils": doctor.snils.digits if doctor.snils else None}
    del values["id"]
    return values


def doctor_of(row: Row[Any]) -> Doctor:
    return Doctor(
        id=row.id,
        surname=row.surname,
        given_name=row.given_name,
        patronymic=row.patronymic,
        sex=row.sex,
        speciality=row.speciality,
        room=row.room,
        site=row.site,
        active=row.active,
        snils=Snils(row.snils) if row.snils else None,
    )


def _speciality(row: Row[Any]) -> Speciality:
    return Speciality(
        key=row.key,
        name=row.name,
        access=Access(row.access),
        minutes=row.minutes,
        age_from=row.age_from,
        age_to=row.age_to,
        sex=Sex(row.sex) if row.sex else None,
        sensitive=row.sensitive,
        district=row.district,
        post_code=row.post_code,
        horizon_days=row.horizon_days,
    )
