"""The federal booking service at /fer/v2: what the state portal calls (S1.1 to S1.9, 3.1; docs/epgu.md)."""

import logging

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from ivr.domain.refusals import Refusal
from ivr.fer import contract, soap
from ivr.fer.messages import OPERATIONS, Error
from ivr.fer.soap import SoapFault
from ivr.fer.xml import MOST_BYTES, BadXml
from ivr.services.ports import StorageDown
from ivr.services.region import RegionDown, Unsettled
from ivr.web.access import public
from ivr.web.fer import errors
from ivr.web.fer.operations import HANDLERS
from ivr.web.fer.service import service, service_or_none
from ivr.web.limits import limiter

log = logging.getLogger(__name__)
pages = Blueprint("fer", __name__, url_prefix="/fer")

XML = frozenset({"text/xml", "application/xml"})
FAULTS = {
    403: "the client is not known here",
    404: "there is no such service",
    405: "messages of SOAP 1.1 are POSTed here; ?wsdl describes them",
    413: f"the request is longer than {MOST_BYTES} bytes",
    415: "text/xml is expected",
    429: "too many requests",
}


def _rate() -> str:
    ours = service_or_none()
    return f"{ours.per_minute if ours else 60} per minute"


def _client() -> str:
    """Whose requests are counted together: a certificate's name, or an address."""
    ours = service_or_none()
    names = sorted(ours.gate.names(request)) if ours else []
    return names[0] if names else request.remote_addr or "-"


@pages.get("/v2")
@public
@limiter.limit(_rate, key_func=_client)
def description() -> Response:
    """`?wsdl`: the description of the service."""
    _admitted()
    if "wsdl" not in {name.lower() for name in request.args}:
        abort(405)
    return _xml(contract.description(request.base_url))


@pages.get("/v2/<name>")
@public
@limiter.limit(_rate, key_func=_client)
def schema(name: str) -> Response:
    _admitted()
    if name not in contract.SCHEMAS:
        abort(404)
    return _xml(contract.schema_file(name))


@pages.post("/v2")
@public
@limiter.limit(_rate, key_func=_client)
def call() -> Response:
    """One message of SOAP 1.1; which operation it is says its own name, SOAPAction is not looked at."""
    _admitted()
    if request.mimetype not in XML:
        abort(415)
    body = request.get_data(cache=False)
    if len(body) > MOST_BYTES:
        abort(413)
    try:
        operation, message = soap.opened(body)
    except BadXml as problem:
        return _refused(SoapFault("Client", str(problem)), 500)
    except SoapFault as fault:
        return _refused(fault, 500)
    try:
        answer = HANDLERS[operation](soap.request_of(operation, message))
    except Exception as problem:
        answer = OPERATIONS[operation][1](error=_error(operation, problem))
    return _xml(soap.write(answer))


def _error(operation: str, problem: Exception) -> Error:
    """What went wrong, logged without a word of what was sent."""
    match problem:
        case contract.Invalid():
            log.warning("a federal request breaks the schema", extra=_beside(operation, problem.path))
            return errors.of_schema(problem)
        case errors.BadField():
            log.info("a federal request has a field that cannot be", extra=_beside(operation, problem.path))
            return errors.of_field(problem)
        case Refusal():
            log.info("a federal request was declined", extra=_beside(operation, problem.code))
            return errors.of_refusal(problem)
        case RegionDown() | Unsettled():
            log.warning("a federal request waits for the regional system", extra=_beside(operation, "-"))
        case StorageDown():
            log.error("a federal request met a database that is down", extra=_beside(operation, "-"))
        case _:
            log.exception("a federal request failed", extra=_beside(operation, "-"))
    return errors.of_trouble()


def _admitted() -> None:
    if not service().gate.admits(request):
        abort(403)


@pages.errorhandler(HTTPException)
def _http(problem: HTTPException) -> Response:
    status = problem.code or 500
    return _refused(SoapFault("Client", FAULTS.get(status, "not served")), status)


@pages.errorhandler(Exception)
def _surprise(problem: Exception) -> Response:
    """Such as an answer that would break the schema: nothing wrong is sent."""
    log.exception("a federal request failed", extra=_beside(request.endpoint or "-", "-"))
    return _xml(soap.write_fault(SoapFault("Server", "the request failed; it may be repeated")), 500)


def _refused(fault: SoapFault, status: int) -> Response:
    # 404 is what everybody gets where the service is off: nothing to tell of.
    if status != 404:
        log.warning("a federal request was refused", extra=_beside("-", fault.text) | {"status": status})
    return _xml(soap.write_fault(fault), status)


def _beside(operation: str, why: str) -> dict[str, object]:
    return {"operation": operation, "why": why, "client": _client()}


def _xml(body: bytes, status: int = 200) -> Response:
    return Response(body, status, content_type=soap.CONTENT_TYPE)
