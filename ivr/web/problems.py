"""What programs are answered where a page would be shown to people: problem+json (RFC 9457)."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, json, request
from werkzeug.exceptions import HTTPException

from ivr.domain.refusals import Refusal
from ivr.web.messages import told

TYPE = "application/problem+json"
PASSED_ON = ("Allow", "Retry-After", "WWW-Authenticate")
"""Headers of an error that mean something to a program."""
LOCKED_SECONDS = 1800
"""When to try again after too many wrong numbers, at the latest (D-06)."""
CODES = {
    400: "bad_request",
    401: "bad_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "not_json",
    429: "too_often",
    500: "error",
    503: "unavailable",
}
"""Codes of what the server itself says no to; refusals of the hospital bring their own."""


class Problem(Exception):
    """An error with a code of its own, and what else a program may want to know of it."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.headers, self.more = dict(headers or {}), more


STATUSES = {
    "not_found": 404,
    "not_identified": 403,
    "not_yours": 403,
    "scope_missing": 403,
    "caller_locked": 429,
    "key_reused": 422,
}
"""Of refusals that are no conflict with what the hospital has."""


def of_refusal(refusal: Refusal) -> Problem:
    """The refusal's own code and its sentence; what stands in the way is named where it is known."""
    status = STATUSES.get(refusal.code, 409)
    headers = {"Retry-After": str(LOCKED_SECONDS)} if status == 429 else None
    named = {name: getattr(refusal, name) for name in ("booking_id", "entry_id") if hasattr(refusal, name)}
    more = {name.removesuffix("_id"): value for name, value in named.items()}
    return Problem(status, refusal.code, told(refusal), headers=headers, **more)


Face = Callable[[Problem], Response]


def as_problem(problem: Problem) -> Response:
    """Status, code and a sentence in Russian; `type` is the address of the list of codes."""
    told = {
        "type": f"/api/v1/docs#{problem.code}",
        "title": problem.code,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "instance": request.path,
        **problem.more,
    }
    return Response(json.dumps(told), problem.status, {**problem.headers, "Content-Type": TYPE})


def headers_of(error: HTTPException) -> dict[str, str]:
    given = error.get_response().headers
    return {name: given[name] for name in PASSED_ON if name in given}
