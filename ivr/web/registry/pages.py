"""Registry and booking: people at the window and callers taken over by an operator (S2.1 to S2.7)."""

from flask import Blueprint

pages = Blueprint("registry", __name__, url_prefix="/registry")
