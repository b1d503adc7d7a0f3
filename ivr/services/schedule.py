"""Publishing the schedule: the timetable becomes slots as far as the horizon, again and again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from ivr.domain.post import Post
from ivr.domain.publication import missing
from ivr.domain.rules import Rules
from ivr.domain.schedule import DayOverride, Timetable
from ivr.domain.slot import Doctor, Slot
from ivr.domain.slot_plan import PlannedSlot, Planner
from ivr.services import slot_offers
from ivr.services.ports import Work

SPARE_DAYS = 1
"""Published beyond the horizon, so that it is not short between midnight and the next publication."""


def publish(work: Work, posts: Mapping[str, Post], *, rules: Rules, now: datetime) -> int:
    """Add the slots that the timetable asks for from today to the horizon (D-01). Returns how many.

    Nothing that exists is changed: to publish twice adds nothing the second time. Nothing is published where the
    regional system keeps the schedule.
    """
    if work.region is not None:
        return 0
    with work:
        added = publish_within(work, posts, rules=rules, now=now)
        work.commit()
    return added


def publish_within(work: Work, posts: Mapping[str, Post], *, rules: Rules, now: datetime) -> int:
    """The same as `publish`, as a part of a transaction that is already open."""
    planned = plan(work, posts, rules=rules, now=now)
    added = missing(planned, _taken(work, planned))
    work.slots.add(added)
    new = {(slot.doctor_id, slot.starts_at) for slot in added}
    slots = [slot for slot in _taken(work, added) if (slot.doctor_id, slot.starts_at) in new]
    slot_offers.published(work, sorted(slots, key=lambda slot: slot.starts_at), rules, now)
    return len(added)


def plan(work: Work, posts: Mapping[str, Post], *, rules: Rules, now: datetime) -> list[PlannedSlot]:
    """All slots that the timetable asks for, from today to the horizon."""
    today = now.astimezone(rules.zone).date()
    timetable = Timetable(rules.calendar, work.schedule.rules(), work.schedule.absences(), work.schedule.overrides())
    planner = Planner(timetable, posts, rules.zone)
    doctors = [doctor for doctor in _doctors(work, timetable) if doctor.active and doctor.speciality in posts]
    return [slot for doctor in doctors for slot in _plan(planner, doctor, today, rules)]


def _doctors(work: Work, timetable: Timetable) -> Iterable[Doctor]:
    with_hours = timetable.rules.keys() | {override.doctor_id for override in timetable.overrides}
    return [work.staff.doctor(doctor_id) for doctor_id in sorted(with_hours)]


def _plan(planner: Planner, doctor: Doctor, today: date, rules: Rules) -> Iterable[PlannedSlot]:
    days = planner.posts[doctor.speciality].horizon_days or rules.horizon_days
    return planner.plan(doctor, today, rules.last_day(today, days + SPARE_DAYS))


def _taken(work: Work, planned: Sequence[PlannedSlot]) -> Sequence[Slot]:
    """What these doctors already have where the planned slots would be."""
    if not planned:
        return []
    # A slot made by hand the evening before may reach into the first day.
    since = min(slot.starts_at for slot in planned) - timedelta(days=1)
    until = max(slot.ends_at for slot in planned)
    return work.slots.of_doctors(sorted({slot.doctor_id for slot in planned}), since, until)


def set_duty(work: Work, overrides: Callable[[Sequence[Doctor]], Iterable[DayOverride]]) -> None:
    """Note who works on which day off; a day that is known already is replaced."""
    with work:
        for override in overrides(work.staff.doctors()):
            work.schedule.add_override(override)
        work.commit()
