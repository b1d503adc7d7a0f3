"""The audit log, searched by time, person, action and what it was about."""

import csv
import io
from datetime import date, datetime, time, timedelta

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue as Answer
from wtforms import DateField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional

from ivr.domain.user import Right
from ivr.services import audit
from ivr.services.audit import Entry, Sought
from ivr.services.portal import WHO
from ivr.web.access import needs, who
from ivr.web.admin.audit_words import ACTIONS, details, title
from ivr.web.admin.pages import pages
from ivr.web.forms import Form
from ivr.web.reports.files import plain
from ivr.web.site import run, site

NUMBER = NumberRange(1, 2**62, "Целое положительное число.")


class Search(Form):
    first = DateField("С", validators=[InputRequired()])
    last = DateField("По", validators=[InputRequired()])
    who = SelectField("Кто")
    action = SelectField("Действие")
    patient = IntegerField("Номер пациента", validators=[Optional(), NUMBER])
    booking = IntegerField("Номер записи", validators=[Optional(), NUMBER])
    page = IntegerField("Страница", default=0, validators=[Optional(), NumberRange(0, 10_000)])


@pages.route("/audit", methods=["GET", "POST"], endpoint="audit")
@needs(Right.AUDIT)
def search() -> Answer:
    """The latest entries, until something is searched for."""
    names, form = _names(), _form()
    if request.method == "POST" and (not form.validate() or _backwards(form)):
        return _page(form, names, None, more=False), 422
    number = form.page.data or 0
    found, more = run(audit.search, _sought(form), page=number, who=who(), now=site().now())
    return _page(form, names, found, more=more)


@pages.post("/audit.csv")
@needs(Right.AUDIT)
def export_audit() -> Answer:
    form, names = _form(), _names()
    if not form.validate() or _backwards(form):
        return _page(form, names, None, more=False), 422
    found = run(audit.export, _sought(form), who=who(), now=site().now())
    file = io.StringIO()
    rows = csv.writer(file, delimiter=";")
    rows.writerow(["Время", "Кто", "Действие", "Подробности"])
    for one in found:
        local = one.at.astimezone(site().rules.zone)
        told = (names.get(one.who, one.who), title(one.action), details(one.detail, names))
        rows.writerow([f"{local:%d.%m.%Y %H:%M:%S}", *map(plain, told)])
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response("\ufeff" + file.getvalue(), mimetype="text/csv", headers=headers)


def _form() -> Search:
    here = site()
    today = here.rules.today(here.now())
    form = Search(first=today - timedelta(days=6), last=today)
    form.who.choices = [SelectChoice("", "все"), *(SelectChoice(key, name) for key, name in _names().items())]
    known = sorted({*run(audit.actions), *ACTIONS}, key=title)
    form.action.choices = [SelectChoice("", "все"), *(SelectChoice(key, title(key)) for key in known)]
    return form


def _names() -> dict[str, str]:
    """`user:7` to the user's name."""
    with site().new_work().reading() as work:
        users = {f"user:{user.id}": user.name for user in work.users.all()}
        kiosks = {f"infomat:{kiosk.id}": f"инфомат «{kiosk.name}»" for kiosk in work.kiosks.all()}
        systems = {one.who: f"система «{one.name}»" for one in work.clients.all()}
    return users | kiosks | systems | {WHO: "портал Госуслуг"}


def _backwards(form: Search) -> bool:
    if form.first.data <= form.last.data:
        return False
    form.refuse("last", "Последний день раньше первого.")
    return True


def _sought(form: Search) -> Sought:
    return Sought(
        since=_midnight(form.first.data),
        until=_midnight(form.last.data + timedelta(days=1)) if form.last.data < date.max else _midnight(date.max),
        who=form.who.data or None,
        action=form.action.data or None,
        patient_id=form.patient.data,
        booking_id=form.booking.data,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(min(max(day, date(1970, 1, 2)), date(9999, 1, 1)), time(), site().rules.zone)


def _page(form: Search, names: dict[str, str], found: list[Entry] | None, *, more: bool) -> str:
    words = {"title": title, "details": details}
    return render_template("admin/audit.html", form=form, names=names, found=found, more=more, **words)
