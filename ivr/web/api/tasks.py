"""Work of people, for the call centre that has a system of its own."""

from ivr.domain.client import Scope
from ivr.domain.refusals import KeyReused, NotFound, TaskTaken
from ivr.domain.worklist import TaskResult, results_of
from ivr.services import client_tasks, worklist
from ivr.services.client_tasks import Taken
from ivr.services.worklist import Item
from ivr.web.api import shown
from ivr.web.api.endpoint import Part
from ivr.web.api.invalid import refuse_field
from ivr.web.api.models import Done, Nothing, OfOwner, Person, TaskEnded, TaskItem, TaskItems, TaskShown
from ivr.web.clients import client
from ivr.web.site import run, site

work = Part("Задачи", (Scope.TASKS,))


@work.get("/tasks", "Открытая работа, ближайший срок раньше", TaskItems)
def open_tasks(query: OfOwner) -> TaskItems:
    found = run(worklist.items, owner=query.owner, rules=site().rules, now=site().now())
    return TaskItems(tasks=[_item(one) for one in found])


@work.post("/tasks/<int:task>/take", "Взять задачу на 15 минут", TaskShown, refusals=(KeyReused, NotFound, TaskTaken))
def take(task: int, body: Nothing) -> TaskShown:
    return _taken(run(client_tasks.take, client(), task, now=site().now()))


@work.post(
    "/waiting/<int:entry>/take",
    "Взяться за запись листа ожидания",
    TaskShown,
    refusals=(KeyReused, NotFound, TaskTaken),
)
def take_entry(entry: int, body: Nothing) -> TaskShown:
    return _taken(run(client_tasks.take_entry, client(), entry, rules=site().rules, now=site().now()))


@work.post("/tasks/<int:task>/give-back", "Вернуть задачу", TaskEnded, refusals=(KeyReused, NotFound))
def give_back(task: int, body: Nothing) -> TaskEnded:
    run(worklist.give_back, task, who=client().who)
    return _ended(task)


@work.post("/tasks/<int:task>/done", "Сказать, чем кончилось", TaskEnded, refusals=(KeyReused, NotFound, TaskTaken))
def done(task: int, body: Done) -> TaskEnded:
    if body.result not in results_of(run(worklist.get, task).wanted):
        raise refuse_field("result", "enum", "У задачи этого вида такого итога не бывает.")
    run(
        worklist.done,
        task,
        attempt=body.attempt,
        result=body.result,
        note=body.note,
        who=client().who,
        now=site().now(),
    )
    return _ended(task)


def _item(one: Item) -> TaskItem:
    return TaskItem(
        task=None if one.task is None else one.task.id,
        entry=None if one.entry is None else one.entry.id,
        kind=one.kind,
        owner=one.owner,
        due_at=shown.local(one.due_at),
        not_before=shown.local_or_none(one.not_before),
        speciality=one.speciality,
        starts_at=shown.local_or_none(one.starts_at),
        taken=one.taken_by(site().now()) is not None,
        escalating=one.escalating,
    )


def _taken(taken: Taken) -> TaskShown:
    task, patient = taken.task, taken.patient
    wanted = task.wanted
    phone = wanted.phone or (None if patient is None else patient.phone)
    who = None
    if patient is not None:
        who = Person(id=patient.id, given_name=patient.given_name, patronymic=patient.patronymic)
    return TaskShown(
        task=task.id,
        kind=wanted.kind,
        attempt=task.attempts,
        until=shown.local_or_none(task.leased_until),
        phone=None if phone is None else phone.e164,
        patient=who,
        booking=wanted.booking_id,
        entry=wanted.entry_id,
        slot=wanted.slot_id,
        results=list(results_of(wanted)),
    )


def _ended(task_id: int) -> TaskEnded:
    task = run(worklist.get, task_id)
    return TaskEnded(
        task=task.id,
        status=task.status.value,
        result=None if task.result is None else TaskResult(task.result),
        not_before=shown.local_or_none(task.not_before),
    )
