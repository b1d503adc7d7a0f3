"""Who is at the window, or calls: found by number, document, name or telephone; put on the register (S2.1-S2.3)."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.refusals import NotFound, PatientKnown
from ivr.domain.user import Right
from ivr.services import desk_booking, egisz, people, purposes
from ivr.services.egisz import Found
from ivr.web.access import needs, user, who
from ivr.web.forms import Form
from ivr.web.messages import told
from ivr.web.registry.fields import ByDocument, ByName, ByNumber, ByPhone, NewPatient, read_birth
from ivr.web.registry.pages import pages
from ivr.web.registry.words import INSURER, MEANS, NOT_FOUND, URGENT_CARE
from ivr.web.site import run, site

Shown = str | Response | tuple[str, int]
FIELD_OF = {"document": "document_number"}


@pages.get("/")
@needs(Right.BOOK)
def registry() -> Shown:
    """The search; of a call that is served, its patient at once."""
    call_key = request.args.get("call")
    if call_key and (led := _of_call(call_key)):
        return led
    return _page()


@pages.post("/search/number")
@needs(Right.BOOK)
def by_number() -> Shown:
    form = ByNumber(prefix="number")
    return _search(form, lambda: run(people.by_number, form.claim(), who=who(), now=site().now()))


@pages.post("/search/name")
@needs(Right.BOOK)
def by_name() -> Shown:
    form = ByName(prefix="name")
    return _search(
        form, lambda: run(people.by_name, form.name(), read_birth(form.born.data), who=who(), now=site().now())
    )


@pages.post("/search/phone")
@needs(Right.BOOK)
def by_phone() -> Shown:
    form = ByPhone(prefix="phone")
    return _search(form, lambda: run(people.by_phone, PhoneNumber.parse(form.phone.data), who=who(), now=site().now()))


@pages.post("/search/document")
@needs(Right.BOOK)
def by_document() -> Shown:
    form = ByDocument(prefix="document")
    document = form.document_or_refuse() if form.validate_on_submit() else None
    if document is None:
        return _page(form), 422
    found = run(egisz.by_document, site().extras.get("egisz"), document, who=who(), now=site().now())
    new = NewPatient(formdata=None)
    if found.person is not None:
        new.fill(found.person, document)
    return _page(form, found=found, new=new if found.person else None)


@pages.post("/no-policy")
@needs(Right.BOOK)
def no_policy() -> Shown:
    """Both messages, always both, and a line in the audit log (S2.3)."""
    run(purposes.no_policy, patient_id=None, who=who(), now=site().now())
    return _page(messages=(URGENT_CARE, INSURER))


@pages.route("/patients/new", methods=["GET", "POST"])
@needs(Right.BOOK)
def new_patient() -> Shown:
    form = NewPatient()
    if not form.validate_on_submit():
        page = render_template("registry/new.html", form=form, call_key=_call_key(), known=None)
        return (page, 422) if request.method == "POST" else page
    document = form.document() if form.has_document else None
    try:
        patient = run(people.register, form.patient(), document, who=who(), now=site().now())
    except PatientKnown as refusal:
        form.refuse(FIELD_OF.get(refusal.field, refusal.field), told(refusal))
        return render_template("registry/new.html", form=form, call_key=_call_key(), known=refusal.patient_id), 422
    return redirect(url_for("registry.card", patient_id=patient.id, call=_call_key()))


def _search(form: Form, look: Callable[[], Found]) -> Shown:
    if not form.validate_on_submit():
        return _page(form), 422
    return _page(form, found=look())


def _page(
    used: Form | None = None,
    *,
    found: Found | None = None,
    new: NewPatient | None = None,
    messages: tuple[str, ...] = (),
) -> str:
    """All ways to look, the used one as it was typed."""
    ways: dict[str, Form] = {
        "number": ByNumber(prefix="number", formdata=None),
        "name": ByName(prefix="name", formdata=None),
        "document": ByDocument(prefix="document", formdata=None),
        "phone": ByPhone(prefix="phone", formdata=None),
    }
    for name, way in ways.items():
        if type(used) is type(way) and used is not None:
            ways[name] = used
    said = None if found is None else (MEANS if found.patients else NOT_FOUND)[found.means]
    return render_template(
        "registry/search.html",
        ways=ways,
        used=used,
        found=found,
        said=said,
        new=new,
        messages=messages,
        may_mark=user().may(Right.ATTENDANCE),
        call_key=_call_key(),
    )


def _call_key() -> str | None:
    return request.values.get("call") or None


def _of_call(call_key: str) -> Response | None:
    """To the visit of the caller who is known; else the search, with the call kept in mind."""
    try:
        came = run(desk_booking.brought, call_key, now=site().now())
    except NotFound:
        return None
    if came.patient_id is None:
        return None
    return redirect(url_for("registry.visit", patient_id=came.patient_id, call=call_key))
