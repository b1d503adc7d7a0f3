"""`/fhir` books as the profile Scheduling of IHE says, by the rules of every channel."""

import threading
from datetime import timedelta

import pytest

from ivr.domain.client import Scope
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.speciality import Access
from ivr.web.fhir.systems import REFERRAL
from tests.builders import an_oms
from tests.web.fhir_clinic import (
    PHONE,
    FhirClinic,
    a_fhir_clinic,
    code_of,
    parameters,
    reference,
    resources,
)

CARE = {"name": "specialty", "valueString": "urn:ivr:code:speciality|fhir_care"}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory, demo_hospital):
    with a_fhir_clinic(tmp_path_factory.mktemp("fhir"), demo_hospital) as clinic:
        yield clinic


@pytest.fixture
def slots(hospital: FhirClinic):
    """A doctor of his own for each test, so that none takes another's time."""
    hospital.doctor_id = hospital.clinic.doctor("fhir_care")
    begins = hospital.begins
    hospital.slots = hospital.clinic.slots(hospital.doctor_id, [begins + timedelta(minutes=45 * n) for n in range(4)])
    return hospital.slots


def a_patient(hospital, number, **changes):
    return hospital.clinic.patient(oms=an_oms(number), phone=None, **changes)


def a_path(slot_id, patient):
    """Of a proposal."""
    return f"Appointment/slot-{slot_id}-patient-{patient.id}"


def test_a_found_time_is_held_booked_read_and_cancelled(hospital, slots):
    system, patient = hospital.system(), a_patient(hospital, 501)
    doctor = reference("practitioner", f"Practitioner/{hospital.doctor_id}")

    named = resources(system.name(patient))
    found = resources(system.find(patient, hospital.begins, CARE, doctor))
    held = resources(system.do("hold", slots[0], patient))[0]
    booked = resources(system.do("book", slots[0], patient))[0]
    read = system.get(f"Appointment/{booked['id']}")
    cancelled = system.cancel(read.json)

    assert [one["id"] for one in named] == [str(patient.id)]
    assert [one["slot"][0]["reference"] for one in found] == [f"Slot/{slot}" for slot in slots]
    assert {one["status"] for one in found} == {"proposed"}
    assert (held["id"], held["status"]) == (found[0]["id"], "pending")
    assert booked["status"] == "booked"
    assert read.json == booked
    assert read.headers["ETag"] == f'W/"{booked["meta"]["versionId"]}"'
    assert (cancelled.status_code, cancelled.json["status"]) == (200, "cancelled")
    assert cancelled.json["meta"]["versionId"] != booked["meta"]["versionId"]
    with hospital.opened.site.new_work().reading() as work:
        assert work.bookings.get(int(booked["id"])).status == "CANCELLED_BY_PATIENT"


def test_the_slot_of_another_is_refused_as_the_profile_says(hospital, slots):
    """ITI-116: fatal, not-found. ITI-117: an OperationOutcome alone in the Bundle."""
    first, second = hospital.system(), hospital.system()
    one, other = a_patient(hospital, 511), a_patient(hospital, 512)
    first.name(one)
    second.name(other)
    assert first.do("hold", slots[0], one).status_code == 200

    hold, book = second.do("hold", slots[0], other), second.do("book", slots[0], other)

    assert (hold.status_code, code_of(hold)) == (409, "slot_taken")
    assert (resources(hold, "outcome")[0]["issue"][0]["severity"]) == "fatal"
    assert (resources(hold, "outcome")[0]["issue"][0]["code"]) == "not-found"
    assert (book.status_code, code_of(book)) == (409, "hold_lost")
    assert [entry["search"]["mode"] for entry in book.json["entry"]] == ["outcome"]


def test_of_two_clients_at_once_one_gets_the_slot(hospital, slots):
    pairs = [(hospital.system(), a_patient(hospital, number)) for number in (521, 522, 523)]
    for system, patient in pairs:
        system.name(patient)
    answers = []
    start = threading.Barrier(len(pairs))

    def book(system, patient):
        start.wait()
        answers.append(system.do("book", slots[1], patient).status_code)

    threads = [threading.Thread(target=book, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 409, 409]
    assert len(hospital.clinic.rows("bookings", slot_id=slots[1])) == 1


def test_a_repeat_with_the_same_key_returns_the_first_result_even_after_it_was_cancelled(hospital, slots):
    system, patient = hospital.system(), a_patient(hospital, 531)
    system.name(patient)
    key = {"headers": {"Idempotency-Key": "visit-1"}}

    first = resources(system.do("book", slots[0], patient, **key))[0]
    again = resources(system.do("book", slots[0], patient, **key))[0]
    unkeyed = resources(system.do("book", slots[0], patient))[0]
    system.cancel(first)
    late = resources(system.do("book", slots[0], patient, **key))[0]
    elsewhere = system.do("book", slots[1], patient, **key)
    anew = resources(system.do("book", slots[0], patient))[0]

    assert again == first == unkeyed
    assert (late["id"], late["status"]) == (first["id"], "cancelled")
    assert (elsewhere.status_code, code_of(elsewhere)) == (422, "key_reused")
    assert anew["id"] != first["id"]


def test_an_identifier_of_the_appointment_is_a_key_too(hospital, slots):
    system, patient = hospital.system(), a_patient(hospital, 541)
    system.name(patient)
    found = resources(
        system.find(patient, hospital.begins, reference("practitioner", f"Practitioner/{hospital.doctor_id}"))
    )[0]
    own = found | {"identifier": [{"system": "urn:mis", "value": "77"}]}
    body = parameters({"name": "appointment-resource", "resource": own})

    first = system.ask("POST", "Appointment/$book", body)
    again = system.ask("POST", "Appointment/$book", body)

    assert resources(first) == resources(again) != []


def test_a_visit_is_moved_to_another_slot_and_cancelled_by_book(hospital, slots):
    """ITI-117: create, modify, cancel."""
    system, patient = hospital.system(), a_patient(hospital, 551)
    system.name(patient)
    visit = resources(system.do("book", slots[0], patient))[0]
    other_time = visit | {"slot": [{"reference": f"Slot/{slots[2]}"}]}

    moved = system.ask(
        "POST", "Appointment/$book", parameters({"name": "appointment-resource", "resource": other_time})
    )
    now = resources(moved)[0]
    gone = parameters({"name": "appointment-resource", "resource": now | {"status": "cancelled"}})
    twice = [system.ask("POST", "Appointment/$book", gone) for _ in range(2)]

    assert now["slot"] == [{"reference": f"Slot/{slots[2]}"}]
    assert system.get(f"Appointment/{visit['id']}").json["cancelationReason"]["text"] == "Запись перенесена."
    assert [resources(answer)[0]["status"] for answer in twice] == ["cancelled", "cancelled"]


def test_a_cancellation_names_the_version_that_was_read_and_changes_nothing_else(hospital, slots):
    system, patient = hospital.system(), a_patient(hospital, 561)
    system.name(patient)
    visit = resources(system.do("book", slots[0], patient))[0]
    path = f"Appointment/{visit['id']}"

    unread = system.ask("PUT", path, visit | {"status": "cancelled"})
    stale = system.cancel(visit, "0123456789abcdef")
    other = system.cancel(visit | {"description": "другое"})
    arrived = system.ask("PUT", path, visit | {"status": "arrived"}, headers={"If-Match": 'W/"1"'})
    assert system.get(path).json == visit
    twice = [system.cancel(visit) for _ in range(2)]

    assert [answer.status_code for answer in (unread, stale, other, arrived)] == [400, 412, 422, 422]
    assert [answer.json["status"] for answer in twice] == ["cancelled", "cancelled"]
    assert len(hospital.clinic.rows("bookings", patient_id=patient.id)) == 1


@pytest.mark.parametrize(("channel", "status"), [(Channel.CC, 422), (Channel.OTHER, 422), (Channel.REG, 200)])
def test_attachment_matters_in_the_channels_in_which_it_does(hospital, slots, channel, status):
    """D-08: the channel is the client's."""
    system = hospital.system(channel=channel)
    hospital.slots = hospital.clinic.slots(
        hospital.doctor_id, [hospital.begins + timedelta(hours=5)], channels=frozenset({channel})
    )
    patient = a_patient(hospital, 571 + [*Channel].index(channel), attached=False)
    system.name(patient)

    found, read = system.find(patient, hospital.begins, CARE), system.get(a_path(hospital.slots[0], patient))
    booked = system.do("book", hospital.slots[0], patient)

    assert [one.status_code for one in (found, read, booked)] == [status] * 3
    if status == 422:
        assert {code_of(one) for one in (found, read, booked)} == {"not_attached"}


def test_rules_refuse_with_their_code_and_name_what_stands_in_the_way_on_proof_only(hospital, slots):
    """4.2: whoever may not be told of a visit learns of none by a refusal."""
    proved, unproved = hospital.system(), hospital.system()
    patient = hospital.clinic.patient(oms=an_oms(581))
    proved.name(patient, phone=PHONE)
    unproved.name(patient)
    visit = resources(proved.do("book", slots[0], patient))[0]

    second, search = proved.do("book", slots[2], patient), proved.find(patient, hospital.begins, CARE)
    stranger = unproved.do("book", slots[2], patient)
    read, unread = (system.get(a_path(slots[2], patient)) for system in (proved, unproved))
    gone = proved.get(a_path(slots[0], patient))

    assert (second.status_code, code_of(second)) == (409, "already_booked")
    issue = resources(second, "outcome")[0]["issue"][0]
    assert (issue["code"], issue["diagnostics"]) == ("duplicate", f"Appointment/{visit['id']}")
    assert (search.status_code, search.json["issue"]) == (409, [issue])
    assert (read.status_code, read.json["issue"]) == (409, [issue])
    assert {(one.status_code, code_of(one)) for one in (stranger, unread)} == {(422, "needs_person")}
    assert visit["id"] not in str([resources(stranger, "outcome")[0]["issue"], unread.json["issue"]])
    assert (gone.status_code, code_of(gone)) == (404, "not_found")


def test_a_referral_opens_what_is_closed_without_it(hospital):
    """D-11."""
    system, patient = hospital.system(), a_patient(hospital, 591)
    hospital.clinic.speciality("fhir_closed", name="По направлению", access=Access.REFERRAL)
    slot = hospital.clinic.slot(hospital.clinic.doctor("fhir_closed"), hospital.begins)
    hospital.clinic.referral(patient, "fhir_closed", "7001")
    system.name(patient)
    closed = {"name": "specialty", "valueString": "fhir_closed"}
    number = {"name": "referral-identifier", "valueIdentifier": {"system": REFERRAL, "value": "7001"}}

    without, found = (
        system.find(patient, hospital.begins, closed),
        system.find(patient, hospital.begins, closed, number),
    )
    body = parameters(reference("appointment-reference", f"Appointment/{resources(found)[0]['id']}"), number)
    refused, read = system.do("book", slot, patient), system.get(a_path(slot, patient))
    booked = system.ask("POST", "Appointment/$book", body)

    assert {code_of(one) for one in (without, refused, read)} == {"referral_needed"}
    assert resources(booked)[0]["basedOn"][0]["identifier"] == {"system": REFERRAL, "value": "7001"}


def test_slots_of_another_channel_and_of_doctors_are_neither_shown_nor_given(hospital, slots):
    """S4.2, D-03."""
    system, patient = hospital.system(channel=Channel.EPGU), a_patient(hospital, 601)
    begins = hospital.begins + timedelta(hours=6)
    foreign, personal = (
        hospital.clinic.slot(hospital.doctor_id, begins, channels=frozenset({Channel.CC})),
        hospital.clinic.slot(hospital.doctor_id, begins + timedelta(minutes=45), kind=SlotKind.REPEAT),
    )
    system.name(patient)

    listed = resources(system.get(f"Slot?schedule=Schedule/{hospital.doctor_id}"))
    found = resources(system.find(patient, hospital.begins, CARE))

    assert {one["id"] for one in listed} == {str(slot) for slot in slots}
    assert not {f"Slot/{foreign}", f"Slot/{personal}"} & {one["slot"][0]["reference"] for one in found}
    for slot in (foreign, personal):
        assert system.get(f"Slot/{slot}").status_code == 404
        assert (system.do("hold", slot, patient).status_code, system.do("book", slot, patient).status_code) == (
            409,
            409,
        )


def test_visits_of_others_are_told_on_proof_only(hospital, slots):
    """4.2: the patient's own telephone, or what the client booked itself."""
    patient = hospital.clinic.patient(oms=an_oms(611))
    mine, other = hospital.system(), hospital.system(Scope.IDENTIFY, Scope.BOOK, Scope.SCHEDULE, Scope.VISITS)
    mine.name(patient)
    visit = resources(mine.do("book", slots[0], patient))[0]
    search = f"Appointment?patient=Patient/{patient.id}"

    before = other.get(search)
    other.name(patient)
    unproved = resources(other.get(search)), other.get(f"Appointment/{visit['id']}").status_code
    other.name(patient, phone=PHONE)
    proved = resources(other.get(search)), other.get(f"Appointment/{visit['id']}").status_code

    assert before.status_code == 403
    assert unproved == ([], 404)
    assert ([one["id"] for one in proved[0]], proved[1]) == ([visit["id"]], 200)
    assert [one["id"] for one in resources(mine.get(search))] == [visit["id"]]


def test_visits_are_searched_by_date_status_and_doctor_page_by_page(hospital, slots):
    system, patient = hospital.system(), a_patient(hospital, 621)
    system.name(patient)
    first = resources(system.do("book", slots[0], patient))[0]
    system.cancel(first)
    second = resources(system.do("book", slots[1], patient))[0]
    day = hospital.begins.date()

    def ids(query):
        return [one["id"] for one in resources(system.get(f"Appointment?patient={patient.id}&{query}"))]

    page = system.get(f"Appointment?patient={patient.id}&_count=1&_include=Appointment:actor")
    links = {link["relation"]: link["url"] for link in page.json["link"]}
    following = system.get(links["next"].partition("/fhir/")[2])

    assert ids(f"date=ge{day}&date=lt{day + timedelta(days=1)}") == [first["id"], second["id"]]
    assert (ids(f"date=gt{day}"), ids("status=booked"), ids("practitioner=999999")) == ([], [second["id"]], [])
    assert (page.json["total"], [one["id"] for one in resources(page)]) == (2, [first["id"]])
    assert [one["resourceType"] for one in resources(page, "include")] == ["Patient", "Practitioner"]
    assert [one["id"] for one in resources(following)] == [second["id"]]
    counted = system.get(f"Appointment?patient={patient.id}&_summary=count").json
    assert (counted["total"], "entry" in counted) == (2, False)


def test_a_proposal_is_read_while_it_may_be_had(hospital, slots):
    system, other = hospital.system(), hospital.system()
    patient, rival = a_patient(hospital, 631), a_patient(hospital, 632)
    system.name(patient)
    other.name(rival)
    path = a_path(slots[0], patient)

    free = system.get(path).json["status"]
    system.do("hold", slots[0], patient)
    held = system.get(path).json["status"]
    system.do("hold", slots[1], patient)
    other.do("book", slots[0], rival)
    gone = system.get(path)

    assert (free, held) == ("proposed", "pending")
    assert (gone.status_code, code_of(gone)) == (404, "not_found")


def test_what_the_client_holds_is_read_while_its_visit_waits_to_be_moved_there(hospital, slots):
    system, patient = hospital.system(), a_patient(hospital, 671)
    system.name(patient)
    system.do("book", slots[0], patient)
    system.do("hold", slots[2], patient)

    assert system.get(a_path(slots[2], patient)).json["status"] == "pending"


def looks(hospital, system, act):
    """Why the audit log says that the patient was shown, in the course of it."""
    before = len(hospital.clinic.rows("audit", who=system.client.who, action="patient shown"))
    assert act().status_code == 200
    rows = hospital.clinic.rows("audit", who=system.client.who, action="patient shown")
    return [row.detail["why"] for row in rows[before:]]


def test_one_question_is_one_row_of_the_audit_log(hospital, slots):
    system, patient = hospital.system(), a_patient(hospital, 681)
    others = [{"name": "specialty", "valueString": hospital.clinic.speciality(f"fhir_{n}", name=n)} for n in "абв"]
    for one in others:
        hospital.clinic.doctor(one["valueString"])
    system.name(patient)

    asked = {
        "fhir.find": [
            lambda: system.find(patient, hospital.begins, CARE, *others),
            lambda: system.get(a_path(slots[0], patient)),
        ],
        "fhir.hold": [lambda: system.do("hold", slots[0], patient)],
        "fhir.book": [lambda: system.do("book", slots[0], patient)] * 2,
    }

    for why, acts in asked.items():
        assert [looks(hospital, system, act) for act in acts] == [[why]] * len(acts)
