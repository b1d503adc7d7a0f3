"""The routes under `/fhir` share one blueprint: one limit for each client, one look at formats."""

from flask import Blueprint, request

from ivr.web.clients import limited, must_have
from ivr.web.fhir.exchange import must_be_readable

pages = limited(Blueprint("fhir", __name__, url_prefix="/fhir"))


@pages.before_request
def _enter() -> None:
    """Whoever is let in nowhere is told nothing else; what the server can do is told to everybody."""
    if request.endpoint != "fhir.metadata":
        must_have()
    must_be_readable()
