"""Work of people done in another system: a call centre of its own takes tasks and tells what came of them."""

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.client import Acquaintance, Client, Scope
from ivr.domain.patient import Patient
from ivr.domain.rules import Rules
from ivr.domain.tasks import Task
from ivr.domain.worklist import LEASE
from ivr.services import worklist
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Taken:
    """A task with whom it is about: while the client has it, it may act for him."""

    task: Task
    patient: Patient | None


def take(work: Work, client: Client, task_id: int, *, now: datetime) -> Taken:
    """Raises TaskTaken, NotFound."""
    return _with_patient(work, client, worklist.take(work, task_id, who=client.who, now=now), now)


def take_entry(work: Work, client: Client, entry_id: int, *, rules: Rules, now: datetime) -> Taken:
    """Look after somebody on the waiting list. Raises TaskTaken, NotFound."""
    task = worklist.take_entry(work, entry_id, who=client.who, rules=rules, now=now)
    return _with_patient(work, client, task, now)


def _with_patient(work: Work, client: Client, task: Task, now: datetime) -> Taken:
    """Who works on a task is told whom to ring up; that he was told is kept first."""
    patient_id = task.wanted.patient_id
    if patient_id is None:
        return Taken(task, None)
    told = client.may(Scope.VISITS) or client.may(Scope.REGISTRY)
    with work:
        known = work.clients.knows(client.id, patient_id, now)
        until = max(now + LEASE, known.until) if known is not None else now + LEASE
        told = told or (known is not None and known.told)
        work.clients.meet(client.id, Acquaintance(patient_id, told, until))
        detail = {"patient": patient_id, "why": "task"}
        work.audit.add(who=client.who, action="patient shown", detail=detail, now=now)
        work.commit()
        return Taken(task, work.patients.get(patient_id))
