"""Other systems that call: a bearer token opens a scope, each client has a limit of its own. No cookies, no forms."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, g, request
from flask_limiter import RequestLimit

from ivr.domain.client import Client, Scope
from ivr.domain.refusals import BadToken, ScopeMissing
from ivr.services import clients
from ivr.web.access import by_token
from ivr.web.limits import limiter
from ivr.web.messages import told
from ivr.web.problems import Problem
from ivr.web.site import run

View = TypeVar("View", bound=Callable[..., Any])
STRANGERS = "60/minute"
"""For one address, without a token that fits."""
REALM = 'Bearer realm="ivr"'


def needs_scope(*scopes: Scope) -> Callable[[View], View]:
    """Put it under the route: clients with all these scopes come in; with none named, every client."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **named: Any) -> Any:
            must_have(*scopes)
            return view(*args, **named)

        return by_token(cast(View, guarded))

    return mark


def must_have(*scopes: Scope) -> Client:
    """The client of this request. Raises Problem 401 without a good token, 403 without a scope."""
    try:
        own = client()
    except BadToken as refusal:
        # A token was sent: then it is wrong, and which way is nobody's business.
        wrong = ', error="invalid_token"' if "Authorization" in request.headers else ""
        raise Problem(401, refusal.code, told(refusal), headers={"WWW-Authenticate": REALM + wrong}) from None
    for scope in scopes:
        if not own.may(scope):
            missing = ScopeMissing(scope)
            header = f'{REALM}, error="insufficient_scope", scope="{scope}"'
            raise Problem(403, missing.code, told(missing), headers={"WWW-Authenticate": header}, scope=scope)
    return own


def client() -> Client:
    """Who calls; asked of the database once for a request. Raises BadToken."""
    if "client" not in g:
        g.client = run(clients.of_token, _token())
    return cast(Client, g.client)


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip().startswith(clients.MARK):
        raise BadToken
    return token.strip()


def limited(pages: Blueprint) -> Blueprint:
    """Each client may ask so often as it was registered for, wherever it asks; strangers seldom."""
    limiter.shared_limit(_allowed, "clients", key_func=_whose, on_breach=_too_often)(pages)
    return pages


def _allowed() -> str:
    try:
        return f"{client().per_minute}/minute"
    except BadToken:
        return STRANGERS


def _whose() -> str:
    try:
        own = client()
    except BadToken:
        return f"address:{request.remote_addr}"
    return f"client:{own.id}:{own.created_at.timestamp()}"


def _too_often(limit: RequestLimit) -> None:
    seconds = min(60, max(1, limit.reset_at - int(time.time())))
    raise Problem(
        429, "too_often", f"Слишком часто. Повторите через {seconds} с.", headers={"Retry-After": str(seconds)}
    )
