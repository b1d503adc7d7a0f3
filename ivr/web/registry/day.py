"""The visits of one doctor on one day, and who of them came."""

from datetime import date

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.slot import Doctor
from ivr.domain.user import Right
from ivr.services import attendance
from ivr.services.ports import Work
from ivr.web.access import needs, who
from ivr.web.forms import Form
from ivr.web.registry import words
from ivr.web.registry.card import Shown, back, markable
from ivr.web.registry.pages import pages
from ivr.web.site import run, site

UNDO = "UNDO"


class OfDay(Form):
    """Asked by the address: a page that can be loaded again after each mark."""

    class Meta(Form.Meta):
        csrf = False

    doctor = SelectField("Врач", coerce=int)
    day = DateField("День", validators=[InputRequired("Выберите день.")])


@pages.get("/day")
@needs(Right.ATTENDANCE)
def day() -> Shown:
    now = site().now()
    doctors = run(_doctors)
    asked = {"doctor": request.args.get("doctor", type=int), "day": day_of(request.args.get("day"))}
    form = OfDay(formdata=None, data={"day": site().rules.today(now)} | {k: v for k, v in asked.items() if v})
    form.doctor.choices = [SelectChoice(one.id, f"{one.full_name}, каб. {one.room}") for one in doctors]
    seen = None
    if asked["doctor"]:
        seen = run(attendance.day_of, form.doctor.data, form.day.data, who=who(), rules=site().rules, now=now)
    return render_template("registry/day.html", form=form, seen=seen, words=words, markable=markable, now=now)


@pages.post("/bookings/<int:booking_id>/attendance")
@needs(Right.ATTENDANCE)
def mark(booking_id: int) -> Response:
    visit = marked(booking_id)
    return _to_day(visit) if request.form.get("back") == "day" else back(visit.patient_id)


def marked(booking_id: int) -> Booking:
    """Came, did not come, or nobody knows after all: as the form of this request says."""
    rules, now = site().rules, site().now()
    match request.form.get("mark"):
        case BookingStatus.VISITED.value:
            return run(attendance.came, booking_id, who=who(), rules=rules, now=now)
        case BookingStatus.NO_SHOW.value:
            return run(attendance.stayed_away, booking_id, who=who(), rules=rules, now=now)
        case mark if mark == UNDO:
            return run(attendance.take_back, booking_id, who=who(), now=now)
        case _:
            return abort(422)


def _to_day(visit: Booking) -> Response:
    day = site().rules.today(visit.slot.starts_at)
    return redirect(url_for("registry.day", doctor=visit.slot.doctor_id, day=day.isoformat()))


def day_of(text: str | None) -> date | None:
    """A day of an address; None where it is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _doctors(work: Work) -> list[Doctor]:
    with work.reading():
        return work.staff.doctors()
