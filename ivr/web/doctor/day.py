"""The doctor's day: who is booked, who came; marks are those of the registry."""

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ivr.domain.booking import Booking
from ivr.domain.user import Right
from ivr.services import attendance, doctor_room
from ivr.web.access import needs, user, who
from ivr.web.doctor.pages import own_id, pages
from ivr.web.registry import words
from ivr.web.registry.card import markable
from ivr.web.registry.day import day_of, marked
from ivr.web.site import run, site


@pages.get("")
@needs(Right.REFER)
def doctor() -> str:
    """The patients of today, or of a day before; of nobody else."""
    if user().doctor_id is None:
        return render_template("doctor/nobody.html")
    rules, now = site().rules, site().now()
    today = rules.today(now)
    day = min(day_of(request.args.get("day")) or today, today)
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
    """As the registry marks, of his own patients."""
    run(doctor_room.own_visit, visit_id, own_id())
    return _to_day(marked(visit_id))


def _to_day(visit: Booking) -> Response:
    return redirect(url_for("doctor.doctor", day=site().rules.today(visit.slot.starts_at).isoformat()))
