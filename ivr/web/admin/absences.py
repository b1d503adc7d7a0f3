"""Days on which a doctor sees nobody: who is booked is shown before, rung up after."""

from datetime import timedelta

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from ivr.domain.refusals import AbsenceClash
from ivr.domain.schedule import Absence
from ivr.domain.user import Right
from ivr.services import absences
from ivr.services.doctors import everybody
from ivr.web.access import needs, who
from ivr.web.admin.pages import pages
from ivr.web.forms import Form, stripped
from ivr.web.messages import told
from ivr.web.site import run, site

LONGEST = timedelta(days=1100)
"""Leave to care for a child is the longest."""


class AbsenceForm(Form):
    doctor = SelectField("Врач", coerce=int)
    first = DateField("Первый день", validators=[InputRequired()])
    last = DateField("Последний день", validators=[InputRequired()])
    reason = StringField("Причина", filters=[stripped], validators=[InputRequired(), Length(max=200)])
    sure = BooleanField("Да, отменить приём и обзвонить записанных")


def _form() -> AbsenceForm:
    form = AbsenceForm()
    form.doctor.choices = [
        SelectChoice(str(one.id), f"{one.full_name}, каб. {one.room}") for one in run(everybody) if one.active
    ]
    return form


@pages.get("/absences", endpoint="absences")
@needs(Right.SCHEDULE)
def all_absences() -> Answer:
    return _page(_form())


@pages.post("/absences")
@needs(Right.SCHEDULE)
def add_absence() -> Answer:
    form = _form()
    if not form.validate_on_submit():
        return _page(form), 422
    if form.first.data > form.last.data:
        form.refuse("last", "Последний день раньше первого.")
        return _page(form), 422
    here = site()
    today = here.rules.today(here.now())
    if form.first.data < today - LONGEST or not today <= form.last.data <= today + LONGEST:
        form.refuse("last", "Эти дни уже прошли или слишком далеко.")
        return _page(form), 422
    days = (form.doctor.data, form.first.data, form.last.data)
    visits = run(absences.affected, *days, rules=here.rules, now=here.now())
    if visits and not form.sure.data:
        # Nothing is changed before somebody has seen how many it concerns.
        return _page(form, affected=visits), 422
    try:
        noted = run(absences.add, Absence(*days), form.reason.data, who=who(), rules=here.rules, now=here.now())
    except AbsenceClash as refusal:
        form.refuse("first", told(refusal))
        return _page(form), 422
    flash(f"Отсутствие внесено. Записей на обзвон: {len(noted)}.")
    return redirect(url_for("admin.absences"))


@pages.post("/absences/<int:absence_id>/remove")
@needs(Right.SCHEDULE)
def remove_absence(absence_id: int) -> Answer:
    run(absences.remove, absence_id, who=who(), now=site().now())
    flash("Отсутствие убрано, время снова открыто для записи.")
    return redirect(url_for("admin.absences"))


def _page(form: AbsenceForm, affected: object = None) -> str:
    here = site()
    names = {one.id: one.full_name for one in run(everybody)}
    coming = run(absences.coming, rules=here.rules, now=here.now())
    return render_template("admin/absences.html", form=form, coming=coming, names=names, affected=affected)
