"""A patient's card: who he is, his visits, the waiting list, calls; cancelling with a reason."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ivr.domain.booking import FILLS_A_SLOT, Booking, BookingStatus
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.refusals import NotAdmitted, PatientKnown, ReferralTaken
from ivr.domain.user import Right
from ivr.services import booking, choice, consent, errands, look, paper_referrals, people, robot_calls, waiting
from ivr.services.ports import Work
from ivr.web.access import needs, user, who
from ivr.web.messages import told
from ivr.web.names import users
from ivr.web.registry import words
from ivr.web.registry.fields import ByDocument, Cancel, FoundOut, PaperReferral, Telephone
from ivr.web.registry.pages import pages
from ivr.web.site import run, site

Shown = str | Response | tuple[str, int]


@pages.get("/patients/<int:patient_id>")
@needs(Right.BOOK)
def card(patient_id: int) -> Shown:
    return _card(patient_id)


@pages.post("/patients/<int:patient_id>/phone")
@needs(Right.BOOK)
def change_phone(patient_id: int) -> Shown:
    form = Telephone()
    if not form.validate_on_submit():
        return _card(patient_id, phone=form), 422
    number = PhoneNumber.parse(form.phone.data) if form.phone.data else None
    run(people.change_phone, patient_id, number, who=who(), now=site().now())
    return back(patient_id)


@pages.post("/patients/<int:patient_id>/documents")
@needs(Right.BOOK)
def add_document(patient_id: int) -> Shown:
    form = ByDocument(prefix="document")
    document = form.document_or_refuse() if form.validate_on_submit() else None
    if document is None:
        return _card(patient_id, document=form), 422
    try:
        run(people.add_document, patient_id, document, who=who(), now=site().now())
    except PatientKnown as refusal:
        form.refuse("document_number", told(refusal))
        return _card(patient_id, document=form), 422
    return back(patient_id)


@pages.post("/patients/<int:patient_id>/referrals")
@needs(Right.BOOK)
def add_referral(patient_id: int) -> Shown:
    """A paper of another hospital: its number opens the speciality in every channel (D-11)."""
    form = PaperReferral(prefix="referral")
    form.offer(run(specialities))
    if not form.validate_on_submit():
        return _card(patient_id, referral=form), 422
    try:
        run(paper_referrals.enter, form.referral(patient_id), who=who(), rules=site().rules, now=site().now())
    except (ReferralTaken, NotAdmitted) as refusal:
        form.refuse("number" if isinstance(refusal, ReferralTaken) else "speciality", told(refusal))
        return _card(patient_id, referral=form), 422
    return back(patient_id)


@pages.route("/bookings/<int:booking_id>/cancel", methods=["GET", "POST"])
@needs(Right.BOOK)
def cancel(booking_id: int) -> Shown:
    """Ask who cancels and why; the time goes to the waiting list."""
    visit = run(booking.of_id, booking_id)
    form = Cancel()
    if not form.validate_on_submit():
        page = _visit_page("registry/cancel.html", visit, form, "cancel")
        return (page, 422) if request.method == "POST" else page
    run(
        booking.cancel,
        booking_id,
        patient_id=visit.patient_id,
        key=f"desk-cancel-{booking_id}",
        rules=site().rules,
        now=site().now(),
        status=BookingStatus(form.by.data),
        reason=form.reason.data,
        by=who(),
    )
    return back(visit.patient_id)


@pages.route("/bookings/<int:booking_id>/found-out", methods=["GET", "POST"])
@needs(Right.BOOK)
def found_out(booking_id: int) -> Shown:
    """A person has asked the regional system what it made of the visit (X14)."""
    visit = run(booking.of_id, booking_id)
    form = FoundOut()
    if not form.found():
        page = _visit_page("registry/found_out.html", visit, form, "found_out")
        return (page, 422) if request.method == "POST" else page
    far_id = form.number.data if form.made.data == "yes" else None
    run(errands.found_out, booking_id, far_id, who=who(), rules=site().rules, now=site().now())
    return back(visit.patient_id)


@pages.post("/patients/<int:patient_id>/waiting/<int:entry_id>/leave")
@needs(Right.BOOK)
def leave_waiting(patient_id: int, entry_id: int) -> Shown:
    run(waiting.leave, entry_id, patient_id=patient_id, now=site().now())
    return back(patient_id)


def markable(visit: Booking) -> bool:
    """Whether anything can be said of it: a visit of today or before that was not cancelled."""
    rules = site().rules
    return visit.status in FILLS_A_SLOT and rules.today(visit.slot.starts_at) <= rules.today(site().now())


def specialities(work: Work) -> dict[str, str]:
    """Names by key."""
    with work.reading():
        return {one.key: one.name for one in work.staff.specialities()}


def _card(
    patient_id: int,
    *,
    phone: Telephone | None = None,
    document: ByDocument | None = None,
    referral: PaperReferral | None = None,
) -> str:
    now, names = site().now(), run(specialities)
    if referral is None:
        referral = PaperReferral(prefix="referral", formdata=None)
        referral.offer(names)
    patient = run(look.patient, patient_id, who=who(), why="card", now=now)
    known = None if patient.phone is None else patient.phone.e164
    seen = run(people.history, patient_id, rules=site().rules, now=now)
    coming = [one for one in seen.bookings if one.status is BookingStatus.BOOKED and one.slot.ends_at > now]
    return render_template(
        "registry/card.html",
        patient=patient,
        age=patient.age(site().rules.today(now)),
        coming=coming[::-1],
        past=[one for one in seen.bookings if one not in coming],
        pending=[one for one in seen.bookings if one.status is BookingStatus.PENDING],
        seen=seen,
        own_doctor=run(choice.own_doctor, patient),
        specialities=names,
        referral=referral,
        referrals=run(paper_referrals.open_of, patient_id, rules=site().rules, now=now),
        form=phone or Telephone(formdata=None, data={"phone": known}),
        document=document or ByDocument(prefix="document", formdata=None),
        consents=run(consent.lines, patient_id),
        numbers=run(robot_calls.numbers, patient_id),
        users=users(),
        may_mark=user().may(Right.ATTENDANCE),
        markable=markable,
        words=words,
        call_key=request.values.get("call") or None,
        now=now,
    )


def _visit_page(template: str, visit: Booking, form: Cancel | FoundOut, why: str) -> str:
    patient = run(look.patient, visit.patient_id, who=who(), why=why, now=site().now())
    doctor = run(booking.doctor_of, visit)
    return render_template(template, visit=visit, patient=patient, doctor=doctor, form=form, words=words)


def back(patient_id: int) -> Response:
    """To the card, with the call that is served."""
    return redirect(url_for("registry.card", patient_id=patient_id, call=request.values.get("call") or None))
