"""Hours of a doctor, line by line; each change says what it did to the slots."""

from dataclasses import dataclass
from datetime import date, time

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from ivr.domain.hours import Hours
from ivr.domain.refusals import HoursClash
from ivr.domain.schedule import SHORTEST_SLOT, Parity, WorkRule
from ivr.domain.user import Right
from ivr.services import timetable
from ivr.services.choice import doctor as get_doctor
from ivr.services.doctors import everybody
from ivr.services.timetable import Editor, Effect
from ivr.web.access import needs, who
from ivr.web.admin.pages import pages
from ivr.web.forms import Form
from ivr.web.messages import told
from ivr.web.site import run, site

DAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
PARITIES = {Parity.ANY: "каждый день", Parity.ODD: "нечётные числа", Parity.EVEN: "чётные числа"}


class RuleForm(Form):
    weekdays = SelectMultipleField(
        "Дни недели",
        choices=[SelectChoice(str(number), day) for number, day in enumerate(DAYS)],
        coerce=int,
        default=[0, 1, 2, 3, 4],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validators=[InputRequired("Выберите хотя бы один день.")],
    )
    opens = TimeField("Начало", default=time(8), validators=[InputRequired()])
    closes = TimeField("Конец", default=time(14), validators=[InputRequired()])
    parity = SelectField("Чередование", choices=[SelectChoice(one.value, text) for one, text in PARITIES.items()])
    minutes = IntegerField(
        "Минут на приём", validators=[Optional(), NumberRange(SHORTEST_SLOT, 240, f"От {SHORTEST_SLOT} до 240 минут.")]
    )
    since = DateField("Действует с", validators=[Optional()])
    until = DateField("по", validators=[Optional()])


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timetable in words."""

    id: int
    days: str
    hours: str
    about: str


@pages.get("/schedule")
@needs(Right.SCHEDULE)
def schedule() -> Answer:
    doctor_id = request.args.get("doctor", type=int)
    return _page(doctor_id, RuleForm()) if doctor_id else _page(None, None)


@pages.post("/schedule/<int:doctor_id>")
@needs(Right.SCHEDULE)
def add_hours(doctor_id: int) -> Answer:
    form = RuleForm()
    if not form.validate_on_submit():
        return _page(doctor_id, form), 422
    rule = _meant(form, doctor_id)
    if rule is None:
        return _page(doctor_id, form), 422
    try:
        effect = _editor().add(rule, who=who())
    except HoursClash as refusal:
        form.refuse("opens", told(refusal))
        return _page(doctor_id, form), 422
    _tell(effect)
    return redirect(url_for("admin.schedule", doctor=doctor_id))


@pages.post("/schedule/<int:doctor_id>/<int:rule_id>/remove")
@needs(Right.SCHEDULE)
def remove_hours(doctor_id: int, rule_id: int) -> Answer:
    _tell(_editor().remove(doctor_id, rule_id, who=who()))
    return redirect(url_for("admin.schedule", doctor=doctor_id))


def _editor() -> Editor:
    return site().timetable or abort(404)


def _tell(effect: Effect) -> None:
    parts = [f"добавлено окон: {effect.added}", f"убрано: {effect.withdrawn}"]
    if effect.outside:
        parts.append(f"записанных вне новых часов: {effect.outside}, они в задачах на обзвон")
    flash("Расписание изменено: " + ", ".join(parts) + ".")


def _meant(form: RuleForm, doctor_id: int) -> WorkRule | None:
    """None where the form says why not."""
    opens, closes = form.opens.data, form.closes.data
    if opens >= closes:
        form.refuse("closes", "Конец приёма должен быть позже начала.")
        return None
    if form.since.data and form.until.data and form.since.data > form.until.data:
        form.refuse("until", "Последний день раньше первого.")
        return None
    return WorkRule(
        doctor_id,
        Hours(opens, closes),
        weekdays=frozenset(form.weekdays.data),
        parity=Parity(form.parity.data),
        since=form.since.data,
        until=form.until.data,
        minutes=form.minutes.data,
    )


def _page(doctor_id: int | None, form: RuleForm | None) -> str:
    lines = [] if doctor_id is None else [_line(*pair) for pair in run(timetable.of_doctor, doctor_id)]
    return render_template(
        "admin/schedule.html",
        doctors=[doctor for doctor in run(everybody) if doctor.active],
        doctor=run(get_doctor, doctor_id) if doctor_id else None,
        lines=lines,
        form=form,
    )


def _line(rule_id: int, rule: WorkRule) -> Line:
    about = [] if rule.parity is Parity.ANY else [PARITIES[rule.parity]]
    if rule.every_weeks > 1:
        about.append(f"неделя {rule.week + 1} из {rule.every_weeks}")
    if rule.minutes:
        about.append(f"по {rule.minutes} мин")
    about += [f"{word} {_day(day)}" for word, day in (("с", rule.since), ("по", rule.until)) if day]
    return Line(rule_id, ", ".join(DAYS[day] for day in sorted(rule.weekdays)), str(rule.hours), "; ".join(about))


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
