"""Every "no" as an OperationOutcome: our refusal code, a sentence in Russian, an issue code and status of FHIR."""

from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask import Response

from ivr.web.fhir.systems import REFUSAL, coded
from ivr.web.problems import Problem

TYPE = "application/fhir+json"
ISSUES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "business-rule",
    429: "throttled",
    500: "exception",
    503: "transient",
}
ISSUES_OF_CODES = {"already_booked": "duplicate", "no_slots": "not-found", "required": "required"}
CONFLICTS = frozenset({"slot_taken", "hold_lost", "already_booked", "version_conflict"})
"""What somebody else was faster with; every other refusal is a rule of the hospital."""


def status_of(problem: Problem) -> int:
    """409 only where the same request may succeed later or elsewhere, else 422: FHIR tells the two apart."""
    return 422 if problem.status == 409 and problem.code not in CONFLICTS else problem.status


def outcome(problem: Problem, *, severity: str = "error", issue: str | None = None) -> OperationOutcome:
    status = status_of(problem)
    visit = problem.more.get("booking")
    told = {
        "severity": severity,
        "code": issue or ISSUES_OF_CODES.get(problem.code) or ISSUES.get(status, "processing"),
        "details": coded(REFUSAL, problem.code) | {"text": problem.detail},
        "diagnostics": None if visit is None else f"Appointment/{visit}",
    }
    return OperationOutcome.model_validate({"issue": [told]})


def as_outcome(problem: Problem) -> Response:
    """The face of errors under `/fhir/`."""
    body = outcome(problem).model_dump_json()
    return Response(body, status_of(problem), {**problem.headers, "Content-Type": TYPE})
