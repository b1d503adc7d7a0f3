"""The one stream of events that an open page listens to."""

from collections.abc import Iterator

from flask import Blueprint, Response, stream_with_context
from flask_login import current_user

from ivr.services import access
from ivr.services.ports import StorageDown
from ivr.web.access import asked_by_itself, logged_in, user
from ivr.web.site import Site, site

pages = Blueprint("live", __name__)


@pages.get("/events")
@logged_in
@asked_by_itself
def events() -> Response:
    here, token, user_id = site(), str(current_user.get_id()), user().id

    def told() -> Iterator[str]:
        page = here.hub.join(user_id)  # not before somebody reads: nobody would take it off again
        try:
            yield from page.stream(lambda: _lives(here, token))
        finally:
            if here.hub.leave(page):
                for left in here.extras.get("on_left", ()):
                    left(user_id)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(stream_with_context(told()), mimetype="text/event-stream", headers=headers)


def _lives(here: Site, token: str) -> bool:
    """The session still holds; a database that is down ends nobody's."""
    try:
        return access.user_of(here.new_work(), token, idle=here.idle, now=here.now(), alive=False) is not None
    except StorageDown:
        return True
