"""What doctors work: weekly rules, absences, single days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, delete, insert, select

from ivr.domain.hours import Hours
from ivr.domain.schedule import Absence, DayOverride, Parity, WorkRule
from ivr.domain.slot import SlotKind
from ivr.services.absences import Noted
from ivr.storage.register import Register, found, upsert
from ivr.storage.tables import absences, day_overrides, schedule_rules


class ScheduleRegister(Register):
    def rules(self) -> dict[int, list[WorkRule]]:
        by_doctor: defaultdict[int, list[WorkRule]] = defaultdict(list)
        for row in self._run(select(schedule_rules).order_by(schedule_rules.c.id)):
            by_doctor[row.doctor_id].append(_rule(row))
        return dict(by_doctor)

    def overrides(self) -> list[DayOverride]:
        return [_override(row) for row in self._run(select(day_overrides))]

    def absences(self) -> list[Absence]:
        rows = self._run(select(absences).order_by(absences.c.id))
        return [Absence(row.doctor_id, row.first, row.last) for row in rows]

    def add_rules(self, rules: Iterable[WorkRule]) -> None:
        rows = [_rule_values(rule) for rule in rules]
        if rows:
            self._run(insert(schedule_rules), rows)

    def add_override(self, override: DayOverride) -> None:
        hours = ",".join(map(str, override.hours))
        new = upsert(self._connection, day_overrides).values(
            doctor_id=override.doctor_id, day=override.day, hours=hours
        )
        key = [day_overrides.c.doctor_id, day_overrides.c.day]
        self._run(new.on_conflict_do_update(index_elements=key, set_={"hours": hours}))

    def add_absence(self, absence: Absence, zone: ZoneInfo, reason: str = "") -> int:
        return self._insert(
            absences,
            doctor_id=absence.doctor_id,
            first=absence.first,
            last=absence.last,
            starts_at=_midnight(absence.first, zone),
            ends_at=_midnight(absence.last + timedelta(days=1), zone),
            reason=reason,
        )

    def noted_absences(self) -> list[Noted]:
        return [_noted(row) for row in self._run(select(absences).order_by(absences.c.id))]

    def absence(self, absence_id: int) -> Noted:
        row = self._run(select(absences).where(absences.c.id == absence_id)).one_or_none()
        return _noted(found(row, f"absence {absence_id}"))

    def remove_absence(self, absence_id: int) -> None:
        self._run(delete(absences).where(absences.c.id == absence_id))

    def numbered_rules(self, doctor_id: int) -> list[tuple[int, WorkRule]]:
        chosen = select(schedule_rules).where(schedule_rules.c.doctor_id == doctor_id).order_by(schedule_rules.c.id)
        return [(row.id, _rule(row)) for row in self._run(chosen)]

    def remove_rule(self, rule_id: int) -> None:
        self._run(delete(schedule_rules).where(schedule_rules.c.id == rule_id))

    def forget(self, doctor_ids: Iterable[int]) -> None:
        chosen = list(doctor_ids)
        for table in (schedule_rules, absences, day_overrides):
            self._run(delete(table).where(table.c.doctor_id.in_(chosen)))


def _noted(row: Row[Any]) -> Noted:
    return Noted(row.id, Absence(row.doctor_id, row.first, row.last), row.reason or "")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _rule(row: Row[Any]) -> WorkRule:
    return WorkRule(
        doctor_id=row.doctor_id,
        hours=Hours(row.opens, row.closes),
        weekdays=frozenset(map(int, row.weekdays)),
        parity=Parity(row.parity),
        every_weeks=row.every_weeks,
        week=row.week,
        since=row.since,
        until=row.until,
        minutes=row.minutes,
        kind=SlotKind(row.kind) if row.kind else None,
        channels=row.channels,
    )


def _rule_values(rule: WorkRule) -> Mapping[str, Any]:
    return {
        "doctor_id": rule.doctor_id,
        "opens": rule.hours.opens,
        "closes": rule.hours.closes,
        "weekdays": "".join(map(str, sorted(rule.weekdays))),
        "parity": rule.parity.value,
        "every_weeks": rule.every_weeks,
        "week": rule.week,
        "since": rule.since,
        "until": rule.until,
        "minutes": rule.minutes,
        "kind": rule.kind.value if rule.kind else None,
        "channels": rule.channels,
    }


def _override(row: Row[Any]) -> DayOverride:
    hours = tuple(Hours.parse(part) for part in row.hours.split(",") if part)
    return DayOverride(row.doctor_id, row.day, hours)
