"""Messages that patients' own pages, or the state portal, fetch by themselves: a feed in the order of time (S1.7)."""

import hmac
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from ivr.domain.notice import Letterhead, Notice, text_of
from ivr.services import notices
from ivr.web.access import public
from ivr.web.limits import limiter
from ivr.web.site import run, site

pages = Blueprint("notices", __name__)

MOST = 500
"""Messages in one answer."""


@dataclass(frozen=True, slots=True)
class NoticeFeed:
    """Who may read, and who writes."""

    token: str
    letterhead: Letterhead


@pages.get("/feed/notices")
@public
@limiter.limit("120 per minute")
def feed() -> Response:
    """`after`: the last id that was read, 0 at first; `limit`: 500 at most. The token is the only key to it."""
    ours = site().extras.get("notices")
    if not isinstance(ours, NoticeFeed):
        abort(404)
    if not hmac.compare_digest(_token(), ours.token.encode()):
        answer = jsonify({"error": "Authorization: Bearer … is missing or wrong"})
        answer.status_code, answer.headers["WWW-Authenticate"] = 401, "Bearer"
        return answer
    after, limit = _number("after", 0, 2**63 - 1), _number("limit", 100, MOST)
    found = run(notices.feed, after=after, now=site().now(), limit=limit)
    return jsonify(
        {"notices": [_json(one, ours.letterhead) for one in found], "next": found[-1].id if found else after}
    )


def _token() -> bytes:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip().encode() if scheme.lower() == "bearer" else b""


def _number(name: str, usual: int, most: int) -> int:
    text = request.args.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= most):
        abort(Response(f'{{"error": "{name} is a number from 0 to {most}"}}\n', 400, mimetype="application/json"))
    return int(text)


def _json(notice: Notice, head: Letterhead) -> dict[str, Any]:
    wanted = notice.wanted
    return {
        "id": notice.id,
        "at": notice.created_at.isoformat(),
        "kind": wanted.kind,
        "patient": wanted.patient_id,
        "booking": wanted.booking_id,
        "starts_at": wanted.facts.get("starts_at"),
        "text": text_of(wanted, head, notice.created_at),
    }
