"""Appointment: read, searched (ITI-118) and cancelled."""

from collections.abc import Iterable, Sequence

from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.resource import Resource
from flask import Response, request

from ivr.domain.booking import Booking
from ivr.domain.client import Scope
from ivr.domain.patient import Patient
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Hold, Slot
from ivr.services import client_visits, clients, proposals
from ivr.services.ports import Work
from ivr.web.clients import client, must_have, needs_scope
from ivr.web.fhir.appointments import Proposal, booked, proposed
from ivr.web.fhir.asked import Asked, asked, paging, period
from ivr.web.fhir.bundles import page, part
from ivr.web.fhir.capability import INCLUDED, PARAMS
from ivr.web.fhir.directory import speciality_in
from ivr.web.fhir.exchange import number, number_in, received, required, sent, version_of
from ivr.web.fhir.pages import pages
from ivr.web.fhir.people import patient_resource
from ivr.web.fhir.staff import practitioner
from ivr.web.problems import Problem
from ivr.web.site import run, site

CHANGES = ("meta", "text", "status", "cancelationReason")
"""What may differ in an Appointment that comes back to be cancelled."""


@pages.get("/Appointment/<own>")
@needs_scope(Scope.BOOK)
def appointment(own: str) -> Response:
    if proposal := Proposal.of(own):
        return sent(run(_proposal, proposal))
    visit = run(client_visits.visit, client(), number(own), now=site().now())
    return sent(run(shown, visit))


@pages.get("/Appointment")
@pages.post("/Appointment/_search", endpoint="visits_listed")
@needs_scope(Scope.BOOK)
def visits() -> Response:
    """The visits of one patient that may be told to the client."""
    given = asked(*PARAMS["Appointment"], "_include")
    patients = given.one("patient")
    if not patients:
        raise required("patient")
    patient, known = run(
        clients.patient_of,
        client(),
        number_in(patients if "/" in patients else f"Patient/{patients}", "Patient"),
        why="fhir.visits",
        now=site().now(),
    )
    found = run(proposals.visits, client(), known, now=site().now())
    matches = [each for each in (run(shown, visit) for visit in _fitting(found, given)) if _has_status(each, given)]
    pages_of = paging("Appointment", given)
    on_page = {each.id for each in part(matches, pages_of)}
    included = _included(given, patient, [visit for visit in found if str(visit.id) in on_page])
    return sent(page(matches, pages_of, included))


@pages.put("/Appointment/<own>")
@needs_scope(Scope.BOOK)
def update(own: str) -> Response:
    """Cancel: nothing but the status may differ, and the version must be the one that the client has read."""
    wanted = received(Appointment)
    if wanted.id != own:
        raise Problem(400, "bad_request", "id ресурса и адреса различаются.")
    if wanted.status != "cancelled":
        raise Problem(422, "not_supported", "Изменить можно только status на cancelled; перенос делает $book.")
    visit = run(client_visits.visit, client(), number(own), now=site().now())
    read, now = _version(), run(shown, visit)
    key = f"fhir-cancel-{own}-{read}"
    if visit.closed_key == client().key(key):
        return sent(now)
    if read != version_of(now):
        raise Problem(412, "version_conflict", "Запись с тех пор изменилась: прочтите её снова.")
    if _rest(wanted) != _rest(now):
        raise Problem(422, "not_supported", "Кроме status и cancelationReason ничего изменить нельзя.")
    return sent(run(shown, cancelled(visit, key)))


def cancelled(visit: Booking, key: str) -> Booking:
    """A repeat changes nothing. Raises WrongTurn, TooLate."""
    return run(client_visits.cancel, client(), visit.id, key=key, reason=None, rules=site().rules, now=site().now())


def shown(work: Work, visit: Booking) -> Appointment:
    return booked(visit, *proposals.team_of(work, visit.slot))


def offered(work: Work, slot: Slot, patient_id: int, hold: Hold | None, purpose: Purpose | None = None) -> Appointment:
    """A proposal; pending while the client holds that slot for the patient."""
    team = proposals.team_of(work, slot)
    why = purpose or proposals.purpose_of(slot, None)
    until = hold.until if hold is not None and hold.slot.id == slot.id else None
    return proposed(slot, patient_id, *team, why, until=until)


def _proposal(work: Work, proposal: Proposal) -> Appointment:
    """Raises NotFound where it is neither free for the patient nor held by the client, and what he is refused for."""
    must_have(Scope.SCHEDULE)
    patient_id = proposal.patient_id
    slot, hold = proposals.offered(work, client(), proposal.slot_id, patient_id, rules=site().rules, now=site().now())
    return offered(work, slot, patient_id, hold)


def _fitting(found: Iterable[Booking], given: Asked) -> list[Booking]:
    fits = period(given.all("date"), site().rules)
    doctors = {text.rpartition("/")[2] for text in given.any_of("practitioner")}
    specialities = {speciality_in(token) for token in given.any_of("specialty")}
    return [
        visit
        for visit in found
        if fits(visit.slot.starts_at)
        and (not doctors or str(visit.slot.doctor_id) in doctors)
        and (not specialities or visit.slot.speciality in specialities)
    ]


def _has_status(each: Appointment, given: Asked) -> bool:
    return not given.all("status") or each.status in given.any_of("status")


def _included(given: Asked, patient: Patient, found: Sequence[Booking]) -> list[Resource]:
    wanted = given.any_of("_include")
    if set(wanted) - {*INCLUDED}:
        raise Problem(400, "not_supported", f"Из _include поддерживаются: {', '.join(INCLUDED)}.")
    included: list[Resource] = []
    if found and {"Appointment:patient", "Appointment:actor"} & {*wanted}:
        must_have(Scope.IDENTIFY)
        included.append(patient_resource(patient))
    if {"Appointment:practitioner", "Appointment:actor"} & {*wanted}:
        doctors = {visit.slot.doctor_id: run(proposals.team_of, visit.slot)[0] for visit in found}
        included += [practitioner(doctor) for doctor in doctors.values()]
    return included


def _version() -> str:
    """Raises Problem 400 without If-Match: nobody cancels what he has not read."""
    tags = request.if_match
    named = [*tags.as_set(include_weak=True)]
    if tags.star_tag or len(named) != 1:
        raise Problem(400, "required", "Нужен заголовок If-Match с версией, которую вы прочли.")
    return named[0]


def _rest(of: Appointment) -> object:
    return of.model_copy(update=dict.fromkeys(CHANGES)).model_dump()
