"""`/api/v1`: what other systems may ask and command (docs/api.md)."""

from flask import Blueprint, Response, jsonify

from ivr.web.clients import client, limited, needs_scope

pages = limited(Blueprint("api", __name__, url_prefix="/api/v1"))


@pages.get("/me")
@needs_scope()
def me() -> Response:
    """Who the token names, and what it may do."""
    own = client()
    return jsonify({"id": own.id, "name": own.name, "channel": own.channel, "scopes": sorted(own.scopes)})
