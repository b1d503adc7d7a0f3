"""`$find`, `$hold` and `$book` of the IHE profile Scheduling (ITI-115 to ITI-117)."""

from collections.abc import Callable

from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.parameters import Parameters
from flask import Response, request

from ivr.domain.booking import Booking
from ivr.domain.client import Scope
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import Refusal, SlotTaken
from ivr.services import client_visits, proposals
from ivr.services.client_visits import KINDS
from ivr.services.ports import Work
from ivr.services.proposals import Period
from ivr.web.clients import client, needs_scope
from ivr.web.fhir.appointments import Proposal
from ivr.web.fhir.asked import asked, paging
from ivr.web.fhir.bundles import Found, part, searchset
from ivr.web.fhir.directory import people, speciality_in
from ivr.web.fhir.exchange import Given, base, id_in, moment, number, number_in, received, required, sent
from ivr.web.fhir.outcome import outcome, status_of
from ivr.web.fhir.pages import pages
from ivr.web.fhir.systems import PURPOSE, REFERRAL
from ivr.web.fhir.visits import cancelled, offered, shown
from ivr.web.problems import Problem, of_refusal
from ivr.web.site import run, site

LONGEST_KEY = 200


@pages.post("/Appointment/$find")
@needs_scope(Scope.SCHEDULE)
def find() -> Response:
    """Proposed appointments of one patient, in the order of time."""
    given = Given(received(Parameters))
    reference = given.one("patient-reference", "valueReference")
    if reference is None:
        raise required("patient-reference")
    specialities, period = _where_and_when(given)
    referral = _referral(given.one("referral-identifier", "valueIdentifier"))
    purpose = _purpose(given.one("visit-type", "valueString"), referral)
    given.no_more()
    patient_id = number_in(reference, "Patient")
    slots = run(
        proposals.find,
        client(),
        patient_id,
        specialities,
        purpose,
        period,
        referral=referral,
        rules=site().rules,
        now=site().now(),
    )
    shown_part = part(slots, paging("Appointment", asked()))
    found = [run(offered, slot, patient_id, None, purpose) for slot in shown_part]
    return sent(searchset(Found(found, len(slots)), base()))


@pages.post("/Appointment/$hold")
@needs_scope(Scope.BOOK)
def hold() -> Response:
    """Hold a proposed appointment (D-14); an earlier hold of the client for this patient is let go."""
    given = Given(received(Parameters))
    proposal = _proposal(given.one("appointment-reference", "valueReference"))
    given.no_more()
    return _in_bundle(lambda: run(_hold, proposal), lost="not-found")


@pages.post("/Appointment/$book")
@needs_scope(Scope.BOOK)
def book() -> Response:
    """Book a proposed appointment, move a booked one to another slot, or cancel it."""
    given = Given(received(Parameters))
    reference = given.one("appointment-reference", "valueReference")
    resource = given.one("appointment-resource", "resource")
    referral = _referral(given.one("referral-identifier", "valueIdentifier"))
    given.no_more()
    if (reference is None) == (resource is None):
        raise required("appointment-reference или appointment-resource")
    if resource is None:
        return _in_bundle(_booking_of(_proposal(reference), None, referral))
    if not isinstance(resource, Appointment):
        raise Problem(400, "bad_request", "appointment-resource: нужен ресурс Appointment.")
    return _in_bundle(_change(resource, referral))


def _change(wanted: Appointment, referral: str | None) -> Callable[[], Appointment]:
    if (proposal := Proposal.of(wanted.id or "")) is not None:
        return _booking_of(proposal, wanted, referral)
    if not wanted.id:
        raise required("id записи или предложения")
    visit = run(client_visits.visit, client(), number(wanted.id), why="fhir.book", now=site().now())
    if wanted.status == "cancelled":
        return lambda: run(shown, cancelled(visit, f"fhir-cancel-{visit.id}"))
    return _move_of(visit, wanted)


def _move_of(visit: Booking, wanted: Appointment) -> Callable[[], Appointment]:
    """The same visit in another slot: what it becomes has an id of its own."""
    slots = wanted.slot or []
    if len(slots) != 1:
        raise required("slot: время, на которое переносится запись")
    slot_id = number_in(slots[0], "Slot")
    return _booking_of(Proposal(slot_id, visit.patient_id), wanted, None, moves=visit)


def _booking_of(
    proposal: Proposal, wanted: Appointment | None, referral: str | None, moves: Booking | None = None
) -> Callable[[], Appointment]:
    based_on = wanted.basedOn[0] if wanted is not None and wanted.basedOn else None
    number_of_referral = referral or _referral(getattr(based_on, "identifier", None))
    key = _key(wanted)

    def booked(work: Work) -> Booking:
        return proposals.book(
            work,
            client(),
            proposal.slot_id,
            proposal.patient_id,
            key=key,
            purpose=moves.purpose if moves else None,
            referral=number_of_referral,
            moves=moves.id if moves else None,
            rules=site().rules,
            now=site().now(),
        )

    return lambda: run(shown, run(booked))


def _hold(work: Work, proposal: Proposal) -> Appointment:
    held = client_visits.hold(
        work,
        client(),
        proposal.patient_id,
        proposal.slot_id,
        why="fhir.hold",
        moves=None,
        rules=site().rules,
        now=site().now(),
    )
    return offered(work, held.slot, proposal.patient_id, held)


def _in_bundle(act: Callable[[], Appointment], *, lost: str | None = None) -> Response:
    """What came of it, or why not: the profile wants both inside a Bundle; `lost`: its word for a slot that is gone."""
    try:
        return sent(searchset(Found([act()], 1), base()))
    except Refusal as refusal:
        problem = of_refusal(refusal)
        gone = lost if isinstance(refusal, SlotTaken) else None
        told = outcome(problem, severity="fatal" if gone else "error", issue=gone)
        answer = sent(searchset(Found((), 0, outcomes=[told]), base()), status_of(problem))
        answer.headers.update(problem.headers)
        return answer


def _where_and_when(given: Given) -> tuple[tuple[str, ...], Period]:
    """Specialities, and with whom and when."""
    doctors = frozenset(number_in(each, "Practitioner") for each in given.all("practitioner", "valueReference"))
    keys = [speciality_in(str(token)) for token in given.all("specialty", "valueString")]
    staff = run(people)
    keys = keys or [speciality.key for doctor, speciality in staff if doctor.id in doctors]
    if not keys:
        raise required("specialty или practitioner")
    if set(keys) - {speciality.key for _, speciality in staff}:
        raise Problem(422, "not_found", "Такой специальности здесь нет.")
    since, until = (moment(given.one(name, "valueDateTime"), name) for name in ("start", "end"))
    return tuple(dict.fromkeys(keys)), Period(since, until, doctors)


def _purpose(token: object, referral: str | None) -> Purpose:
    if token is None:
        return Purpose.ILLNESS if referral is None else Purpose.REFERRAL
    system, bar, code = str(token).rpartition("|")
    if (bar and system != PURPOSE) or code not in [*Purpose] or Purpose(code) not in KINDS:
        raise Problem(422, "not_supported", "К такой цели обращения не записывают.")
    return Purpose(code)


def _proposal(reference: object) -> Proposal:
    if reference is None:
        raise required("appointment-reference")
    found = Proposal.of(id_in(reference, "Appointment"))
    if found is None:
        raise Problem(404, "not_found", "Такого предложения нет: его дает $find.")
    return found


def _referral(identifier: object) -> str | None:
    """The number of a referral in our own system of numbers. Raises Problem 400."""
    if identifier is None:
        return None
    system, value = getattr(identifier, "system", None), getattr(identifier, "value", None)
    if system not in (None, REFERRAL) or not isinstance(value, str) or len(value) > LONGEST_KEY:
        raise Problem(400, "bad_request", f"Номер направления: identifier системы {REFERRAL}.")
    return value


def _key(wanted: Appointment | None) -> str | None:
    """What makes a command once: the header, else the client's own identifier of the appointment."""
    own = request.headers.get("Idempotency-Key")
    for identifier in [] if own or wanted is None else wanted.identifier or []:
        own = own or f"{identifier.system}|{identifier.value}"
    if own is not None and not (1 <= len(own) <= LONGEST_KEY and own.isprintable()):
        raise Problem(400, "bad_request", f"Ключ повтора: до {LONGEST_KEY} печатных знаков.")
    return own
