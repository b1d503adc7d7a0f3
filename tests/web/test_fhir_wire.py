"""What `/fhir` speaks and what it does not: formats, parameters, scopes; numbers of patients never in an address."""

import json
import logging

import pytest

from ivr.domain.client import Scope
from ivr.domain.slot import Channel
from ivr.web.fhir.systems import OMS
from tests.builders import an_oms
from tests.web.fhir_clinic import ALL, FORMAT, a_fhir_clinic, code_of, parameters, resources

LISTS = ("Practitioner", "PractitionerRole", "HealthcareService", "Schedule")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory, demo_hospital):
    with a_fhir_clinic(tmp_path_factory.mktemp("fhir"), demo_hospital) as clinic:
        yield clinic


@pytest.fixture(scope="module")
def system(hospital):
    return hospital.system()


@pytest.fixture(scope="module")
def patient(hospital):
    return hospital.clinic.patient(oms=an_oms(801), phone=None)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("Practitioner", {"Accept": "application/fhir+json; fhirVersion=4.0"}, 200),
        ("Practitioner", {"Accept": "application/json"}, 200),
        ("Practitioner", {"Accept": "*/*"}, 200),
        ("Practitioner", {"Accept": "application/fhir+xml"}, 406),
        ("Practitioner", {"Accept": "text/html"}, 406),
        ("Practitioner?_format=json", {"Accept": "text/html"}, 200),
        ("Practitioner?_format=xml", {}, 406),
    ],
)
def test_answers_are_fhir_json_or_nothing(system, path, headers, status):
    answer = system.get(path, headers=headers)

    assert answer.status_code == status
    assert answer.mimetype == FORMAT


@pytest.mark.parametrize("kind", ["application/xml", "text/plain", "application/fhir+json; charset=koi8-r"])
def test_bodies_in_other_formats_are_refused(system, kind):
    answer = system.ask("POST", "Appointment/$find", data=b"{}", content_type=kind)

    assert (answer.status_code, answer.json["issue"][0]["code"]) == (415, "not-supported")


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        {"resourceType": "Patient"},
        {"resourceType": "Parameters", "parameter": [{"valueString": "x"}]},
        {"resourceType": "Parameters", "parameter": 5},
        {"resourceType": "Parameters", "strange": 5},
        parameters({"name": "patient-reference", "valueString": "Patient/1"}),
        parameters({"name": "patient-reference", "valueReference": {"reference": "Group/1"}}),
        parameters({"name": "appointment-reference", "valueReference": {"reference": "https://x/Appointment/1"}}),
        parameters({"name": "appointment-reference", "valueReference": {"reference": "Appointment/1/2"}}),
        parameters({"name": "appointment-resource", "resource": {"resourceType": "Patient"}}),
        parameters({"name": "appointment-resource", "resource": {"resourceType": "Appointment"}}),
        parameters({"name": "appointment-resource", "resource": {"resourceType": "Bogus"}}),
        parameters({"name": "appointment-resource", "resource": {"resourceType": "../Appointment"}}),
    ],
)
@pytest.mark.parametrize("operation", ["find", "hold", "book"])
def test_what_is_no_request_is_told_so_and_does_nothing(system, operation, body):
    answer = system.ask("POST", f"Appointment/${operation}", json=body, content_type=FORMAT)

    assert (answer.status_code, answer.json["resourceType"]) == (400, "OperationOutcome")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 60_000, 400),
        ('{"resourceType": "Parameters"}'.encode("utf-16"), 400),
        (json.dumps(parameters(*[{"name": "x", "valueString": "y"}] * 2_000)).encode(), 413),
    ],
    ids=["cut off", "deep", "in another encoding", "long"],
)
def test_a_body_that_is_no_json_of_ours_is_not_read_further(system, body, status):
    answer = system.ask("POST", "Appointment/$book", data=body, content_type=FORMAT)

    assert (answer.status_code, code_of(answer)) == (status, {400: "bad_request", 413: "too_large"}[status])


def test_the_wrong_value_itself_is_not_repeated_in_the_answer(system):
    secret = an_oms(802).digits

    answer = system.ask("POST", "Appointment/$find", {"resourceType": "Parameters", "parameter": secret})

    assert answer.status_code == 400
    assert secret not in answer.text


def test_a_parameter_that_means_nothing_is_refused_not_left_out(system):
    answers = [system.get(path) for path in ("Practitioner?name=x", "Slot?schedule=1&name=x", "Schedule?_sort=x")]

    assert [code_of(answer) for answer in answers] == ["not_supported"] * 3


@pytest.mark.parametrize("query", ["_count=x", "_offset=-1", "_count=999999999999", "_summary=true"])
def test_paging_is_by_numbers(system, query):
    assert system.get(f"Practitioner?{query}").status_code == 400


@pytest.mark.parametrize("kind", LISTS)
def test_lists_are_read_page_by_page_and_each_of_them_by_its_id(system, kind):
    whole = resources(system.get(f"{kind}?_count=200"))
    first = system.get(f"{kind}?_count=2")
    by_post = system.ask("POST", f"{kind}/_search", data={"_count": "2"})
    second = system.get({link["relation"]: link["url"] for link in first.json["link"]}["next"].partition("/fhir/")[2])

    assert resources(first) + resources(second) == whole[:4]
    assert resources(by_post) == resources(first)
    assert first.json["total"] == len(whole) > 4
    assert system.get(f"{kind}/{whole[0]['id']}").json == whole[0]
    assert system.get(f"{kind}/none").status_code == 404


@pytest.mark.parametrize("number", ["identifier", "phone"])
def test_no_number_of_a_patient_is_taken_from_an_address(system, patient, number, caplog):
    caplog.set_level(logging.DEBUG)
    value = f"{OMS}|{patient.oms.digits}"

    by_get = system.get("Patient", query_string={number: value})
    by_post = system.ask("POST", "Patient/_search", query_string={number: value})

    assert [(answer.status_code, code_of(answer)) for answer in (by_get, by_post)] == [
        (405, "post_only"),
        (400, "post_only"),
    ]
    assert patient.oms.digits not in by_get.text + by_post.text + caplog.text


def test_a_wrong_number_and_a_wrong_birth_date_find_nobody_alike(system, patient):
    """4.2."""
    strange = system.ask(
        "POST",
        "Patient/_search",
        data={"identifier": f"{OMS}|{an_oms(899).digits}", "birthdate": patient.birth_date.isoformat()},
    )
    born = system.ask(
        "POST", "Patient/_search", data={"identifier": f"{OMS}|{patient.oms.digits}", "birthdate": "1999-01-01"}
    )

    assert strange.json == born.json
    assert (strange.status_code, strange.json["total"], code_of(strange)) == (200, 0, "not_identified")


@pytest.mark.parametrize(
    "data", [{"identifier": "x"}, {"identifier": f"{OMS}|123", "birthdate": "1990-01-01"}, {"birthdate": "x"}]
)
def test_a_patient_is_named_by_a_whole_number_and_a_date(system, data):
    assert system.ask("POST", "Patient/_search", data=data).status_code == 400


def test_nothing_of_a_patient_is_shown_to_whom_did_not_name_him(hospital, patient):
    """4.2: not even that there is one."""
    stranger = hospital.system()

    paths = [f"{path}{of}" for path in ("Patient/", "Appointment?patient=") for of in (patient.id, 999999)]
    told = [stranger.get(path) for path in paths]

    assert {(answer.status_code, code_of(answer)) for answer in told} == {(403, "not_identified")}
    for operation in ("hold", "book"):
        assert stranger.do(operation, hospital.slots[0], patient).status_code == 403
    assert stranger.find(patient, hospital.begins, {"name": "specialty", "valueString": "fhir_care"}).status_code == 403


SCOPES = {
    "GET Practitioner": Scope.SCHEDULE,
    "GET Slot?schedule=1": Scope.SCHEDULE,
    "GET Slot/1": Scope.SCHEDULE,
    "POST Appointment/$find": Scope.SCHEDULE,
    "POST Appointment/$hold": Scope.BOOK,
    "POST Appointment/$book": Scope.BOOK,
    "PUT Appointment/1": Scope.BOOK,
    "GET Appointment/1": Scope.BOOK,
    "GET Appointment?patient=1": Scope.BOOK,
    "GET Patient/1": Scope.IDENTIFY,
    "POST Patient/_search": Scope.IDENTIFY,
    "GET AuditEvent": Scope.AUDIT,
}


def test_each_door_has_its_scope(hospital):
    everyone = [*ALL, Scope.REGISTRY, Scope.AUDIT]
    for door, scope in SCOPES.items():
        method, path = door.split()
        without = hospital.system(*[one for one in everyone if one is not scope])
        body = {"data": {}} if path.endswith("_search") else {"json": {}, "content_type": FORMAT}

        answer = without.ask(method, path, **(body if method != "GET" else {}))
        stranger = hospital.opened.app.test_client().open(f"/fhir/{path}", method=method, **body)

        assert (answer.status_code, code_of(answer)) == (403, "scope_missing"), door
        assert (stranger.status_code, code_of(stranger)) == (401, "bad_token"), door
        assert stranger.headers["WWW-Authenticate"].startswith("Bearer")


def test_capabilities_are_told_to_everybody(hospital):
    answer = hospital.opened.app.test_client().get("/fhir/metadata")

    assert (answer.status_code, answer.json["resourceType"]) == (200, "CapabilityStatement")


def test_slots_are_those_of_the_clients_channel(hospital):
    hospital.clinic.slot(hospital.doctor_id, hospital.begins.replace(hour=17), channels=frozenset({Channel.REG}))
    counts = [
        hospital.system(channel=channel)
        .get(f"Slot?schedule={hospital.doctor_id}&start=ge{hospital.begins.date()}")
        .json
        for channel in (Channel.EPGU, Channel.REG, Channel.OTHER)
    ]

    competitive = len(hospital.slots)  # open to all remote channels, and so to other systems (D-03)
    assert [each["total"] for each in counts] == [competitive, competitive + 1, competitive]


def test_errors_of_the_server_itself_are_outcomes_too(system):
    for answer, status in ((system.get("Nothing"), 404), (system.ask("DELETE", "Practitioner"), 405)):
        assert (answer.status_code, answer.mimetype) == (status, FORMAT)
        assert answer.json["resourceType"] == "OperationOutcome"
