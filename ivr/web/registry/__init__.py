"""Registry and booking: people at the window and callers taken over by an operator (S2.1 to S2.7)."""

from flask import Blueprint

pages = Blueprint("registry", __name__, url_prefix="/registry")

# They put their routes on the blueprint.
from ivr.web.registry import card, consents, day, schedule, search, taking, talons, visit  # noqa: E402, F401
