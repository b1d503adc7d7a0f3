"""Worked hours cut into slots, with breaks between (domain 6.2)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ivr.domain.post import Post, Share, channels_of
from ivr.domain.schedule import Timetable, WorkRule
from ivr.domain.slot import REMOTE, Channel, Doctor, SlotKind


@dataclass(frozen=True, slots=True)
class Breaks:
    """A rest of `length` after every `after` of work."""

    after: timedelta = timedelta(hours=2)
    length: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """A slot that the timetable asks for; it has no id before it is stored."""

    doctor_id: int
    speciality: str
    starts_at: datetime
    """Aware, UTC."""
    minutes: int
    kind: SlotKind
    channels: frozenset[Channel]
    room: str
    release_at: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_competitive(self) -> bool:
        return self.channels >= REMOTE


@dataclass(frozen=True, slots=True)
class Planner:
    """Cuts a timetable into slots. The same question has the same answer, whenever it is asked."""

    timetable: Timetable
    posts: Mapping[str, Post]
    zone: ZoneInfo
    breaks: Breaks = Breaks()

    def plan(self, doctor: Doctor, first: date, last: date) -> Iterator[PlannedSlot]:
        """Slots of a doctor from the first to the last local day, inclusive, in order, none overlapping."""
        cursor = datetime.min.replace(tzinfo=UTC)
        for day in _days(first, last):
            for slot in self.plan_day(doctor, day):
                if slot.starts_at >= cursor:
                    yield slot
                    cursor = slot.ends_at

    def plan_day(self, doctor: Doctor, day: date) -> Iterator[PlannedSlot]:
        """Slots of one local day."""
        worked = self.timetable.worked(doctor.id, day)
        if not worked:
            return
        opens = self._utc(day, worked[0].hours.opens)
        shift = _Shift(doctor, day, opens, busy_until=opens)
        for rule in worked:
            for start, end in self._stretches(rule, shift):
                yield from self._cut(rule, shift, start, end)
                shift.busy_until = end

    def _stretches(self, rule: WorkRule, shift: "_Shift") -> Iterator[tuple[datetime, datetime]]:
        start, end = (self._utc(shift.day, moment) for moment in rule.hours)
        start = max(start, shift.busy_until)
        while start < end:
            pause = min(start + self.breaks.after, end)
            yield start, pause
            start = pause + self.breaks.length

    def _cut(self, rule: WorkRule, shift: "_Shift", start: datetime, end: datetime) -> Iterator[PlannedSlot]:
        post = self.posts[shift.doctor.speciality].under(rule)
        reserved_until = shift.opens + post.reserve_window
        while share := post.next_share(
            shift.counts, (end - start) // timedelta(minutes=1), opening=start < reserved_until
        ):
            shift.counts[share] += 1
            slot = self._slot(rule, shift, start, post, share)
            yield slot
            start = slot.ends_at

    def _slot(self, rule: WorkRule, shift: "_Shift", start: datetime, post: Post, share: Share) -> PlannedSlot:
        return PlannedSlot(
            doctor_id=shift.doctor.id,
            speciality=shift.doctor.speciality,
            starts_at=start,
            minutes=post.minutes_of(share.kind),
            kind=share.kind,
            channels=channels_of(share.kind, rule),
            room=shift.doctor.room,
            release_at=self._release(shift.day, post) if share.reserve else None,
        )

    def _release(self, day: date, post: Post) -> datetime:
        return self._utc(day - timedelta(days=post.release_days_before), post.release_time)

    def _utc(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone).astimezone(UTC)


@dataclass(slots=True)
class _Shift:
    """A doctor's day while it is being cut."""

    doctor: Doctor
    day: date
    opens: datetime
    busy_until: datetime
    counts: Counter[Share] = field(default_factory=Counter)


def _days(first: date, last: date) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)
