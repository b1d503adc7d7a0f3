"""The Flask application: parts put together, every answer guarded."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from ivr.domain.refusals import NotFound, Refusal
from ivr.services.exchange import ExchangeDown
from ivr.services.ports import StorageDown
from ivr.services.region import RegionDown, Unsettled
from ivr.web import (
    access,
    admin,
    api,
    desk,
    doctor,
    fer,
    fhir,
    help,
    home,
    kiosk,
    live,
    notices,
    recordings,
    registry,
    reports,
    tasks,
    wall,
    webphone,
)
from ivr.web.access import check_routes, session_name, user_or_none
from ivr.web.fhir.outcome import as_outcome
from ivr.web.keys import KEYS
from ivr.web.kiosk.faces import screen_of
from ivr.web.limits import limiter
from ivr.web.messages import told
from ivr.web.nav import places
from ivr.web.problems import CODES, Face, Problem, as_problem, headers_of, of_refusal
from ivr.web.site import Site, site
from ivr.web.wording import address, telephone

log = logging.getLogger(__name__)

PARTS: Sequence[Blueprint] = (
    live.pages,
    notices.pages,
    home.pages,
    desk.pages,
    registry.pages,
    doctor.pages,
    webphone.pages,
    tasks.pages,
    wall.pages,
    reports.pages,
    admin.pages,
    recordings.pages,
    help.pages,
    fer.pages,
    api.pages,
    fhir.pages,
    kiosk.pages,
)
"""Blueprints of the parts; each sets its own prefix."""
NOT_BY_BROWSERS: Sequence[Blueprint] = (api.pages, fer.pages, fhir.pages)
"""Called by other systems: without cookies nothing can be forged."""
FACES: Mapping[str, Face] = {"/api/": as_problem, "/fhir": as_outcome, "/kiosk": screen_of}
"""How errors look to the programs that call these addresses, and to patients at a kiosk."""
MOST_BYTES = 2_000_000
ERRORS = {
    400: "Запрос непонятен. Обновите страницу и попробуйте ещё раз.",
    401: "Войдите снова.",
    403: "На это у вашей роли нет права.",
    404: "Такой страницы нет.",
    405: "Так эта страница не вызывается.",
    413: "Слишком много данных.",
    429: "Слишком часто. Подождите минуту.",
}
Shown = Response | tuple[str, int]


class _Id(IntegerConverter):
    """Numbers in addresses: those that a database can hold."""

    def __init__(self, map: Map, *args: Any, **named: Any) -> None:
        super().__init__(map, *args, **({"max": 2**63 - 1} | named))


def create_app(ours: Site, *, secret_key: str, https: bool = False, proxies: int = 0, connect: str = "") -> Flask:
    """An application for this site. `connect`: a further address that scripts may reach, the exchange's websocket.

    Raises RuntimeError for a route that does not say who may open it.
    """
    app = Flask("ivr.web", static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="ivr",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        RATELIMIT_HEADERS_ENABLED=False,
    )
    app.extensions["ivr"] = ours
    app.url_map.converters["int"] = _Id
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    csrf = CSRFProtect(app)
    for pages in NOT_BY_BROWSERS:
        csrf.exempt(pages)
    app.before_request(_readable)
    limiter.init_app(app)
    access.init(app)
    for part in PARTS:
        app.register_blueprint(part)
    _errors(app)
    app.context_processor(_everywhere)
    app.template_filter("local")(_local)
    app.template_filter("telephone")(telephone)
    app.template_filter("address")(address)
    app.after_request(lambda answer: _guarded(answer, connect))
    check_routes(app)
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    return app


def _readable() -> None:
    """PostgreSQL stores neither NUL nor half a letter, and no browser sends them, nor lists a thousand deep."""
    sent = [request.path, *request.args.values(), *request.form.values()]
    try:
        told = json.dumps(request.get_json(silent=True), ensure_ascii=False).encode()  # whatever encoding it came in
    except (RecursionError, UnicodeEncodeError):
        abort(400)
    if any("\0" in text for text in sent) or b"\\u0000" in told:
        abort(400)


def _everywhere() -> dict[str, object]:
    """What every template may use."""
    own = user_or_none()
    return {
        "me": own,
        "places": places(own) if own else [],
        "session_name": session_name,
        "endpoints": current_app.view_functions,
        "hospital": site().hospital,
        "rules": site().rules,
        "keys": KEYS,
        # A page inside the operator's workplace has neither menu nor log-out of its own.
        "embedded": request.headers.get("Sec-Fetch-Dest") == "iframe",
    }


def _local(moment: datetime, form: str = "%d.%m.%Y %H:%M") -> str:
    """A moment in the hospital's zone."""
    return moment.astimezone(site().rules.zone).strftime(form)


def _guarded(answer: Response, connect: str) -> Response:
    """No scripts but our own, framed by nobody else, nothing kept by others."""
    sources = " ".join(filter(None, ("'self'", connect)))
    answer.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        f" media-src 'self' blob: mediastream:; connect-src {sources}; form-action 'self';"
        " frame-ancestors 'self'; base-uri 'none'; object-src 'none'",
    )
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", "microphone=(self), camera=(), geolocation=()")
    if request.endpoint != "static":
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _errors(app: Flask) -> None:
    @app.errorhandler(Problem)
    def problem(problem: Problem) -> Shown:
        return _told(problem)

    @app.errorhandler(CSRFError)
    def forged(problem: CSRFError) -> Shown:
        return _page(400, "Страница устарела. Обновите её и повторите: введённое сохранится, если скопировать.")

    @app.errorhandler(HTTPException)
    def http(problem: HTTPException) -> Shown:
        if problem.code is None or problem.code < 400:
            return problem.get_response()  # type: ignore[return-value]
        return _page(problem.code, ERRORS.get(problem.code, "Не получилось."), headers_of(problem))

    @app.errorhandler(NotFound)
    def missing(refusal: NotFound) -> Shown:
        return _page(404, told(refusal))

    @app.errorhandler(OverflowError)
    def too_great(problem: OverflowError) -> Shown:
        """A number greater than any database counts names nothing."""
        return _page(404, ERRORS[404])

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Shown:
        face = _face()
        return face(of_refusal(refusal)) if face else _page(409, told(refusal))

    @app.errorhandler(StorageDown)
    def storage_down(problem: StorageDown) -> Shown:
        log.error("a page met a database that is down")
        return _page(503, "База данных не отвечает. Введённое не потеряно: повторите через минуту.")

    @app.errorhandler(RegionDown)
    def region_down(problem: RegionDown) -> Shown:
        return _page(503, "Региональная система не отвечает: свободного времени не видно. Повторите через минуту.")

    @app.errorhandler(Unsettled)
    def unsettled(problem: Unsettled) -> Shown:
        return _page(
            503,
            "Региональная система ещё не подтвердила запись. Не записывайте второй раз: через минуту результат"
            " будет в карточке пациента.",
        )

    @app.errorhandler(ExchangeDown)
    def exchange_down(problem: ExchangeDown) -> Shown:
        return _page(503, "Телефонная станция не отвечает. Запись работает, звонки временно нет.")

    @app.errorhandler(Exception)
    def surprise(problem: Exception) -> Shown:
        log.exception("a page failed", extra={"endpoint": request.endpoint})
        return _page(500, "Произошла ошибка. Мы записали её в журнал; попробуйте ещё раз.")


def _face() -> Face | None:
    return next((face for beginning, face in FACES.items() if request.path.startswith(beginning)), None)


def _page(status: int, message: str, headers: Mapping[str, str] | None = None) -> Shown:
    return _told(Problem(status, CODES.get(status, "error"), message, headers=headers))


def _told(problem: Problem) -> Shown:
    """A whole page for people, a message for scripts, what a program understands for other systems."""
    if face := _face():
        return face(problem)
    message, status = problem.detail, problem.status
    if request.headers.get("HX-Request"):
        return render_template("message.html", message=message), status
    if "text/html" not in request.headers.get("Accept", ""):
        return message + "\n", status
    return render_template("error.html", status=status, message=message), status
