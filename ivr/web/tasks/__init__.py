"""Tasks of people: the list, and the card of the one that somebody has taken."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from ivr.domain.refusals import TaskTaken
from ivr.domain.tasks import TaskKind, TaskOwner
from ivr.domain.user import Right, Role
from ivr.domain.worklist import LONGEST_NOTE, TaskResult, results_of
from ivr.services import task_card, worklist
from ivr.web import names, wording
from ivr.web.access import asked_by_itself, needs, user, who
from ivr.web.forms import Form, stripped
from ivr.web.messages import told
from ivr.web.site import run, site
from ivr.web.tasks import words

pages = Blueprint("tasks", __name__, url_prefix="/tasks")
SHOWN = 200
_OWN = {Role.OPERATOR: TaskOwner.CALL_CENTRE.value, Role.REGISTRAR: TaskOwner.REGISTRY.value}


class Outcome(Form):
    """What came of a task."""

    result = RadioField("Результат", validators=[InputRequired("Выберите результат.")])
    note = TextAreaField(
        "Заметка",
        filters=[stripped],
        validators=[Length(max=LONGEST_NOTE, message=f"Заметка длиннее {LONGEST_NOTE} знаков.")],
    )
    attempt = HiddenField(validators=[Regexp(r"^[0-9]{1,9}$")])


@pages.get("")
@needs(Right.TASKS)
def tasks() -> Answer:
    return render_template("tasks/tasks.html", **_list())


@pages.get("/list")
@needs(Right.TASKS)
def listed() -> Answer:
    """The part of the page that changes."""
    return render_template("tasks/list.html", **_list())


@pages.get("/done")
@needs(Right.TASKS)
def done_lately() -> Answer:
    """What was done within a day."""
    done = run(worklist.done_lately, now=site().now())
    return render_template(
        "tasks/done.html", done=done[:SHOWN], users=names.users(), specialities=names.specialities(), words=words
    )


@pages.post("/<int:task_id>/take")
@needs(Right.TASKS)
def take(task_id: int) -> Answer:
    return _taken(lambda: run(worklist.take, task_id, who=who(), now=site().now()).id)


@pages.post("/entries/<int:entry_id>/take")
@needs(Right.TASKS)
def take_entry(entry_id: int) -> Answer:
    """Somebody of the waiting list."""
    here = site()
    return _taken(lambda: run(worklist.take_entry, entry_id, who=who(), rules=here.rules, now=here.now()).id)


def _taken(take: Any) -> Answer:
    try:
        return redirect(url_for("tasks.card", task_id=take()), 303)
    except TaskTaken as refusal:
        return _back(told(refusal), "bad")


@pages.get("/<int:task_id>")
@needs(Right.TASKS)
def card(task_id: int) -> Answer:
    return _card(task_id, Outcome(formdata=None))


@pages.post("/<int:task_id>/keep")
@needs(Right.TASKS)
@asked_by_itself
def keep(task_id: int) -> Answer:
    """The page is open still."""
    try:
        until = run(worklist.renew, task_id, who=who(), now=site().now())
    except TaskTaken as refusal:
        return jsonify(message=told(refusal)), 409
    return jsonify(until=_clock(until))


@pages.post("/<int:task_id>/back")
@needs(Right.TASKS)
def give_back(task_id: int) -> Answer:
    run(worklist.give_back, task_id, who=who())
    return _back("Задача снова в списке.")


@pages.post("/<int:task_id>/done")
@needs(Right.TASKS)
def done(task_id: int) -> Answer:
    form = Outcome()
    task = run(worklist.get, task_id)
    form.result.choices = [(one.value, words.RESULTS[one]) for one in results_of(task.wanted)]
    if not form.validate_on_submit():
        return _card(task_id, form, 422)
    result, note, attempt = TaskResult(form.result.data), form.note.data or "", int(form.attempt.data or 0)
    try:
        kept = run(worklist.done, task_id, attempt=attempt, result=result, note=note, who=who(), now=site().now())
    except TaskTaken as refusal:
        return _back(told(refusal), "bad")
    later = f" Повторить после {_clock(kept.not_before)}." if kept.not_before else ""
    return _back(f"Результат сохранён: {words.RESULTS[result].lower()}.{later}", "ok")


def _card(task_id: int, form: Outcome, status: int = 200) -> Answer:
    now = site().now()
    try:
        shown = run(task_card.card, task_id, who=who(), now=now)
    except TaskTaken as refusal:
        return _back(told(refusal), "bad")
    form.result.choices = [(one.value, words.RESULTS[one]) for one in shown.results]
    if not form.attempt.data:
        form.attempt.data = str(shown.task.attempts)
    page = render_template(
        "tasks/card.html",
        shown=shown,
        form=form,
        today=site().rules.today(now),
        specialities=names.specialities(),
        said=wording,
        words=words,
    )
    return page, status


def _back(message: str, kind: str = "ok") -> Answer:
    flash(message, kind)
    return redirect(url_for("tasks.tasks"), 303)


def _list() -> dict[str, Any]:
    now, rules = site().now(), site().rules
    owner = request.args.get("owner", _OWN.get(user().role, ""))
    kind = request.args.get("kind", "")
    everything = run(worklist.items, rules=rules, now=now)
    own = [item for item in everything if owner in ("", item.owner.value)]
    shown = [item for item in own if kind in ("", item.kind.value)]
    return {
        "items": shown[:SHOWN],
        "more": max(0, len(shown) - SHOWN),
        "owner": owner,
        "kind": kind,
        "kinds": [(one, words.KINDS[one], sum(item.kind is one for item in own)) for one in TaskKind],
        "owners": [(one, words.OWNERS[one], sum(item.owner is one for item in everything)) for one in TaskOwner],
        "counts": (len(own), len(everything)),
        "now": now,
        "mine": who(),
        "users": names.users(),
        "specialities": names.specialities(),
        "words": words,
        "said": wording,
    }


def _clock(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(site().rules.zone).strftime("%H:%M")
