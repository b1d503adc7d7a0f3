"""One line of a timetable changed by hand: hours, slots and calls to patients in one transaction."""

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime

from ivr.domain.post import Post
from ivr.domain.refusals import HoursClash, NotFound
from ivr.domain.rules import Rules
from ivr.domain.schedule import WorkRule
from ivr.domain.tasks import TaskKind, TaskStatus
from ivr.importing.storing import follow
from ivr.services.aftermath import clinic_cancelled, takes_place
from ivr.services.timetable import Effect
from ivr.storage.work import SqlWork

OUTSIDE = "hours-"
"""So the keys of calls begin that a change of hours asks for."""


class TimetableEditor:
    """Implements ivr.services.timetable.Editor."""

    def __init__(
        self,
        new_work: Callable[[], SqlWork],
        posts: Mapping[str, Post],
        rules: Callable[[], Rules],
        now: Callable[[], datetime],
    ) -> None:
        self._new_work, self._posts, self._rules, self._now = new_work, posts, rules, now

    def add(self, rule: WorkRule, *, who: str) -> Effect:
        """Raises HoursClash, NotFound."""
        work, rules, now = self._new_work(), self._rules(), self._now()
        with work:
            work.staff.doctor(rule.doctor_id)
            today = rules.today(now)
            if any(rule.clashes_with(other, today) for _, other in work.schedule.numbered_rules(rule.doctor_id)):
                raise HoursClash
            work.schedule.add_rules([rule])
            effect = self._follow(work, [rule.doctor_id], "hours added", who, rules, now)
            work.commit()
        return effect

    def remove(self, doctor_id: int, rule_id: int, *, who: str) -> Effect:
        """Raises NotFound."""
        work, rules, now = self._new_work(), self._rules(), self._now()
        with work:
            if rule_id not in {known for known, _ in work.schedule.numbered_rules(doctor_id)}:
                raise NotFound(f"line {rule_id}")
            work.schedule.remove_rule(rule_id)
            effect = self._follow(work, [doctor_id], "hours removed", who, rules, now)
            work.commit()
        return effect

    def again(self, *, who: str) -> Effect:
        """The calendar has changed: the slots of all doctors are brought to it."""
        work, rules, now = self._new_work(), self._rules(), self._now()
        with work:
            doctors = sorted(work.schedule.rules())
            effect = self._follow(work, doctors, "calendar changed", who, rules, now)
            work.commit()
        return effect

    def _follow(
        self, work: SqlWork, doctors: Sequence[int], action: str, who: str, rules: Rules, now: datetime
    ) -> Effect:
        done = follow(work, doctors, self._posts, rules, now)
        outside = [
            visit
            for slot in done.outside
            for visit in work.bookings.of_doctor(slot.doctor_id, slot.starts_at, slot.ends_at)
        ]
        for visit in outside:
            clinic_cancelled(work, visit, OUTSIDE, rules, now)
        _fit_again(work, doctors, {visit.id for visit in outside})
        work.changes.add("slots", ["all"])
        effect = Effect(done.added, done.withdrawn, len(done.outside))
        named = {"doctor": doctors[0]} if len(doctors) == 1 else {}
        detail = named | {"added": effect.added, "withdrawn": effect.withdrawn, "outside": effect.outside}
        work.audit.add(who=who, action=action, detail=detail, now=now)
        return effect


def _fit_again(work: SqlWork, doctors: Sequence[int], outside: Set[int]) -> None:
    """Visits that were outside the hours and are no more: nobody is rung up about them, unless somebody was already."""
    for call in work.tasks.like(TaskKind.CLINIC_CANCELLED, OUTSIDE):
        visit_id = call.wanted.booking_id
        if call.status is not TaskStatus.OPEN or call.attempts or visit_id is None or visit_id in outside:
            continue
        if work.bookings.get(visit_id).slot.doctor_id in doctors:
            takes_place(work, visit_id)
