"""The doctor's day: who is booked, who came; marks are those of the registry."""

from datetime import date, timedelta

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.user import Right
from ivr.services import attendance, doctor_room
from ivr.web.access import needs, user, who
from ivr.web.doctor import own_id, pages
from ivr.web.registry import words
from ivr.web.registry.card import markable
from ivr.web.site import run, site

UNDO = "UNDO"


@pages.get("")
@needs(Right.REFER)
def doctor() -> str:
    """The patients of today, or of a day before; of nobody else."""
    if user().doctor_id is None:
        return render_template("doctor/nobody.html")
    rules, now = site().rules, site().now()
    today = rules.today(now)
    day = min(_day(request.args.get("day")) or today, today)
    seen = run(attendance.day_of, own_id(), day, who=who(), rules=rules, now=now)
    return render_template(
        "doctor/day.html",
        seen=seen,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < today else None,
        is_today=day == today,
        words=words,
        markable=markable,
        now=now,
    )


@pages.post("/visits/<int:visit_id>/attendance")
@needs(Right.REFER)
def mark(visit_id: int) -> Response:
    """Came, did not come, or nobody knows after all."""
    rules, now = site().rules, site().now()
    run(doctor_room.own_visit, visit_id, own_id())
    match request.form.get("mark"):
        case BookingStatus.VISITED.value:
            visit = run(attendance.came, visit_id, who=who(), rules=rules, now=now)
        case BookingStatus.NO_SHOW.value:
            visit = run(attendance.stayed_away, visit_id, who=who(), rules=rules, now=now)
        case mark if mark == UNDO:
            visit = run(attendance.take_back, visit_id, who=who(), now=now)
        case _:
            abort(422)
    return _to_day(visit)


def _to_day(visit: Booking) -> Response:
    return redirect(url_for("doctor.doctor", day=site().rules.today(visit.slot.starts_at).isoformat()))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
