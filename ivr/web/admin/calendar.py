"""Holidays, moved working days, and opening hours: what callers are told, and when doctors see patients."""

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from ivr.domain.hours import Hours
from ivr.domain.run_time import DAYS, HOURS, DayKind, days_of
from ivr.domain.user import Right
from ivr.services import run_time
from ivr.web.access import needs, who
from ivr.web.admin.pages import pages
from ivr.web.forms import Form
from ivr.web.site import run, site

KINDS = {DayKind.OFF: "выходной", DayKind.WORKED: "рабочий", DayKind.SHORT: "короче на час"}
LONGEST = timedelta(days=400)


class DayForm(Form):
    day = DateField("День", validators=[InputRequired()])
    kind = SelectField("Какой он", choices=[SelectChoice(one.value, text) for one, text in KINDS.items()])


@pages.get("/calendar", endpoint="calendar")
@needs(Right.SCHEDULE)
def all_days() -> Answer:
    return _page(DayForm())


@pages.post("/calendar")
@needs(Right.SCHEDULE)
def add_day() -> Answer:
    form = DayForm()
    if not form.validate_on_submit():
        return _page(form), 422
    today = site().rules.today(site().now())
    if not today <= form.day.data <= today + LONGEST:
        form.refuse("day", "Этот день уже прошёл или слишком далеко.")
        return _page(form), 422
    days = {str(day): kind.value for day, kind in days_of(run(run_time.stored)).items()}
    _store(days | {str(form.day.data): form.kind.data})
    return redirect(url_for("admin.calendar"))


@pages.post("/calendar/<day>/remove")
@needs(Right.SCHEDULE)
def remove_day(day: str) -> Answer:
    days = {str(one): kind.value for one, kind in days_of(run(run_time.stored)).items()}
    if days.pop(day, None) is not None:
        _store(days)
    return redirect(url_for("admin.calendar"))


@pages.post("/hours")
@needs(Right.SCHEDULE)
def change_hours() -> Answer:
    sent = {key: request.form.get(key, "").strip() for key in HOURS}
    errors = {key: "Пишите так: 08:00-19:00, начало раньше конца." for key, text in sent.items() if not _is_hours(text)}
    if errors:
        return _page(DayForm(formdata=None), shown=sent, errors=errors), 422
    hospital = site().hospital
    changed = {key: str(Hours.parse(text)) for key, text in sent.items() if Hours.parse(text) != getattr(hospital, key)}
    if changed:
        run(run_time.change, changed, who=who(), now=site().now())
        site().look_at_settings()
    flash("Часы сохранены. Телефон узнает о них в течение минуты.")
    return redirect(url_for("admin.calendar"))


def _is_hours(text: str) -> bool:
    try:
        Hours.parse(text)
    except ValueError:
        return False
    return True


def _store(days: dict[str, str]) -> None:
    """Keep the days, and bring every doctor's slots to them."""
    run(run_time.change, {DAYS: days or None}, who=who(), now=site().now())
    site().look_at_settings()
    if editor := site().timetable:
        effect = editor.again(who=who())
        outside = f" Записанных в эти дни: {effect.outside}, они в задачах на обзвон." if effect.outside else ""
        flash(f"Календарь изменён: добавлено окон {effect.added}, убрано {effect.withdrawn}.{outside}")


def _page(form: DayForm, shown: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    here = site()
    today = here.rules.today(here.now())
    own = days_of(run(run_time.stored))
    holidays = sorted(day for day in here.rules.calendar.days_off if today <= day <= today + LONGEST)
    return render_template(
        "admin/calendar.html",
        form=form,
        days=sorted(own.items()),
        kinds=KINDS,
        holidays=holidays,
        hours=HOURS,
        shown=shown or {key: str(getattr(here.hospital, key)) for key in HOURS},
        errors=errors or {},
    )
