"""What a kiosk shows instead of an answer: never a page of the site, from which no way leads back to the kiosk."""

from flask import Response, make_response, render_template, request

from ivr.web.problems import Problem
from ivr.web.site import site

WHOLE_PAGES = frozenset({"kiosk.start", "kiosk.admit"})
"""The others answer with a screen, which the page takes in."""


def screen_of(problem: Problem) -> Response:
    """Who helps further; a whole page tries again by itself, since nothing of it is left that could."""
    if request.endpoint in WHOLE_PAGES:
        return make_response(render_template("kiosk/trouble.html", phones=phones()), problem.status)
    shown = render_template("kiosk/screens/trouble.html", phones=phones(), unsure=_is_unsure(problem))
    return make_response(shown, problem.status)


def phones() -> dict[str, str]:
    """Digits of whoever helps further (S3.8)."""
    here = site().hospital
    return {"call_centre": here.call_centre_phone or here.registry_phone, "registry": here.registry_phone}


def _is_unsure(problem: Problem) -> bool:
    """Whether a visit may have been made although its page failed."""
    return request.endpoint == "kiosk.book" and problem.status >= 500
