"""Domain values as FHIR resources: each one taken by a library that is not ours, nothing lost on the way."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fhirclient.models import (
    appointment,
    auditevent,
    bundle,
    capabilitystatement,
    fhirelementfactory,
    healthcareservice,
    operationoutcome,
    patient,
    practitioner,
    practitionerrole,
    schedule,
    slot,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.data import load_specialities
from ivr.domain import refusals
from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.identifiers import BadNumber, PhoneNumber, Snils
from ivr.domain.patient import Sex
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import Refusal
from ivr.domain.slot import REMOTE, Channel, Doctor, Slot, SlotKind
from ivr.services.audit import Entry
from ivr.web.fhir import audit_events, bundles, capability, people, staff
from ivr.web.fhir.appointments import STATUSES, Proposal, booked, proposed, slot_resource
from ivr.web.fhir.outcome import outcome
from ivr.web.fhir.systems import OMS, SNILS
from ivr.web.messages import TOLD
from ivr.web.problems import of_refusal
from tests.builders import a_patient, a_speciality, an_oms

few = settings(max_examples=25)
names = st.text(st.characters(codec="utf-8", categories=["L"]), min_size=1, max_size=12)
ids = st.integers(1, 10**18 - 1)
moments = st.integers(946684800, 4102444800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
patients = st.builds(
    a_patient,
    id=ids,
    surname=names,
    given_name=names,
    patronymic=st.none() | names,
    sex=st.sampled_from(Sex),
    birth_date=st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    oms=st.none() | st.integers(1, 9999).map(an_oms),
    snils=st.none() | st.just(Snils("11223344595")),
    phone=st.none() | st.just(PhoneNumber("+70000000101")),
)
doctors = st.builds(Doctor, ids, names, names, st.none() | names, st.sampled_from("FM"), st.just("ent"), names, names)
slots = st.builds(
    Slot,
    ids,
    ids,
    st.just("ent"),
    moments,
    st.integers(1, 180),
    st.sampled_from(SlotKind),
    st.just(REMOTE),
    st.just("") | names,
)
bookings = st.builds(
    Booking,
    ids,
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    slots,
    ids,
    st.sampled_from(Purpose),
    st.sampled_from(Channel),
    st.sampled_from(BookingStatus),
    moments,
    referral_number=st.none() | names,
    closed_at=st.none() | moments,
)
ENT = a_speciality("ent", name="Оториноларинголог", post_code="42")


def taken(model, resource):
    """The same resource as an independent library of R4 reads and writes it; it refuses whatever is not R4."""
    sent = resource.model_dump(mode="json")

    assert model(sent).as_json() == sent
    return model(sent)


@few
@given(patients)
def test_a_patient_is_the_same_person_on_the_other_side(one):
    read = taken(patient.Patient, people.patient_resource(one))

    given_names = [one.given_name, *([one.patronymic] if one.patronymic else [])]
    assert (read.id, read.name[0].family, read.name[0].given) == (str(one.id), one.surname, given_names)
    assert (read.birthDate.date, read.gender) == (one.birth_date, {"F": "female", "M": "male"}[one.sex])
    claims = {people.claim_of(f"{number.system}|{number.value}") for number in read.identifier or []}
    assert claims == {one.oms, one.snils} - {None}


@few
@given(slots, doctors, ids)
def test_a_proposal_names_the_slot_the_patient_and_the_time(one, doctor, patient_id):
    read = taken(appointment.Appointment, proposed(one, patient_id, doctor, ENT, Purpose.ILLNESS, until=None))

    assert Proposal.of(read.id) == Proposal(one.id, patient_id)
    assert len(read.id) <= 64
    assert (read.start.datetime, read.end.datetime) == (one.starts_at, one.ends_at)
    assert read.slot[0].reference == f"Slot/{one.id}"
    assert read.participant[0].actor.reference == f"Patient/{patient_id}"


@few
@given(bookings, doctors)
def test_a_booking_keeps_ticket_time_and_state(one, doctor):
    read = taken(appointment.Appointment, booked(one, doctor, ENT))

    assert (read.id, read.identifier[0].value, read.status) == (str(one.id), one.ticket, STATUSES[one.status])
    assert read.start.datetime == one.slot.starts_at
    assert (read.cancelationReason is not None) == (read.status == "cancelled")
    assert [own.identifier.value for own in read.basedOn or []] == [own for own in [one.referral_number] if own]


@few
@given(bookings, st.sampled_from(BookingStatus), doctors)
def test_a_booking_has_a_new_version_when_its_state_changes_and_the_old_one_when_read_again(one, status, doctor):
    """`PASSED` is `booked` for FHIR, yet another state: the version tells them apart."""
    before, again, after = (
        booked(each, doctor, ENT).meta.versionId for each in (one, replace(one), replace(one, status=status))
    )

    assert before == again
    assert (after == before) == (one.status is status)


@few
@given(slots, st.sampled_from(["free", "busy", "busy-tentative", "busy-unavailable"]))
def test_a_slot_belongs_to_the_schedule_of_its_doctor(one, status):
    read = taken(slot.Slot, slot_resource(one, ENT, status))

    assert (read.schedule.reference, read.status) == (f"Schedule/{one.doctor_id}", status)
    assert (read.start.datetime, read.end.datetime) == (one.starts_at, one.ends_at)


@few
@given(doctors)
def test_a_doctor_has_a_role_in_a_service(doctor):
    person = taken(practitioner.Practitioner, staff.practitioner(doctor))
    role = taken(practitionerrole.PractitionerRole, staff.practitioner_role(doctor, ENT))
    service = taken(healthcareservice.HealthcareService, staff.healthcare_service(ENT))
    now = datetime(2026, 4, 27, tzinfo=UTC)
    plan = taken(schedule.Schedule, staff.schedule(doctor, ENT, now, now + timedelta(days=14)))

    assert role.practitioner.reference == f"Practitioner/{person.id}"
    assert role.healthcareService[0].reference == f"HealthcareService/{service.id}"
    assert role.code[0].coding[0].code == "42"
    assert {actor.reference.partition("/")[0] for actor in plan.actor} == {
        "PractitionerRole",
        "Practitioner",
        "HealthcareService",
    }


def test_every_speciality_of_the_hospital_has_an_id_that_fhir_allows_and_that_leads_back():
    keys = list(load_specialities().specialities)

    assert [staff.key_of(staff.service_id(key)) for key in keys] == keys
    assert not [key for key in keys if "-" in key]


@pytest.mark.parametrize(
    "token", ["6256410854000030", f"{OMS}|625641085400003", f"{SNILS}|6256410854000030", "urn:x|1"]
)
def test_a_number_without_its_system_or_with_a_wrong_one_names_nobody(token):
    with pytest.raises(BadNumber):
        people.claim_of(token)


@pytest.mark.parametrize("text", ["slot-0-patient-1", "slot-1-patient-", "slot-1-patient-1 ", "slot-٣-patient-1", "57"])
def test_what_is_no_proposal_is_not_read_as_one(text):
    assert Proposal.of(text) is None


def all_refusals():
    kinds = [kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, Refusal)]
    return sorted(kinds, key=lambda kind: kind.code)


@pytest.mark.parametrize("kind", all_refusals(), ids=lambda kind: kind.code)
def test_every_refusal_is_an_outcome_with_its_own_code_and_sentence(kind):
    refusal = kind.__new__(kind)

    read = taken(operationoutcome.OperationOutcome, outcome(of_refusal(refusal)))

    assert read.issue[0].details.coding[0].code == kind.code
    assert read.issue[0].details.text == TOLD[kind.code]
    assert read.issue[0].code != "processing"


@few
@given(st.sampled_from(["patient shown", "booking.made"]), st.none() | ids, st.none() | ids, moments)
def test_a_line_of_the_audit_log_says_who_did_what_to_whom(action, patient_id, booking_id, when):
    detail = {"patient": patient_id, "booking": booking_id, "why": "fhir.book"}

    event = audit_events.audit_event(Entry(7, when, "client:3", action, detail), "Больница")

    read = taken(auditevent.AuditEvent, event)
    assert (read.agent[0].who.identifier.value, read.recorded.datetime) == ("client:3", when)
    assert [one.code for one in read.subtype] == [action, "ITI-117"]
    named = [("Patient", patient_id), ("Appointment", booking_id)]
    assert [one.what.reference for one in read.entity or []] == [f"{kind}/{of}" for kind, of in named if of]


@few
@given(st.lists(ids, max_size=12, unique=True), st.integers(1, 5))
def test_pages_follow_one_another_and_leave_nobody_out(numbers, count):
    found = [people.patient_resource(a_patient(id=number)) for number in numbers]
    paging, seen = bundles.Paging("http://x/fhir", "Patient", count=count), []
    while True:
        read = taken(bundle.Bundle, bundles.page(found, paging))
        assert read.total == len(numbers)
        seen += [entry.resource.id for entry in read.entry or []]
        links = {link.relation: link.url for link in read.link}
        if "next" not in links:
            break
        paging = bundles.Paging("http://x/fhir", "Patient", count=count, offset=paging.offset + count)
        assert links["next"] == paging.link(paging.offset)

    assert seen == [str(number) for number in numbers]


def test_the_statement_of_capabilities_is_r4_and_names_the_profile():
    read = taken(capabilitystatement.CapabilityStatement, capability.statement("http://x/fhir", "1", "Больница"))

    assert read.fhirVersion == "4.0.1"
    own = {resource.type: resource for resource in read.rest[0].resource}
    assert [operation.name for operation in own["Appointment"].operation] == ["find", "hold", "book"]
    for kind in own:
        assert fhirelementfactory.FHIRElementFactory.instantiate(kind, None).resource_type == kind
