"""The web phone: anybody on the hospital's site calls the automatic assistant from the browser."""

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue as Answer

from ivr.web.access import public
from ivr.web.limits import limiter
from ivr.web.phone_door import websocket
from ivr.web.site import site

pages = Blueprint("webphone", __name__, url_prefix="/phone")


@pages.get("")
@public
def phone() -> Answer:
    return render_template("webphone/phone.html")


@pages.post("/session")
@public
@limiter.limit("10/minute;60/hour")
def session() -> Answer:
    """A pass for one call that begins within a minute."""
    here = site()
    return jsonify(websocket=websocket(), token=here.make_guest_token(here.now()), extension=here.door.extension)


@pages.errorhandler(429)
def too_often(_problem: Exception) -> Answer:
    return jsonify(message="Слишком много звонков подряд. Подождите минуту или позвоните по телефону."), 429
