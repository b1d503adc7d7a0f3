"""The list of people's work: callbacks, the waiting list by legal deadline, visits to confirm (1.4, 1.5, 1.6, S4.3).

A task keeps the owner it was made for: the hospital's model may change while tasks are open, and each booking
still has one owner.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivr.domain.refusals import TaskTaken
from ivr.domain.rules import Rules
from ivr.domain.tasks import NewTask, Task, TaskKind, TaskOwner, TaskStatus
from ivr.domain.waiting_list import NEXT, OPEN, WaitingEntry, WaitingStatus
from ivr.domain.worklist import (
    AGAIN_AFTER,
    LEASE,
    LONGEST_NOTE,
    TRIES,
    UNANSWERED_OFFERS,
    Closing,
    ListedTask,
    TaskResult,
    results_of,
)
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list: a task, or an entry of the waiting list that nobody works on yet."""

    kind: TaskKind
    owner: TaskOwner
    due_at: datetime
    """Promised or legal limit; the end of the calling hours for a visit to confirm."""
    speciality: str | None
    starts_at: datetime | None = None
    task: Task | None = None
    entry: WaitingEntry | None = None
    escalating: bool = False
    """A person must look at it now (1.5)."""

    @property
    def not_before(self) -> datetime | None:
        return None if self.task is None else self.task.not_before

    def taken_by(self, now: datetime) -> str | None:
        return self.task.leased_by if self.task is not None and self.task.is_leased(now) else None


def items(work: Work, *, owner: TaskOwner | None = None, rules: Rules, now: datetime) -> list[Item]:
    """Open work of an owner, or of both; the nearest limit first, what is to be tried later at the end."""
    with work.reading():
        tasks = work.tasks.for_people(now)
        entries = work.waiting.all_open()
    told = [*_waiting(entries, tasks, rules, now), *_others(tasks, rules)]
    own = [item for item in told if owner in (None, item.owner)]
    return sorted(own, key=lambda item: (item.not_before is not None and now < item.not_before, item.due_at))


def _waiting(entries: list[WaitingEntry], tasks: list[ListedTask], rules: Rules, now: datetime) -> list[Item]:
    """Each entry once: a task about it is the same work."""
    about = {one.task.wanted.entry_id: one.task for one in tasks}
    usual = TaskOwner.under(centralised=rules.centralised)
    told = []
    for entry in entries:
        task = about.get(entry.id)
        owner = usual if task is None else task.wanted.owner
        # A callback that was promised may come before the legal deadline.
        due_at = entry.deadline if task is None else min(entry.deadline, task.wanted.due_at)
        item = Item(TaskKind.WAITING, owner, due_at, entry.speciality, task=task, entry=entry)
        told.append(replace(item, escalating=entry.is_escalating(rules, now)))
    return told


def _others(tasks: list[ListedTask], rules: Rules) -> list[Item]:
    return [
        Item(one.task.wanted.kind, one.task.wanted.owner, _due(one, rules), one.speciality, one.starts_at, one.task)
        for one in tasks
        if one.task.wanted.entry_id is None and one.task.wanted.payload.get("by") != "SMS"
    ]


def _due(one: ListedTask, rules: Rules) -> datetime:
    wanted = one.task.wanted
    if wanted.kind is not TaskKind.FEEDBACK:
        return wanted.due_at
    # Its own moment is when calls may begin.
    local = wanted.due_at.astimezone(rules.zone)
    closes = local.replace(hour=rules.calls_until.hour, minute=rules.calls_until.minute, second=0, microsecond=0)
    return max(wanted.due_at, closes.astimezone(wanted.due_at.tzinfo))


def done_lately(work: Work, *, now: datetime, within: timedelta = timedelta(days=1)) -> list[ListedTask]:
    """What people have done, the latest first."""
    with work.reading():
        return work.tasks.done_since(now - within)


def get(work: Work, task_id: int) -> Task:
    """Raises NotFound."""
    with work.reading():
        return work.tasks.get(task_id)


def entry_of(work: Work, entry_id: int) -> WaitingEntry:
    """Raises NotFound."""
    with work.reading():
        return work.waiting.get(entry_id)


def take(work: Work, task_id: int, *, who: str, now: datetime) -> Task:
    """Work on it for the next 15 minutes; who has it already goes on. Raises TaskTaken, NotFound."""
    with work:
        _lease(work, task_id, who, now)
        work.commit()
        return work.tasks.get(task_id)


def take_entry(work: Work, entry_id: int, *, who: str, rules: Rules, now: datetime) -> Task:
    """Work on an entry of the waiting list: the open task about it, or a new one. Raises TaskTaken, NotFound."""
    with work:
        entry = _locked(work, entry_id)
        if entry.status not in OPEN:
            raise TaskTaken(entry_id)
        known = work.tasks.open_of_entry(entry_id)
        task_id = known.id if known is not None else work.tasks.add(_task_of(work, entry, rules), now)
        _lease(work, task_id, who, now)
        work.commit()
        return work.tasks.get(task_id)


def _locked(work: Work, entry_id: int) -> WaitingEntry:
    """The entry, which nobody else takes, offers or closes until this unit of work ends. Raises NotFound."""
    work.patients.lock(work.waiting.get(entry_id).patient_id)
    return work.waiting.get(entry_id)


def _task_of(work: Work, entry: WaitingEntry, rules: Rules) -> NewTask:
    return NewTask(
        key=f"waiting-{entry.id}-{work.tasks.of_entry(entry.id)}",
        kind=TaskKind.WAITING,
        owner=TaskOwner.under(centralised=rules.centralised),
        due_at=entry.deadline,
        entry_id=entry.id,
        patient_id=entry.patient_id,
        phone=work.waiting.contact(entry.id),
    )


def _lease(work: Work, task_id: int, who: str, now: datetime) -> None:
    if not work.tasks.take(task_id, who, now + LEASE, now):
        work.tasks.get(task_id)
        raise TaskTaken(task_id)


def renew(work: Work, task_id: int, *, who: str, now: datetime) -> datetime:
    """The page is open still: his for 15 minutes more. Raises TaskTaken."""
    with work:
        if not work.tasks.renew(task_id, who, now + LEASE):
            raise TaskTaken(task_id)
        work.commit()
    return now + LEASE


def give_back(work: Work, task_id: int, *, who: str) -> None:
    """Somebody else may take it; a repeat changes nothing."""
    with work:
        if work.tasks.give_back(task_id, who):
            work.commit()


def done(work: Work, task_id: int, *, attempt: int, result: TaskResult, note: str, who: str, now: datetime) -> Task:
    """Note what came of an attempt; the same form sent again changes nothing.

    Nobody reached: the task comes back after 90 minutes, three times in all. Raises TaskTaken, NotFound, and
    ValueError for a result that this kind of task cannot have or a note that is too long.
    """
    with work:
        task = work.tasks.get(task_id)
        if result not in results_of(task.wanted):
            raise ValueError(f"no such result of a {task.wanted.kind} task: {result}")
        if len(note) > LONGEST_NOTE:
            raise ValueError(f"a note has at most {LONGEST_NOTE} characters")
        if _same(task, attempt, result, who):
            return task
        entry = None if task.wanted.entry_id is None else _locked(work, task.wanted.entry_id)
        if not work.tasks.close(_closing(task, attempt, result, note, who, now), now):
            # The same form may have arrived twice at one moment.
            task = work.tasks.get(task_id)
            if _same(task, attempt, result, who):
                return task
            raise TaskTaken(task_id)
        if entry is not None:
            _entry_learns(work, entry, result, now)
        work.audit.add(who=who, action="task.done", detail={"task": task_id, "result": result.value}, now=now)
        work.commit()
        return work.tasks.get(task_id)


def _same(task: Task, attempt: int, result: TaskResult, who: str) -> bool:
    return (task.attempts, task.result, task.done_by) == (attempt, result.value, who) and task.leased_by is None


def _closing(task: Task, attempt: int, result: TaskResult, note: str, who: str, now: datetime) -> Closing:
    over = result is not TaskResult.NO_ANSWER or attempt >= TRIES or task.status is not TaskStatus.OPEN
    return Closing(task.id, attempt, who, result, note, over, None if over else now + AGAIN_AFTER)


def _entry_learns(work: Work, entry: WaitingEntry, result: TaskResult, now: datetime) -> None:
    """The waiting list counts who declined or was not reached, and lets go of who asked for it (1.5)."""
    match result:
        case TaskResult.DECLINED:
            entry = replace(entry, declined=entry.declined + 1)
        case TaskResult.NO_ANSWER:
            entry = replace(entry, no_answer=entry.no_answer + 1)
            if entry.no_answer >= UNANSWERED_OFFERS:
                entry = _if_it_may(entry, WaitingStatus.ESCALATED)
        case TaskResult.LEFT:
            entry = _if_it_may(entry, WaitingStatus.CANCELLED_BY_PATIENT)
        case _:
            return
    work.waiting.save(entry, now)


def _if_it_may(entry: WaitingEntry, status: WaitingStatus) -> WaitingEntry:
    return entry.becomes(status) if status in NEXT.get(entry.status, ()) else entry
