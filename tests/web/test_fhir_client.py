"""A client library that is not ours (SMART's fhirclient) books through `/fhir` over a real socket."""

import logging
from datetime import timedelta

import pytest
import requests
from fhirclient.client import FHIRClient
from fhirclient.models import (
    appointment,
    auditevent,
    bundle,
    capabilitystatement,
    healthcareservice,
    parameters,
    patient,
    practitionerrole,
    schedule,
    slot,
)

from ivr.domain.client import Scope
from ivr.web.fhir.systems import OMS
from tests.builders import an_oms
from tests.web.conftest import serve
from tests.web.fhir_clinic import ALL, a_fhir_clinic, reference
from tests.web.fhir_clinic import parameters as given


@pytest.fixture
def hospital(tmp_path, demo_hospital):
    with a_fhir_clinic(tmp_path, demo_hospital) as clinic:
        yield clinic


def call(server, operation, body):
    """An operation, its answer parsed strictly as a Bundle."""
    answer = server.post_json(f"Appointment/${operation}", parameters.Parameters(body).as_json())
    return bundle.Bundle(answer.json())


def test_a_foreign_client_library_finds_the_patient_and_a_time_books_it_reads_and_cancels(hospital, caplog):
    caplog.set_level(logging.DEBUG)
    person = hospital.clinic.patient(oms=an_oms(701))
    system = hospital.system(*ALL, Scope.AUDIT)

    def search(kind, params):
        return list(kind.where(params).perform_resources_iter(server))

    with serve(hospital.opened) as address:
        server = FHIRClient(settings={"app_id": "mis", "api_base": f"{address}/fhir"}).server
        server.session.headers["Authorization"] = f"Bearer {system.token}"
        try:
            able = capabilitystatement.CapabilityStatement.read_from("metadata", server)
            form = {"identifier": f"{OMS}|{person.oms.digits}", "birthdate": person.birth_date.isoformat()}
            found = bundle.Bundle(server.post_as_form(f"{address}/fhir/Patient/_search", form).json())
            read = patient.Patient.read(found.entry[0].resource.id, server)
            service = [
                *healthcareservice.HealthcareService.where({"specialty": "fhir_care"}).perform_resources_iter(server)
            ]
            roles = [
                *practitionerrole.PractitionerRole.where({"specialty": "fhir_care"}).perform_resources_iter(server)
            ]
            plans = [
                *schedule.Schedule.where({"actor": roles[0].practitioner.reference}).perform_resources_iter(server)
            ]
            free = [
                *slot.Slot.where({"schedule": f"Schedule/{plans[0].id}", "_count": "3"}).perform_resources_iter(server)
            ]
            until = hospital.begins + timedelta(days=1)
            wish = given(
                reference("patient-reference", f"Patient/{read.id}"),
                {"name": "start", "valueDateTime": hospital.begins.isoformat()},
                {"name": "end", "valueDateTime": until.isoformat()},
                {"name": "specialty", "valueString": "urn:ivr:code:speciality|fhir_care"},
            )
            proposed = call(server, "find", wish)
            chosen = given(reference("appointment-reference", f"Appointment/{proposed.entry[0].resource.id}"))
            held = call(server, "hold", chosen)
            booked = call(server, "book", chosen).entry[0].resource
            visit = appointment.Appointment.read(booked.id, server)
            listed = search(appointment.Appointment, {"patient": f"Patient/{read.id}"})
            visit.status = "cancelled"
            server.session.headers["If-Match"] = f'W/"{visit.meta.versionId}"'
            cancelled = appointment.Appointment(visit.update(server))
            events = search(auditevent.AuditEvent, {"patient": f"Patient/{read.id}"})
        finally:
            server.session.close()

    assert able.fhirVersion == "4.0.1"
    assert (read.name[0].family, len(service), len(roles)) == (person.surname, 1, 1)
    assert [one.id for one in free] == [str(each) for each in hospital.slots]
    assert [entry.resource.slot[0].reference for entry in proposed.entry] == [f"Slot/{each}" for each in hospital.slots]
    assert held.entry[0].resource.status == "pending"
    assert (booked.status, [one.id for one in listed], cancelled.status) == ("booked", [booked.id], "cancelled")
    transactions = {code.code for event in events for code in event.subtype}
    assert {"ITI-115", "ITI-116", "ITI-117", "ITI-118", "booking.cancelled"} <= transactions
    assert {event.agent[0].who.identifier.value for event in events} == {system.client.who}
    assert not [record for record in caplog.records if person.oms.digits in record.getMessage()]


def test_what_is_refused_reaches_the_foreign_client_with_its_status(hospital):
    with serve(hospital.opened) as address:
        answer = requests.get(f"{address}/fhir/Practitioner", timeout=10)

    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (401, "login")
