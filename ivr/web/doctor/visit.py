"""One visit of the doctor's: the patient, what was arranged, and how he goes on (S4.2, D-10)."""

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ivr.domain.follow_up import FollowUp, must_have_come
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyBooked,
    AlreadyWaiting,
    CompetitiveSlot,
    NotAdmitted,
    OutsideHorizon,
    Overlaps,
    ReferralTaken,
    Refusal,
    SlotTaken,
    TooManyBookings,
    VisitNeeded,
)
from ivr.domain.user import Right
from ivr.services import choice, doctor_room, follow_up
from ivr.services.doctor_room import Seen
from ivr.services.follow_up import Awaited, Order
from ivr.web.access import needs, user, who
from ivr.web.doctor import words as own_words
from ivr.web.doctor.forms import BOOK, OPEN, REFER, WAIT, Arrange, Undo, Where, filled
from ivr.web.doctor.pages import own_id, pages
from ivr.web.messages import told
from ivr.web.names import specialities as names_of_specialities
from ivr.web.registry import words
from ivr.web.site import run, site

Shown = str | Response | tuple[str, int]
FIELDS: dict[type[Refusal], str] = {
    AlreadyBooked: "slot",
    AlreadyWaiting: "part",
    CompetitiveSlot: "slot",
    NotAdmitted: "slot",
    OutsideHorizon: "slot",
    Overlaps: "slot",
    ReferralTaken: "number",
    SlotTaken: "slot",
    TooManyBookings: "slot",
}
"""What each refusal is about."""


@pages.get("/visits/<int:visit_id>")
@needs(Right.REFER)
def visit(visit_id: int) -> Shown:
    seen = _seen(visit_id)
    purpose, speciality = _wanted(seen)
    command = uuid.uuid4().hex
    form = Arrange(formdata=None, data=filled(purpose.value, speciality, command)) if purpose else None
    return _page(seen, purpose, speciality, form)


@pages.post("/visits/<int:visit_id>")
@needs(Right.REFER)
def arrange(visit_id: int) -> Shown:
    """Book, open a slot, refer, or put on the waiting list; the form sent twice does it once."""
    seen, form, wanted = _seen(visit_id), Arrange(), request.form.get("do")
    if wanted not in _BUTTONS:
        abort(422)
    if not form.validate_for(wanted):
        return _again(seen, form)
    try:
        _BUTTONS[wanted](form, _order(seen, form))
    except Refusal as refusal:
        field = FIELDS.get(type(refusal))
        if field is None:
            raise
        form.refuse(field, told(refusal))
        return _again(seen, form)
    flash(_DONE[wanted])
    return redirect(url_for("doctor.visit", visit_id=visit_id))


@pages.route("/follow-ups/<int:follow_up_id>/undo", methods=["GET", "POST"])
@needs(Right.REFER)
def undo(follow_up_id: int) -> Shown:
    """Ask why; then it is taken back."""
    made = run(doctor_room.own_follow_up, follow_up_id, own_id())
    seen, form = _seen(made.visit_id), Undo()
    if not form.validate_on_submit():
        one = next(one for one in seen.arranged if one.follow_up.id == follow_up_id)
        page = render_template("doctor/undo.html", seen=seen, one=one, form=form, words=words, own_words=own_words)
        return (page, 422) if request.method == "POST" else page
    named = {"doctor_id": own_id(), "who": who(), "reason": form.reason.data}
    run(follow_up.undo, follow_up_id, **named, rules=site().rules, now=site().now())
    flash("Отменено.")
    return redirect(url_for("doctor.visit", visit_id=made.visit_id))


def _book(form: Arrange, order: Order) -> FollowUp:
    return run(follow_up.book, order, int(form.slot.data), rules=site().rules, now=site().now())


def _open(form: Arrange, order: Order) -> FollowUp:
    return run(follow_up.open_slot, order, int(form.slot.data), rules=site().rules, now=site().now())


def _refer(form: Arrange, order: Order) -> FollowUp:
    return run(follow_up.refer, order, form.speciality.data, rules=site().rules, now=site().now())


def _wait(form: Arrange, order: Order) -> FollowUp:
    awaited = Awaited(form.speciality.data, form.part_of_day, form.suspicion.data)
    return run(follow_up.wait, order, awaited, rules=site().rules, now=site().now())


_BUTTONS = {BOOK: _book, OPEN: _open, REFER: _refer, WAIT: _wait}
_DONE = {
    BOOK: "Пациент записан.",
    OPEN: "Время открыто для пациента.",
    REFER: "Направление выдано.",
    WAIT: "Пациент в листе ожидания, вне очереди.",
}


def _order(seen: Seen, form: Arrange) -> Order:
    return Order(
        key=f"{user().id}-{form.command.data}",
        visit_id=seen.visit.id,
        doctor_id=own_id(),
        who=who(),
        purpose=form.aim,
        reason=form.reason.data,
        number=form.number.data or None,
    )


def _seen(visit_id: int) -> Seen:
    return run(doctor_room.seen, visit_id, doctor_id=own_id(), who=who(), now=site().now())


def _wanted(seen: Seen) -> tuple[Purpose | None, str]:
    """What the address asks for; a repeat visit and observation are of the doctor's own speciality."""
    asked = request.args.get("purpose")
    if asked not in list(own_words.PURPOSES):
        return None, seen.visit.slot.speciality
    other = request.args.get("speciality") if asked == Purpose.REFERRAL else None
    return Purpose(asked), other or seen.visit.slot.speciality


def _again(seen: Seen, form: Arrange) -> Shown:
    """The page with its messages, and the times as they are now (S1.6)."""
    if form.purpose.errors or form.command.errors:
        abort(422)
    form.command.data = uuid.uuid4().hex
    return _page(seen, form.aim, form.speciality.data, form), 422


def _page(seen: Seen, purpose: Purpose | None, speciality: str, form: Arrange | None) -> str:
    rules, now = site().rules, site().now()
    offered = run(choice.specialities_for, seen.patient, rules=rules, now=now)
    names = names_of_specialities()
    where = Where(formdata=None, data={"purpose": purpose or Purpose.REPEAT, "speciality": speciality})
    where.offer(offered)
    times = []
    if purpose is not None:
        run(choice.speciality_of, speciality)  # 404 for one that there is not
        times = run(doctor_room.vacant, seen.visit, purpose, speciality, rules=rules, now=now)
    return render_template(
        "doctor/visit.html",
        seen=seen,
        age=seen.patient.age(rules.today(now)),
        came=_came(seen),
        where=where,
        form=form,
        purpose=purpose,
        speciality=names.get(speciality, speciality),
        names=names,
        times=[(own_words.titled(doctor, own_id()), own_words.by_day(slots)) for doctor, slots in times],
        words=words,
        own_words=own_words,
        now=now,
    )


def _came(seen: Seen) -> bool:
    rules = site().rules
    try:
        must_have_come(seen.visit, rules.today(seen.visit.slot.starts_at), rules.today(site().now()))
    except VisitNeeded:
        return False
    return True
