"""Patient: found by a number and the birth date, both in the body of a POST, then read by our own id (4.2)."""

from datetime import date
from typing import NoReturn

from flask import Response, request

from ivr.domain.client import Scope
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.domain.refusals import NotIdentified
from ivr.services import clients
from ivr.web.clients import client, needs_scope
from ivr.web.fhir.asked import asked, paging
from ivr.web.fhir.bundles import Found, searchset
from ivr.web.fhir.capability import PARAMS
from ivr.web.fhir.exchange import base, number, required, sent
from ivr.web.fhir.outcome import outcome
from ivr.web.fhir.pages import pages
from ivr.web.fhir.people import claim_of, patient_resource
from ivr.web.problems import Problem, of_refusal
from ivr.web.site import run, site


@pages.get("/Patient")
@needs_scope(Scope.IDENTIFY)
def in_address() -> NoReturn:
    """Addresses are kept by proxies and logs: no number of a patient may stand in one."""
    raise Problem(
        405,
        "post_only",
        "Пациента ищут запросом POST /fhir/Patient/_search: номер и дата рождения передаются в теле.",
        headers={"Allow": "POST"},
    )


@pages.post("/Patient/_search")
@needs_scope(Scope.IDENTIFY)
def patients() -> Response:
    """One patient, or nobody and why: never which of the two does not fit."""
    if request.args:
        raise Problem(400, "post_only", "Параметры поиска пациента передаются в теле запроса, не в адресе.")
    if request.mimetype != "application/x-www-form-urlencoded":
        raise Problem(415, "not_json", "Поиск передаётся как application/x-www-form-urlencoded.")
    given = asked(*PARAMS["Patient"])
    number_given, born = given.one("identifier"), given.one("birthdate")
    if not number_given or not born:
        raise required("identifier, birthdate")
    phone = given.one("phone")
    try:
        claim, day = claim_of(number_given), date.fromisoformat(born.removeprefix("eq"))
        verified = PhoneNumber.parse(phone) if phone else None
    except BadNumber as wrong:
        raise Problem(400, wrong.code.lower(), "Номер записан неверно.") from None
    except ValueError:
        raise Problem(400, "bad_request", "birthdate: ГГГГ-ММ-ДД.") from None
    try:
        found, _ = run(
            clients.identify,
            client(),
            claim,
            day,
            phone=verified,
            ticket=given.one("ticket"),
            rules=site().rules,
            now=site().now(),
        )
    except NotIdentified as refusal:
        told = outcome(of_refusal(refusal), severity="information", issue="not-found")
        return sent(searchset(Found((), 0, outcomes=[told]), base()))
    paging("Patient", given)
    return sent(searchset(Found([patient_resource(found)], 1), base()))


@pages.get("/Patient/<own>")
@needs_scope(Scope.IDENTIFY)
def patient(own: str) -> Response:
    found, _ = run(clients.patient_of, client(), number(own), why="fhir.patient", now=site().now())
    return sent(patient_resource(found))
