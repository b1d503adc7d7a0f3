"""What people do from one list: what may come of it, and how long somebody has it (1.5, 1.6, S4.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ivr.domain.tasks import NewTask, Task, TaskKind

LEASE = timedelta(minutes=15)
"""Nobody else gets a taken task; the open page renews it."""
AGAIN_AFTER = timedelta(minutes=90)
"""The least time between two attempts to reach somebody (1.6)."""
TRIES = 3
"""Attempts that reach nobody, until the task is over (1.6)."""
UNANSWERED_OFFERS = 2
"""Then the entry stays on the list, escalated; nobody is removed in silence (1.5)."""
LONGEST_NOTE = 1000


class TaskResult(StrEnum):
    SOLVED = "SOLVED"
    BOOKED = "BOOKED"
    QUEUED = "QUEUED"
    """Put on the waiting list."""
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    MOVED = "MOVED"
    KEEPS = "KEEPS"
    """Waits on."""
    DECLINED = "DECLINED"
    """Does not want the time that was offered, waits on."""
    LEFT = "LEFT"
    """Wants to leave the waiting list."""
    NOBODY = "NOBODY"
    """The freed time suits nobody on the list."""
    REFUSED = "REFUSED"
    """No help is wanted any more."""
    WRONG_NUMBER = "WRONG_NUMBER"
    RATED = "RATED"
    """Answered the questions after the visit."""
    OPTED_OUT = "OPTED_OUT"
    """Wants no more calls by the robot."""
    NOT_NEEDED = "NOT_NEEDED"
    """Settled otherwise before anybody was reached."""
    NO_ANSWER = "NO_ANSWER"
    """Tried again later; after three attempts the task is over, a booking stays (1.6)."""


_OF_WAITING = (TaskResult.BOOKED, TaskResult.KEEPS, TaskResult.DECLINED, TaskResult.LEFT)
_ALWAYS = (TaskResult.WRONG_NUMBER, TaskResult.NO_ANSWER)
RESULTS: Mapping[TaskKind, tuple[TaskResult, ...]] = {
    TaskKind.CALLBACK: (TaskResult.SOLVED, TaskResult.BOOKED, TaskResult.QUEUED, TaskResult.REFUSED, *_ALWAYS),
    TaskKind.WAITING: (*_OF_WAITING, *_ALWAYS),
    TaskKind.FEEDBACK: (TaskResult.CONFIRMED, TaskResult.CANCELLED, TaskResult.MOVED, *_ALWAYS),
    TaskKind.CLINIC_CANCELLED: (TaskResult.MOVED, TaskResult.CANCELLED, TaskResult.QUEUED, *_ALWAYS),
    TaskKind.CLINIC_MOVED: (TaskResult.CONFIRMED, TaskResult.MOVED, TaskResult.CANCELLED, *_ALWAYS),
    TaskKind.OFFER: (*_OF_WAITING, *_ALWAYS),
    TaskKind.REFERRAL_NOTICE: (TaskResult.CONFIRMED, TaskResult.CANCELLED, TaskResult.MOVED, *_ALWAYS),
    TaskKind.SURVEY: (TaskResult.RATED, TaskResult.REFUSED, *_ALWAYS),
    TaskKind.UNSETTLED: (TaskResult.SOLVED, TaskResult.BOOKED, TaskResult.REFUSED, *_ALWAYS),
    TaskKind.NO_SHOW: (TaskResult.BOOKED, TaskResult.REFUSED, *_ALWAYS),
    TaskKind.SLOT_FREED: (TaskResult.BOOKED, TaskResult.NOBODY, TaskResult.NO_ANSWER),
}


def results_of(task: NewTask) -> tuple[TaskResult, ...]:
    """What may come of it; who rings back for the waiting list has the results of the waiting list."""
    return RESULTS[TaskKind.WAITING if task.entry_id is not None else task.kind]


@dataclass(frozen=True, slots=True)
class Closing:
    """What came of one attempt at a task."""

    task_id: int
    attempt: int
    """Which attempt: a form sent twice is about the same one."""
    who: str
    result: TaskResult
    note: str
    over: bool
    """False where it is tried again."""
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What the robot's attempt came to."""

    who: str
    result: TaskResult
    over: bool
    not_before: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task with what a list shows beside it."""

    task: Task
    speciality: str | None
    starts_at: datetime | None
    """Of the visit or the freed slot."""
