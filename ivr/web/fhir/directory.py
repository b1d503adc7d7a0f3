"""Who works here and when: everything that names no patient."""

from collections.abc import Callable, Iterator
from importlib.metadata import version

from fhir.resources.R4B.resource import Resource
from fhir.resources.R4B.slot import Slot as SlotResource
from flask import Response

from ivr.domain.client import Scope
from ivr.domain.refusals import NotFound
from ivr.domain.slot import PERSONAL, Doctor, Slot, SlotState
from ivr.domain.speciality import Speciality
from ivr.services import search
from ivr.services.offers import window
from ivr.services.ports import GridSlot, Work
from ivr.web.access import public
from ivr.web.clients import client, needs_scope
from ivr.web.fhir.appointments import slot_resource
from ivr.web.fhir.asked import Asked, asked, paging, period
from ivr.web.fhir.bundles import page
from ivr.web.fhir.capability import PARAMS, statement
from ivr.web.fhir.exchange import base, number, number_in, required, sent
from ivr.web.fhir.pages import pages
from ivr.web.fhir.staff import healthcare_service, key_of, practitioner, practitioner_role, schedule, service_id
from ivr.web.fhir.systems import SPECIALITY
from ivr.web.site import run, site

Staff = list[tuple[Doctor, Speciality]]


@pages.get("/metadata")
@public
def metadata() -> Response:
    return sent(statement(base(), version("ivr"), site().hospital.name))


@needs_scope(Scope.SCHEDULE)
def directory(kind: str) -> Response:
    given = asked(*PARAMS[kind])
    fitting = [resource for each, resource in _resources(kind) if _fits(given, *each)]
    return sent(page(fitting, paging(kind, given)))


@needs_scope(Scope.SCHEDULE)
def one(kind: str, own: str) -> Response:
    for _, resource in _resources(kind):
        if resource.id == own:
            return sent(resource)
    raise NotFound(kind)


for _kind in ("Practitioner", "PractitionerRole", "HealthcareService", "Schedule"):
    _own = {"kind": _kind}
    pages.add_url_rule(f"/{_kind}", f"{_kind}_list", directory, defaults=_own)
    pages.add_url_rule(f"/{_kind}/_search", f"{_kind}_search", directory, defaults=_own, methods=["POST"])
    pages.add_url_rule(f"/{_kind}/<own>", f"{_kind}_read", one, defaults=_own)


@pages.get("/Slot")
@pages.post("/Slot/_search", endpoint="slots_listed")
@needs_scope(Scope.SCHEDULE)
def slots() -> Response:
    """Free ones that may be offered to anybody in the client's channel; `schedule` names the doctor."""
    given = asked(*PARAMS["Slot"])
    named = given.any_of("schedule")
    if not named:
        raise required("schedule")
    found = [each for doctor in named for each in run(_slots_of, _doctor_in(doctor))]
    fits, statuses = period(given.all("start"), site().rules), given.any_of("status")
    fitting = [free for free in found if fits(free.starts_at) and (not statuses or "free" in statuses)]
    return sent(page(run(_shown, fitting), paging("Slot", given)))


@pages.get("/Slot/<own>")
@needs_scope(Scope.SCHEDULE)
def slot(own: str) -> Response:
    return sent(run(_slot, number(own)))


def people(work: Work) -> Staff:
    """Those who work here now."""
    with work.reading():
        specialities = {speciality.key: speciality for speciality in work.staff.specialities()}
        return [(doctor, specialities[doctor.speciality]) for doctor in work.staff.doctors()]


def _resources(kind: str) -> Iterator[tuple[tuple[Doctor | None, Speciality], Resource]]:
    staff, rules, now = run(people), site().rules, site().now()
    today = rules.span(rules.today(now))[0]
    if kind == "HealthcareService":
        for speciality in {speciality.key: speciality for _, speciality in staff}.values():
            yield (None, speciality), healthcare_service(speciality)
        return
    made: dict[str, Callable[[Doctor, Speciality], Resource]] = {
        "Practitioner": lambda doctor, _: practitioner(doctor),
        "PractitionerRole": practitioner_role,
        "Schedule": lambda doctor, speciality: schedule(doctor, speciality, today, window(speciality, rules, now)[1]),
    }
    for doctor, speciality in staff:
        yield (doctor, speciality), made[kind](doctor, speciality)


def _fits(given: Asked, doctor: Doctor | None, speciality: Speciality) -> bool:
    own = str(doctor.id) if doctor else service_id(speciality.key)
    specialities = [speciality_in(token) for token in given.any_of("specialty")]
    services = [key_of(text.rpartition("/")[2]) for text in given.any_of("service")]
    return (
        (not given.all("_id") or own in given.any_of("_id"))
        and (not specialities or speciality.key in specialities)
        and (not services or speciality.key in services)
        and (doctor is None or _is_he(given, doctor))
    )


def _is_he(given: Asked, doctor: Doctor) -> bool:
    named = {*given.any_of("practitioner"), *given.any_of("actor")}
    ids = {text.rpartition("/")[2] for text in named}
    families = [text.casefold() for text in given.any_of("family")]
    begins = not families or any(doctor.surname.casefold().startswith(text) for text in families)
    return begins and (not ids or str(doctor.id) in ids)


def speciality_in(token: str) -> str:
    """The key in `system|code`, or in the code alone."""
    system, bar, code = token.rpartition("|")
    return code if not bar or system == SPECIALITY else ""


def _whole(kind: str, text: str) -> str:
    return text if "/" in text else f"{kind}/{text}"


def _doctor_in(text: str) -> int:
    return number_in(_whole("Schedule", text), "Schedule")


def _slots_of(work: Work, doctor_id: int) -> list[Slot]:
    return search.open_to_all(work, doctor_id, client().channel, rules=site().rules, now=site().now())


def _shown(work: Work, found: list[Slot]) -> list[SlotResource]:
    with work.reading():
        named = {free.speciality: work.staff.speciality(free.speciality) for free in found}
    return [slot_resource(free, named[free.speciality], "free") for free in found]


def _slot(work: Work, slot_id: int) -> SlotResource:
    """Raises NotFound, also for one that the client's channel never offers."""
    with work.reading():
        found = next(iter(work.grid.of_ids([slot_id])), None)
        if found is None or not _open(found):
            raise NotFound(slot_id)
        return slot_resource(found.slot, work.staff.speciality(found.slot.speciality), _status(found))


def _open(found: GridSlot) -> bool:
    own = found.slot
    return own.opens_to(client().channel) and own.kind not in PERSONAL and own.for_patient_id is None


def _status(found: GridSlot) -> str:
    now, release = site().now(), found.slot.release_at
    if found.state is SlotState.BOOKED:
        return "busy"
    if found.state is SlotState.CLOSED or found.doctor_away or (release is not None and release > now):
        return "busy-unavailable"
    return "busy-tentative" if found.held_until is not None and found.held_until > now else "free"
