"""The kiosk (infomat) in the hall: a patient books by touch, with the number of his policy (S3.1 to S3.8).

One address for everything: screens are pieces of HTML that answer POSTs, so that the browser's history holds nothing.
"""

from datetime import timedelta

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue as Answer
from werkzeug.exceptions import HTTPException
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from ivr.domain.refusals import NotFound, PassRefused, SessionOver
from ivr.services import infomat, kiosks
from ivr.services.region import RegionDown, Unsettled
from ivr.web.access import BY_PASS, needed, public
from ivr.web.forms import Form
from ivr.web.kiosk.faces import phones
from ivr.web.kiosk.service import COOKIE, kiosk, kiosk_or_none, service
from ivr.web.limits import limiter
from ivr.web.messages import told
from ivr.web.site import run, site

pages = Blueprint("kiosk", __name__, url_prefix="/kiosk")
REMEMBERED = timedelta(days=400)
"""Longer than that no browser keeps a cookie; each start of the page renews it."""
UNSETTLED = (
    "Запись отправлена, но ещё не подтверждена. Подождите: она не пропадёт и не удвоится."
    " Если ответа нет долго, позвоните в регистратуру."
)


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
    session.modified = True  # a month after its last change its forgery token is no good any more
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


@pages.errorhandler(RegionDown)
def _region_down(_problem: RegionDown) -> Answer:
    """There is nothing to wait for: its times cannot be seen, and nothing was sent."""
    return screen("trouble"), 409


@pages.errorhandler(Unsettled)
def _unsettled(_problem: Unsettled) -> Answer:
    """The page asks again by itself, and shows meanwhile what is said here (X13)."""
    return UNSETTLED, 503, {"Content-Type": "text/plain; charset=utf-8"}


@pages.errorhandler(429)
def _too_often(_problem: HTTPException) -> Answer:
    if request.endpoint == "kiosk.admit":
        return "Слишком часто. Подождите минуту.\n", 429
    return screen("too_often"), 429


def screen(name: str, **shown: object) -> str:
    """One screen, to be put into the page."""
    return render_template(f"kiosk/screens/{name}.html", visit=g.get("kiosk_visit"), phones=phones(), **shown)
