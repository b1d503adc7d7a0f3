"""A doctor's timetable: which hours are worked on which day (domain 6.2, 6.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.hours import Hours
from ivr.domain.slot import Channel, SlotKind

SHORTEST_SLOT = 5
"""Minutes; the ministry counts a shorter slot as an error (6.1)."""
WORKWEEK = frozenset(range(5))
FRIDAY = 4
LONGEST_ROTATION = timedelta(days=2 * 366)
"""Within it, rules that take turns have met if they ever do."""


class Parity(StrEnum):
    """Which days of the month: shifts alternate by odd and even days."""

    ANY = "any"
    ODD = "odd"
    EVEN = "even"

    def fits(self, day: date) -> bool:
        return self is Parity.ANY or (day.day % 2 == 1) == (self is Parity.ODD)


@dataclass(frozen=True, slots=True)
class WorkRule:
    """One line of a timetable: a doctor sees patients in these hours on such days."""

    doctor_id: int
    hours: Hours
    weekdays: frozenset[int] = WORKWEEK
    """Monday is 0. Saturday and Sunday are duty days, not worked by anybody else."""
    parity: Parity = Parity.ANY
    every_weeks: int = 1
    week: int = 0
    """With `every_weeks` of them taking turns: whose week it is."""
    since: date | None = None
    until: date | None = None
    """Last day, inclusive."""
    minutes: int | None = None
    """Length of a slot where it differs from the speciality's."""
    kind: SlotKind | None = None
    """All slots of one kind, instead of the speciality's mix."""
    channels: frozenset[Channel] | None = None

    def __post_init__(self) -> None:
        if self.hours.opens >= self.hours.closes:
            raise ValueError(f"hours must open before they close: {self.hours}")
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ValueError("weekdays are numbers from 0 (Monday) to 6 (Sunday), at least one")
        if self.minutes is not None and self.minutes < SHORTEST_SLOT:
            raise ValueError(f"a slot lasts at least {SHORTEST_SLOT} minutes, not {self.minutes}")
        if not 0 <= self.week < self.every_weeks:
            raise ValueError("the week of a rotation is counted from 0 and is less than its length")

    def is_duty_on(self, day: date) -> bool:
        """True where the rule was made for this one day: it is worked even on a holiday, instead of the others."""
        return self.since == self.until == day

    def covers(self, day: date, weekday: int) -> bool:
        """True where the rule is worked on `day`, taken as such a `weekday`."""
        in_force = (self.since or day) <= day <= (self.until or day)
        its_turn = (day.toordinal() - 1) // 7 % self.every_weeks == self.week
        return in_force and its_turn and weekday in self.weekdays and self.parity.fits(day)

    def clashes_with(self, other: "WorkRule", today: date) -> bool:
        """True where both would have the doctor see patients at the same time, on some day from today on."""
        if self.hours.closes <= other.hours.opens or other.hours.closes <= self.hours.opens:
            return False
        if self.is_for_one_day != other.is_for_one_day:
            return False  # the rule of one day is worked instead of the other
        first = max(rule.since or today for rule in (self, other))
        return any(self._is_due(day) and other._is_due(day) for day in _days_from(max(first, today)))

    @property
    def is_for_one_day(self) -> bool:
        return self.since is not None and self.since == self.until

    def _is_due(self, day: date) -> bool:
        return self.is_duty_on(day) or self.covers(day, day.weekday())


@dataclass(frozen=True, slots=True)
class Absence:
    """Days, both inclusive, on which a doctor sees nobody: leave, illness, training."""

    doctor_id: int
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"an absence must begin before it ends: {self.first} is after {self.last}")

    def covers(self, doctor_id: int, day: date) -> bool:
        return doctor_id == self.doctor_id and self.first <= day <= self.last

    def meets(self, other: "Absence") -> bool:
        """Some of its days are days of the other."""
        return self.doctor_id == other.doctor_id and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class DayOverride:
    """What a doctor works on one day instead of the rules: duty on a holiday, or nothing at all."""

    doctor_id: int
    day: date
    hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True)
class Timetable:
    """Rules, absences and overrides of all doctors, under one calendar of working days."""

    calendar: WorkingCalendar
    rules: Mapping[int, Sequence[WorkRule]]
    absences: Sequence[Absence] = ()
    overrides: Sequence[DayOverride] = ()
    _by_day: dict[tuple[int, date], DayOverride] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_day", {(o.doctor_id, o.day): o for o in self.overrides})

    def worked(self, doctor_id: int, day: date) -> list[WorkRule]:
        """What the doctor works on that day, each rule with the hours of the day, in order."""
        if any(absence.covers(doctor_id, day) for absence in self.absences):
            return []
        if override := self._by_day.get((doctor_id, day)):
            return [WorkRule(doctor_id, hours) for hours in sorted(override.hours)]
        duty = [rule for rule in self.rules.get(doctor_id, ()) if rule.is_duty_on(day)]
        return sorted(duty or self._by_rules(doctor_id, day), key=lambda rule: rule.hours)

    def _by_rules(self, doctor_id: int, day: date) -> Iterable[WorkRule]:
        weekday = self._weekday(day)
        if weekday is None:
            return
        for rule in self.rules.get(doctor_id, ()):
            if rule.covers(day, weekday) and (hours := self._shortened(rule.hours, day)):
                yield _with_hours(rule, hours)

    def _weekday(self, day: date) -> int | None:
        # A working weekend makes up for a day off and is worked like a Friday.
        if day in self.calendar.working_weekends:
            return FRIDAY
        return None if day in self.calendar.days_off else day.weekday()

    def _shortened(self, hours: Hours, day: date) -> Hours | None:
        if day not in self.calendar.short_days:
            return hours
        closes = _an_hour_before(hours.closes)
        return Hours(hours.opens, closes) if hours.opens < closes else None


def _days_from(first: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range(LONGEST_ROTATION.days))


def _an_hour_before(moment: time) -> time:
    # datetime.min would underflow in the first hour of the day: any later day will do.
    earlier = datetime.combine(date(2000, 1, 2), moment) - timedelta(hours=1)
    return earlier.time() if earlier.day == 2 else time(0)


def _with_hours(rule: WorkRule, hours: Hours) -> WorkRule:
    return rule if hours == rule.hours else replace(rule, hours=hours)
