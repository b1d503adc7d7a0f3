"""AuditEvent: the audit log, read by whoever was given that scope."""

from datetime import timedelta

from flask import Response

from ivr.domain.client import Scope
from ivr.services import audit
from ivr.services.audit import Sought
from ivr.web.clients import client, needs_scope
from ivr.web.fhir.asked import Asked, asked, bounds, paging
from ivr.web.fhir.audit_events import audit_event
from ivr.web.fhir.bundles import Found, Paging, searchset
from ivr.web.fhir.capability import PARAMS
from ivr.web.fhir.exchange import base, number_in, sent
from ivr.web.fhir.pages import pages
from ivr.web.problems import Problem
from ivr.web.site import run, site

USUAL = timedelta(days=1)


@pages.get("/AuditEvent")
@pages.post("/AuditEvent/_search", endpoint="audit_listed")
@needs_scope(Scope.AUDIT)
def audit_events() -> Response:
    """The newest first, pages of a fixed size; without a date those of the last day. That somebody looked is noted."""
    given = asked(*PARAMS["AuditEvent"])
    page = paging("AuditEvent", given)
    if page.offset % audit.PAGE:
        raise Problem(400, "bad_request", f"_offset: кратно {audit.PAGE}.")
    number = page.offset // audit.PAGE
    found, more = run(audit.search, _sought(given), page=number, who=client().who, now=site().now())
    events = [audit_event(entry, site().hospital.name) for entry in found]
    return sent(searchset(Found(events, None), base(), _links(page, more)))


def _sought(given: Asked) -> Sought:
    dates, patient = given.all("date"), given.one("patient")
    now = site().now()
    since, until = bounds(dates, site().rules) if dates else (now - USUAL, now + timedelta(seconds=1))
    return Sought(since, until, patient_id=None if patient is None else number_in(_reference(patient), "Patient"))


def _reference(patient: str) -> str:
    return patient if "/" in patient else f"Patient/{patient}"


def _links(page: Paging, more: bool) -> list[tuple[str, str]]:
    own = [("self", page.link(page.offset))]
    return [*own, ("next", page.link(page.offset + audit.PAGE))] if more else own
