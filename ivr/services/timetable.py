"""The timetable as people edit it: one line more, one line less, and what that does to the slots."""

from dataclasses import dataclass
from typing import Protocol

from ivr.domain.schedule import WorkRule
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change did: slots that came and went, visits at times that are not worked any more (they are rung up)."""

    added: int
    withdrawn: int
    outside: int


class Editor(Protocol):
    """Changes hours and slots in one transaction."""

    def add(self, rule: WorkRule, *, who: str) -> Effect:
        """Raises HoursClash, NotFound."""

    def remove(self, doctor_id: int, rule_id: int, *, who: str) -> Effect:
        """Raises NotFound."""

    def again(self, *, who: str) -> Effect:
        """The calendar has changed: the slots of all doctors are brought to it."""


def of_doctor(work: Work, doctor_id: int) -> list[tuple[int, WorkRule]]:
    """His lines with their ids."""
    with work.reading():
        return work.schedule.numbered_rules(doctor_id)
