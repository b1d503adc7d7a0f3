"""The kiosk (infomat) in the hall: a patient books by touch, with the number of his policy (S3.1 to S3.8).

One address for everything: screens are pieces of HTML that answer POSTs, so that the browser's history holds nothing.
"""

from datetime import timedelta

from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Answer
from werkzeug.exceptions import HTTPException
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from ivr.domain.refusals import NotFound, PassRefused, SessionOver
from ivr.services import infomat, kiosks
from ivr.services.ports import StorageDown
from ivr.web.access import BY_PASS, needed, public
from ivr.web.forms import Form
from ivr.web.kiosk.service import COOKIE, kiosk, kiosk_or_none, service
from ivr.web.limits import limiter
from ivr.web.messages import told
from ivr.web.site import run, site

pages = Blueprint("kiosk", __name__, url_prefix="/kiosk")
REMEMBERED = timedelta(days=400)
"""Longer than that no browser keeps a cookie; each start of the page renews it."""


class Admission(Form):
    """Typed in once, by whoever sets the machine up."""

    token = PasswordField(
        "Пропуск инфомата", validators=[InputRequired("Введите пропуск."), Length(max=100)], id="kiosk-pass"
    )


@pages.before_request
def _gate() -> None:
    """Everything but the start and the admission itself is for admitted machines alone."""
    service()
    if needed(current_app, request.endpoint or "") == BY_PASS:
        kiosk()


@pages.get("")
@public
def start() -> Answer:
    """The first screen. Whoever stood here before is gone with it."""
    here = kiosk_or_none()
    if here is None:
        return render_template("kiosk/admission.html", form=Admission())
    run(infomat.end, here.id)
    answer = make_response(render_template("kiosk/kiosk.html", service=service()))
    _remember(answer, request.cookies[COOKIE])
    return answer


@pages.post("/admission")
@public
@limiter.limit("10/minute")
def admit() -> Answer:
    """A pass makes this machine a kiosk: it is changed for a secret that the browser alone keeps."""
    form = Admission()
    if form.validate_on_submit():
        try:
            _, device = run(kiosks.admit, form.token.data, now=site().now())
        except PassRefused as refusal:
            form.refuse("token", told(refusal))
        else:
            answer = make_response(redirect(url_for("kiosk.start")))
            _remember(answer, device)
            return answer
    return render_template("kiosk/admission.html", form=form), 422


def _remember(answer: Response, device: str) -> None:
    answer.set_cookie(
        COOKIE,
        device,
        max_age=REMEMBERED,
        path=url_for("kiosk.start"),
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Strict",
    )


@pages.errorhandler(SessionOver)
def _over(_refusal: SessionOver) -> Answer:
    return screen("over"), 409


@pages.errorhandler(NotFound)
def _gone(_refusal: NotFound) -> Answer:
    """Something was removed between two screens."""
    return screen("over"), 409


@pages.errorhandler(StorageDown)
def _down(_problem: StorageDown) -> Answer:
    """The page asks again by itself: nothing is lost and nothing is done twice."""
    return screen("trouble"), 503


@pages.errorhandler(429)
def _too_often(_problem: HTTPException) -> Answer:
    if request.endpoint == "kiosk.admit":
        return "Слишком часто. Подождите минуту.\n", 429
    return screen("too_often"), 429


def screen(name: str, **shown: object) -> str:
    """One screen, to be put into the page."""
    return render_template(f"kiosk/screens/{name}.html", visit=g.get("kiosk_visit"), phones=_phones(), **shown)


def _phones() -> dict[str, str]:
    """Digits of whoever helps further (S3.8)."""
    here = site().hospital
    return {"call_centre": here.call_centre_phone or here.registry_phone, "registry": here.registry_phone}


# They put their routes on the blueprint.
from ivr.web.kiosk import afterwards, choosing  # noqa: E402, F401
