"""Finding people at the window, and putting them on the register, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from ivr.domain.document import DocumentKind, IdentityDocument
from ivr.domain.identifiers import BadNumber, Snils
from ivr.domain.refusals import PatientKnown
from ivr.services import people
from ivr.services.people import Name
from tests.builders import CALLER, NOW, RULES, STRANGER, a_patient, an_oms, at

BORN = date(1985, 3, 12)
PASSPORT = IdentityDocument(DocumentKind.PASSPORT, "6101", "123456")
WHO = "user:7"


@pytest.fixture
def patient(clinic):
    return clinic.patient(surname="Королёва", oms=an_oms(500), snils=Snils("90000100792"))


def ids(found):
    return [one.id for one in found.patients]


@pytest.mark.parametrize("claim", [an_oms(500), Snils("90000100792")], ids=repr)
def test_s2_1_either_number_alone_finds_the_patient(new_work, patient, claim):
    assert ids(people.by_number(new_work(), claim, who=WHO, now=NOW)) == [patient.id]


def test_nobody_is_found_for_a_number_that_nobody_has(new_work, patient):
    assert people.by_number(new_work(), an_oms(501), who=WHO, now=NOW).patients == ()


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        (Name("королева"), True),
        (Name(" КОРОЛЁВА ", "ан"), True),
        (Name("Королева", "Анна", "Ив"), True),
        (Name("Королева", "Анна", "Петровна"), False),
        (Name("Корол"), False),
    ],
)
def test_a_name_is_found_with_the_birth_date_whatever_its_capitals_and_its_yo(new_work, patient, name, fits):
    assert (ids(people.by_name(new_work(), name, BORN, who=WHO, now=NOW)) == [patient.id]) is fits


def test_a_name_without_the_right_birth_date_finds_nobody(new_work, patient):
    assert people.by_name(new_work(), Name("Королёва"), date(1985, 3, 13), who=WHO, now=NOW).patients == ()


def test_all_people_with_one_telephone_are_found(new_work, clinic, patient):
    child = clinic.patient(surname="Абакумов")
    clinic.patient(phone=STRANGER)

    assert ids(people.by_phone(new_work(), CALLER, who=WHO, now=NOW)) == [child.id, patient.id]


def test_each_search_is_in_the_audit_log_without_what_was_typed(new_work, clinic, patient):
    people.by_number(new_work(), an_oms(500), who=WHO, now=NOW)
    people.by_name(new_work(), Name("Королёва"), BORN, who=WHO, now=NOW)

    rows = clinic.rows("audit", action="search")

    assert [row.detail for row in rows] == [
        {"by": "OmsNumber", "found": [patient.id]},
        {"by": "name", "found": [patient.id]},
    ]
    assert {row.who for row in rows} == {WHO}


def test_a_new_patient_is_stored_with_his_document(new_work, clinic):
    new = people.register(new_work(), a_patient(oms=an_oms(7)), PASSPORT, who=WHO, now=NOW)

    with new_work().reading() as work:
        assert work.patients.get(new.id) == new
        assert work.patients.documents(new.id) == [PASSPORT]
        assert work.patients.with_document(PASSPORT) == new
    assert [row.detail for row in clinic.rows("audit")] == [{"patient": new.id}]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("oms", {"oms": an_oms(500)}),
        ("snils", {"oms": an_oms(8), "snils": Snils("90000100792")}),
        ("document", {"oms": an_oms(8), "surname": "Другая"}),
        ("surname", {"surname": "КОРОЛЕВА", "snils": Snils("90000201495")} | {"snils": None, "certificate": None}),
    ],
)
def test_a_duplicate_is_refused_at_the_field_that_tells_it(new_work, patient, field, changes):
    with new_work() as work:
        work.patients.add_document(patient.id, PASSPORT)
        work.commit()
    same_person = {"surname": "Королева", "oms": None} if field == "surname" else {"surname": "Другая"}
    new = a_patient(**(same_person | changes))

    with pytest.raises(PatientKnown) as refusal:
        people.register(new_work(), new, PASSPORT if field == "document" else None, who=WHO, now=NOW)

    assert (refusal.value.field, refusal.value.patient_id) == (field, patient.id)


def test_of_ten_clerks_who_register_one_newcomer_at_once_one_does(new_work, clinic):
    def register(number):
        try:
            return people.register(
                new_work(), a_patient(oms=an_oms(7), surname=f"Новая{number}"), None, who=WHO, now=NOW
            )
        except PatientKnown as refusal:
            return refusal

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(register, range(10)))

    assert [type(result) for result in results].count(PatientKnown) == 9
    assert len(clinic.rows("patients")) == 1


def test_two_people_of_one_name_and_birth_date_differ_by_their_numbers(new_work, patient):
    twin = replace(patient, oms=an_oms(9), snils=None)

    assert people.register(new_work(), twin, None, who=WHO, now=NOW).id != patient.id


def test_the_history_has_every_booking_the_waiting_and_the_calls(new_work, clinic, patient):
    clinic.speciality()
    doctor = clinic.doctor()
    first = clinic.book(clinic.slot(doctor, at("10:00")), patient)
    moved = clinic.book(clinic.slot(doctor, at("11:00")), patient, moves=first.id)

    seen = people.history(new_work(), patient.id, rules=RULES, now=NOW)

    assert [(visit.id, visit.status) for visit in seen.bookings] == [(moved.id, "BOOKED"), (first.id, "MOVED")]
    assert list(seen.doctors) == [doctor]


@pytest.mark.parametrize(
    ("kind", "series", "number", "read"),
    [
        ("PASSPORT", "61 01", "123 456", ("6101", "123456")),
        ("BIRTH_CERTIFICATE", "ii-мю", "№ 123456", ("II-МЮ", "123456")),
        ("BIRTH_CERTIFICATE", "П мю", "123456", ("II-МЮ", "123456")),
        ("BIRTH_CERTIFICATE", "1Х—ОБ", "123456", ("IX-ОБ", "123456")),
    ],
)
def test_a_document_is_read_as_people_type_it(kind, series, number, read):
    document = IdentityDocument.parse(DocumentKind(kind), series, number)

    assert (document.series, document.number) == read
    assert read[1] not in repr(document)


@pytest.mark.parametrize(
    ("kind", "series", "number"),
    [("PASSPORT", "610", "123456"), ("PASSPORT", "6101", "12345"), ("BIRTH_CERTIFICATE", "MЮ", "123456")],
)
def test_a_document_that_cannot_be_is_refused(kind, series, number):
    with pytest.raises(BadNumber):
        IdentityDocument.parse(DocumentKind(kind), series, number)
