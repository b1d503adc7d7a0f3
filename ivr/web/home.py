"""The first page after the log-in: where this role works."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ivr.web.access import logged_in, public, user
from ivr.web.nav import places

pages = Blueprint("home", __name__)


@pages.get("/")
@logged_in
def home() -> Response | str:
    own = places(user())
    return redirect(url_for(own[0].endpoint)) if own else render_template("home.html")


@pages.get("/health")
@public
def health() -> tuple[str, int]:
    """For whoever watches the process; says nothing else."""
    return "ok\n", 200
