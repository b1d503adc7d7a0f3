"""The routes under `/fhir` share one blueprint: one limit for each client, one look at formats."""

from flask import Blueprint

from ivr.web.clients import limited
from ivr.web.fhir.exchange import must_be_readable

pages = limited(Blueprint("fhir", __name__, url_prefix="/fhir"))
pages.before_request(must_be_readable)
