"""Who may open what: every route names its right, or says that it is public."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response as Answer
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from ivr.domain.refusals import BadLogin, LoginLocked, WeakPassword
from ivr.domain.user import Right, User
from ivr.services import access
from ivr.services.ports import StorageDown
from ivr.web.forms import Form, stripped
from ivr.web.limits import limiter
from ivr.web.messages import told
from ivr.web.site import run, site

pages = Blueprint("access", __name__)
View = TypeVar("View", bound=Callable[..., Any])
_NEEDS = "ivr_needs"
_BY_ITSELF = "ivr_by_itself"
ANYBODY = "anybody"
"""Whoever is logged in."""
PUBLIC = "public"
BY_TOKEN = "by-token"  # noqa: S105 - a mark, no password
"""Other systems: their tokens and scopes are looked at by `ivr/web/clients.py`, the session of a browser never is."""

BY_PASS = "by-pass"  # noqa: S105 - a mark, no password
"""Kiosks in the hall: `ivr/web/kiosk` asks whether the machine was let in."""


class _Login:
    """A user as Flask-Login wants him; his id is the token of his session."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, user: User, token: str) -> None:
        self.user, self._token = user, token

    def get_id(self) -> str:
        return self._token


def needs(right: Right) -> Callable[[View], View]:
    """Put it under the route: only users with the right come in."""
    return _marked(right)


def public(view: View) -> View:
    """Open to everybody; there are few of these."""
    return _marked(PUBLIC)(view)


def by_token(view: View) -> View:
    """No user's page: whoever marks a view so asks for a client's token himself."""
    return _marked(BY_TOKEN)(view)


def by_pass(view: View) -> View:
    """No user's page: a machine in the hall, let in by a pass; its part asks for it before each view."""
    return _marked(BY_PASS)(view)


def logged_in(view: View) -> View:
    """Open to every user."""
    return _marked(ANYBODY)(view)


def asked_by_itself(view: View) -> View:
    """Pages ask for it while nobody is there: it does not keep the session alive."""
    setattr(view, _BY_ITSELF, True)
    return view


def by_itself(view: Callable[..., Any] | None) -> bool:
    """Whether it says nothing of anybody being at the page."""
    return getattr(view, _BY_ITSELF, False)


def _marked(right: Right | str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _NEEDS, right)
        return view

    return mark


def needed(app: Flask, endpoint: str) -> Right | str | None:
    """What a route asks for; None where somebody forgot to say."""
    return cast("Right | str | None", getattr(app.view_functions[endpoint], _NEEDS, None))


def user() -> User:
    """The user of this session."""
    return cast(User, current_user.user)


def user_or_none() -> User | None:
    return None if current_user.is_anonymous else user()


def session_name() -> str:
    """Tells the pages of one session from those of another; nobody gets in by it."""
    return hashlib.sha256(f"pages of {current_user.get_id()}".encode()).hexdigest()[:16]


def who() -> str:
    """For the audit log."""
    return f"user:{user().id}"


def init(app: Flask) -> None:
    """Guard every route of the app. Raises RuntimeError for one without a right."""
    manager = LoginManager(app)
    manager.session_protection = None  # addresses change behind proxies; the token is enough
    manager.user_loader(_load)
    app.register_blueprint(pages)
    app.before_request(_guard)


def check_routes(app: Flask) -> None:
    """Raises RuntimeError for a route that does not say who may open it."""
    forgotten = [rule.endpoint for rule in app.url_map.iter_rules() if needed(app, rule.endpoint) is None]
    if open_doors := [endpoint for endpoint in forgotten if endpoint != "static"]:
        raise RuntimeError(f"routes without @needs or @public: {', '.join(sorted(open_doors))}")


def _load(token: str) -> _Login | None:
    view = current_app.view_functions.get(request.endpoint or "")
    alive = request.headers.get("X-Background") is None and not by_itself(view)
    try:
        found = run(access.user_of, token, idle=site().idle, now=site().now(), alive=alive)
    except StorageDown as problem:
        g.storage_down = problem  # the guard raises it; the page that says so is shown to nobody in particular
        return None
    return None if found is None else _Login(found, token)


def _guard() -> Response | Answer | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint == "static":
        return None
    right = needed(current_app, endpoint)
    if right in (PUBLIC, BY_TOKEN, BY_PASS):
        return None
    if current_user.is_anonymous:
        if "storage_down" in g:
            raise g.storage_down
        return _to_log_in()
    if user().must_change and endpoint not in ("access.password", "access.log_out", "live.events"):
        return redirect(url_for("access.password"))
    if right != ANYBODY and (right is None or not user().may(cast(Right, right))):
        abort(403)
    return None


def _to_log_in() -> Response | Answer:
    """A page that was opened is led to the log-in; a script is told plainly."""
    wants_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": url_for("access.log_in")})
    if wants_page:
        return redirect(url_for("access.log_in", next=request.path))
    return Response("Войдите снова.", status=401, mimetype="text/plain")


class LogIn(Form):
    login = StringField("Имя для входа", filters=[stripped], validators=[InputRequired(), Length(max=40)])
    password = PasswordField("Пароль", validators=[InputRequired(), Length(max=200)])


class NewPassword(Form):
    before = PasswordField("Прежний пароль", validators=[InputRequired(), Length(max=200)])
    after = PasswordField("Новый пароль", validators=[InputRequired(), Length(max=200)])
    again = PasswordField("Новый пароль ещё раз", validators=[InputRequired(), Length(max=200)])


@pages.route("/login", methods=["GET", "POST"])
@public
@limiter.limit("20/minute", methods=["POST"])
def log_in() -> Answer | str | tuple[str, int]:
    form = LogIn()
    if not form.validate_on_submit():
        return render_template("access/login.html", form=form), 422 if request.method == "POST" else 200
    try:
        found, token = run(access.log_in, form.login.data, form.password.data, now=site().now())
    except (BadLogin, LoginLocked) as refusal:
        form.refuse("password", told(refusal))
        return render_template("access/login.html", form=form), 422
    _begin(_Login(found, token))
    return redirect(_next())


def _begin(own: _Login) -> None:
    """Nothing of whoever sat here before: neither his forgery token nor what he has heard."""
    session.clear()
    login_user(own)


@pages.post("/logout")
@logged_in
def log_out() -> Answer:
    run(access.log_out, current_user.get_id(), now=site().now())
    for left in site().extras.get("on_log_out", ()):
        left(user().id)
    logout_user()
    session.clear()
    return redirect(url_for("access.log_in"))


@pages.route("/password", methods=["GET", "POST"])
@logged_in
@limiter.limit("20/minute", methods=["POST"])
def password() -> Answer | str | tuple[str, int]:
    form = NewPassword()
    if not form.validate_on_submit():
        return render_template("access/password.html", form=form), 422 if request.method == "POST" else 200
    if form.after.data != form.again.data:
        form.refuse("again", "Пароли не совпадают.")
        return render_template("access/password.html", form=form), 422
    try:
        token = run(access.change_password, user().id, form.before.data, form.after.data, now=site().now())
    except (BadLogin, WeakPassword) as refusal:
        form.refuse("before" if isinstance(refusal, BadLogin) else "after", told(refusal))
        return render_template("access/password.html", form=form), 422
    login_user(_Login(user(), token))
    return redirect(url_for("home.home"))


@pages.post("/alive")
@logged_in
def alive() -> Answer:
    """Somebody is at the page: asked for by the page itself when there were keys or a talk."""
    return Response(status=204)


def _next() -> str:
    """Back to the page that was asked for; never to another site."""
    wanted = request.args.get("next", "")
    ours = wanted.isprintable() and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours else url_for("home.home")
