"""The page on which a visit is booked; what a served call has entered and holds is there already (S2.4 to S2.7)."""

import uuid

from flask import abort, render_template, request

from ivr.domain.booking import Booking
from ivr.domain.refusals import NotFound
from ivr.domain.user import Right
from ivr.services import booking, desk_booking, look
from ivr.services.desk_booking import Brought
from ivr.services.ports import Work
from ivr.web.access import needs, user, who
from ivr.web.registry import words
from ivr.web.registry.pages import pages
from ivr.web.registry.shown import held_json
from ivr.web.site import run, site


@pages.get("/patients/<int:patient_id>/visit")
@needs(Right.BOOK)
def visit(patient_id: int) -> str:
    """The page; what a served call has entered and holds is there already."""
    now = site().now()
    patient = run(look.patient, patient_id, who=who(), why="booking", now=now)
    came = brought(request.args.get("call"))
    own = came is not None and came.patient_id == patient_id
    # What was pressed on the card counts more than what the caller began.
    moved = _moved(patient_id, request.args.get("moves", type=int) or (came.moves if came and own else None))
    return render_template(
        "registry/visit.html",
        patient=patient,
        age=patient.age(site().rules.today(now)),
        came=came if own else None,
        call_key=came.call_key if came else None,
        key=came.call_key if came else desk_booking.page_key(user().id, uuid.uuid4().hex),
        held=held_json(came.held, now) if came and own and came.held else None,
        moved=moved,
        purpose=moved.purpose if moved else came.purpose if came and own else None,
        speciality=moved.slot.speciality if moved else came.speciality if came and own else None,
        referrals=run(_referrals, patient_id),
        referral=came.referral if came and own and came.referral else "",
        may_override=user().may(Right.OVERRIDE),
        words=words,
        parts=words.PARTS.items(),
    )


def brought(call_key: str | None) -> Brought | None:
    """A call that nobody knows any more brings nothing; the page works without it."""
    if not call_key:
        return None
    try:
        return run(desk_booking.brought, call_key, now=site().now())
    except NotFound:
        return None


def _moved(patient_id: int, booking_id: int | None) -> Booking | None:
    if booking_id is None:
        return None
    if not 0 < booking_id < 2**53:
        abort(404)
    old = run(booking.of_id, booking_id)
    if old.patient_id != patient_id:
        abort(404)
    return old


def _referrals(work: Work, patient_id: int) -> list[tuple[str, str]]:
    with work.reading():
        names = {one.key: one.name for one in work.staff.specialities()}
        found = work.referrals.open_of(patient_id, site().rules.today(site().now()))
    return [(one.number, names.get(one.speciality, one.speciality)) for one in found]
