"""The portal books through an independent SOAP client, on a socket: the rules S1.1 to S1.9 by number."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from ivr.domain.booking import BookingStatus
from ivr.domain.consent import NOTICE_AT_PORTAL, ConsentPurpose
from ivr.domain.identifiers import PhoneNumber, Snils
from ivr.domain.notice import Method
from ivr.domain.patient import Subject
from ivr.domain.post import CHANNELS
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.speciality import Access
from ivr.services import consent
from ivr.services.consent import Agreement
from ivr.settings import RuleBook
from ivr.web.fer.ids import Kind
from tests.builders import NOW, Clinic, an_oms
from tests.fer.conftest import (
    LAST,
    LOCAL,
    MO_ID,
    MO_OID,
    TODAY,
    a_hospital,
    a_range,
    an_applicant,
    code,
    data_of,
    tomorrow,
)

NEUTRAL = "По этим данным оформить запись не удалось. Проверьте их."


def where(answer: Any) -> tuple[str, str]:
    """Code of the error, and the field that it names."""
    return answer.Error.Error_Code, answer.Error.Validation_Error.Path


def test_a_whole_visit_to_the_portal_on_both_databases(open_portal, database):
    portal = open_portal(database.url, Clinic(database.new_work))
    anna = a_hospital(portal.clinic)

    known = portal.identify(anna, an_applicant())
    organisations = portal.ask("GetMOInfoExtended").MO_List.MO
    posts = portal.ask("GetServicePostSpecsInfo", MO_Id=organisations[0].MO_Id).Service_Post_Specs.Post
    resource = portal.resources(posts[0].Post_Id).MO_Available[0].Resource_Available.Resource[0]
    slots = portal.schedule(resource.Specialist.SNILS).Schedule.Slots
    booked = portal.book(slots[1].Slot_Id)
    told = portal.ask("ReferralAppointmentInformation", Book_Id_Mis=booked.Book_Id_Mis).Appointments.Appointment[0]
    cancelled = portal.cancel(booked.Book_Id_Mis)
    after = portal.ask("ReferralAppointmentInformation", Book_Id_Mis=booked.Book_Id_Mis).Appointments.Appointment[0]

    assert known.Patient_Id
    assert (organisations[0].MO_Id, organisations[0].MO_OID) == (MO_ID, MO_OID)
    assert [(post.Post_Id, post.Post_Name) for post in posts] == [("110", "терапевт участковый")]
    assert (resource.Specialist.Last_Name, len(resource.Available_Dates.Available_Date)) == ("Градусова", 1)
    assert [slot.VisitTime.isoformat() for slot in slots][1] == "2026-04-28T10:00:00+03:00"
    assert re.fullmatch(r"Номер талона \d+\. Адрес: Спасск-Рязанский, улица Примерная, дом 1\.", booked.Status.Comment)
    assert (booked.Status.Status_Code, booked.Slot_Id, booked.Room) == ("SUCCESS", slots[1].Slot_Id, "21")
    assert (told.Appointment_Status, cancelled.Status_Code, after.Appointment_Status) == (
        "RECORDED",
        "SUCCESS",
        "CANCELED",
    )


# S1.1


@pytest.mark.parametrize("subject", Subject)
def test_s1_1_a_booking_keeps_for_whom_it_was_made(portal, anna, subject):
    portal.identify(anna, an_applicant(subject))

    portal.book(portal.slot_ids()[0])

    assert [(row.subject, row.channel) for row in portal.clinic.rows("bookings")] == [(subject, Channel.EPGU)]


def test_s1_1_without_the_applicants_block_he_books_for_himself(portal, anna):
    portal.identify(anna)

    portal.book(portal.slot_ids()[0])

    assert portal.clinic.rows("bookings")[0].subject == Subject.SELF


def test_s1_1_an_applicant_without_a_session_of_esia_is_refused_and_nothing_is_stored(portal, anna):
    sent = portal.raw("GetPatientInfo", Patient_Data=data_of(anna), Applicant=an_applicant())

    answer = portal.post(sent.replace("<ns1:ESIA_Session>esia-1</ns1:ESIA_Session>", ""))

    assert "VALIDATION_ERROR" in answer.text
    assert "GetPatientInfoRequest/Applicant" in answer.text
    assert portal.clinic.rows("portal_sessions") == portal.clinic.rows("audit") == []


def test_s1_1_where_the_hospital_asks_for_it_each_request_says_who_applies(open_portal, sqlite_database):
    strict = LOCAL.model_copy(update={"applicant": "required"})
    portal = open_portal(sqlite_database.url, Clinic(sqlite_database.new_work), strict)
    anna = a_hospital(portal.clinic)

    assert where(portal.identify(anna)) == ("VALIDATION_ERROR", "Applicant")
    assert portal.clinic.rows("portal_sessions") == []
    assert code(portal.identify(anna, an_applicant())) is None


# S1.2


def test_s1_2_the_patient_is_asked_for_attachment_and_not_the_applicant(portal, anna):
    detached = portal.clinic.patient(attached=False, surname="Чужих", birth_date=date(1990, 1, 1))

    answer = portal.identify(detached, an_applicant("OTHER"))

    assert code(answer) == "PATIENT_NOT_ATTACHED"
    assert code(portal.resources()) == code(portal.schedule()) == "PATIENT_NOT_ATTACHED"
    assert code(portal.ask("GetMOInfoExtended")) == "PATIENT_NOT_ATTACHED"
    assert code(portal.ask("GetServicePostSpecsInfo", MO_Id=MO_ID)) == "PATIENT_NOT_ATTACHED"


def test_s1_2_a_detached_patient_books_nothing_and_may_still_cancel(portal, anna):
    portal.identify(anna)
    first, second, *_ = portal.slot_ids()
    booked = portal.book(first)
    with portal.clinic.new_work() as work:
        work.patients.save(replace(anna, attached=False))
        work.commit()

    assert code(portal.book(second)) == "PATIENT_NOT_ATTACHED"
    assert portal.cancel(booked.Book_Id_Mis).Status_Code == "SUCCESS"


# S1.3


@pytest.mark.parametrize("subject", Subject)
@pytest.mark.parametrize(
    "wrong",
    [
        {"First_Name": "Алла"},
        {"Last_Name": "Тестов"},
        {"Middle_Name": "Петровна"},
        {"Birth_Date": date(1985, 3, 13)},
        {"Sex": "M"},
        {"OMS_Number": an_oms(999).digits},
        {"SNILS": "90000201495"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_s1_3_whatever_does_not_fit_one_record_is_answered_alike(portal, anna, wrong, subject):
    with portal.clinic.new_work() as work:
        work.patients.save(replace(anna, snils=Snils("90000100792")))
        work.commit()

    answer = portal.identify(anna, an_applicant(subject), **wrong)

    assert (code(answer), answer.Error.Error_Message) == ("PATIENT_NOT_FOUND", NEUTRAL)
    assert portal.clinic.rows("portal_sessions") == []


@pytest.mark.parametrize("wrong", [{"First_Name": "Алла"}, {"OMS_Number": "12345"}], ids=["not found", "malformed"])
def test_s1_3_who_is_named_in_vain_does_not_book_for_whom_the_session_knew_before(portal, anna, wrong):
    portal.identify(anna)
    slot = portal.slot_ids()[0]

    assert code(portal.identify(anna, **wrong)) is not None

    assert code(portal.book(slot)) == "SESSION_TIMED_OUT"
    assert portal.clinic.rows("bookings") == []


def test_s1_3_a_patronymic_may_be_missing(portal, anna):
    assert code(portal.identify(anna, Middle_Name=None)) is None


def test_s1_3_another_person_is_named_by_his_policy(portal, anna):
    answer = portal.identify(anna, an_applicant("OTHER"), OMS_Number=None)

    assert where(answer) == ("VALIDATION_ERROR", "Patient_Data/OMS_Number")


@pytest.mark.parametrize(
    ("field", "value"),
    [("OMS_Number", "6256410854000000"), ("OMS_Number", "12345"), ("SNILS", "90000100793")],
)
def test_s1_3_a_malformed_number_is_told_at_its_field_and_nobody_is_looked_for(portal, anna, field, value):
    answer = portal.identify(anna, **{field: value})

    assert where(answer) == ("VALIDATION_ERROR", f"Patient_Data/{field}")
    assert portal.clinic.rows("audit") == []
    assert value not in str(answer)


def test_s1_3_a_birth_date_in_the_future_is_told_at_its_field(portal, anna):
    answer = portal.identify(anna, Birth_Date=TODAY + timedelta(days=1))

    assert where(answer) == ("VALIDATION_ERROR", "Patient_Data/Birth_Date")


def test_s1_3_without_numbers_a_name_and_a_birth_date_that_only_one_has_are_enough(portal, anna):
    """D-05."""
    assert code(portal.identify(anna, OMS_Number=None)) is None

    portal.clinic.patient()

    assert code(portal.identify(anna, OMS_Number=None)) == "PATIENT_NOT_FOUND"


# S1.4


def test_s1_4_contacts_are_optional_and_kept_with_the_booking(portal, anna):
    portal.identify(anna, Phone="8 (900) 000-01-01", Email="anna@example.org")

    portal.book(portal.slot_ids()[0], Notice_Method="EMAIL")

    assert [row.contact for row in portal.clinic.rows("bookings")] == ["+79000000101"]
    assert [(row.email, row.channel) for row in portal.clinic.rows("consents")] == [("anna@example.org", "EPGU")]


def test_s1_4_a_malformed_contact_is_left_out_and_the_booking_is_made(portal, anna):
    portal.identify(anna, Phone="позвоните", Email="не почта")

    booked = portal.book(portal.slot_ids()[0], Notice_Method="EMAIL")

    assert booked.Status.Status_Code == "SUCCESS"
    assert "уведомлений не будет" in booked.Status.Comment
    assert portal.clinic.rows("bookings")[0].contact is None
    assert portal.clinic.rows("consents") == portal.clinic.rows("notices") == []


def test_s1_4_the_region_of_attachment_is_needed(portal, anna):
    sent = portal.raw("GetPatientInfo", Patient_Data=data_of(anna), Applicant=an_applicant())

    answer = portal.post(sent.replace("<ns1:Region>62</ns1:Region>", ""))

    assert "GetPatientInfoRequest/Applicant" in answer.text
    assert portal.clinic.rows("portal_sessions") == []


def test_s1_4_another_region_is_no_attachment(portal, anna):
    answer = portal.identify(anna, an_applicant(region="77"))

    assert code(answer) == "PATIENT_NOT_ATTACHED"
    assert portal.clinic.rows("portal_sessions") == []


# S1.5


def test_s1_5_only_the_organisation_of_attachment_and_the_posts_it_has_are_listed(portal, anna):
    portal.identify(anna)

    assert [one.MO_OID for one in portal.ask("GetMOInfoExtended").MO_List.MO] == [MO_OID]
    assert code(portal.ask("GetMOInfoExtended", Service_Posts={"Post": [{"Post_Id": "59"}]})) == "NO_DATA_FOUND"
    assert code(portal.ask("GetMOInfoExtended", Service_Specialty={"Specialty_Id": ["110"]})) == "NO_DATA_FOUND"
    assert code(portal.ask("GetServicePostSpecsInfo", MO_Id="1")) == "NO_DATA_FOUND"
    assert code(portal.resources(MO_OID_List={"MO_OID": ["1.2.3"]})) == "NO_DATA_FOUND"
    assert code(portal.schedule(MO_OID="1.2.3")) == "NO_DATA_FOUND"


def test_s1_5_posts_are_those_that_admit_the_patient_and_need_no_referral_of_him(portal, anna):
    clinic = portal.clinic
    for key, post, changes in (
        ("paediatrician", "59", {"age_from": 0, "age_to": 17}),
        ("neurologist", None, {"access": Access.REFERRAL}),
        ("cardiologist", None, {"access": Access.REFERRAL}),
    ):
        clinic.speciality(key, post_code=post, **changes)
        clinic.doctor(key, snils=Snils("90001000389"))
    clinic.referral(anna, "cardiologist")
    portal.identify(anna)

    posts = portal.ask("GetServicePostSpecsInfo", MO_Id=MO_ID).Service_Post_Specs.Post

    assert [post.Post_Id for post in posts] == ["110", "cardiologist"]
    assert code(portal.resources("59")) == "APPOINTMENT_REFUSED"
    assert code(portal.resources("neurologist")) == "REFERRAL_REQUIRED"


def test_s1_5_a_doctor_without_a_snils_is_not_shown(portal, anna):
    clinic = portal.clinic
    clinic.slots(clinic.doctor("therapist", surname="Безномерный"), tomorrow(8))
    portal.identify(anna)

    resources = portal.resources().MO_Available[0].Resource_Available.Resource

    assert [one.Specialist.Last_Name for one in resources] == ["Градусова"]


def test_s1_5_the_days_and_hours_asked_for_are_local_and_both_included(portal, anna):
    portal.identify(anna)

    ten = portal.slot_ids(Start_Time_Range=time(10), End_Time_Range=time(11))

    assert len(ten) == 2
    assert code(portal.schedule(Start_Time_Range=time(12), End_Time_Range=time(13))) == "NO_FREE_SLOTS"
    assert code(portal.schedule(**a_range(TODAY, TODAY))) == "NO_FREE_SLOTS"
    assert where(portal.schedule(**a_range(LAST, TODAY))) == ("VALIDATION_ERROR", "End_Date_Range")


# S1.6


def test_s1_6_only_slots_open_to_the_portal_are_listed_and_can_be_booked(portal, anna):
    clinic = portal.clinic
    doctor = clinic.doctor("therapist", snils=Snils("90001000288"), surname="Закрытов")
    shut = [
        clinic.slot(doctor, tomorrow(9)[0], channels=frozenset({Channel.CC, Channel.REG})),
        clinic.slot(doctor, tomorrow(10)[0], kind=SlotKind.REFERRAL, channels=CHANNELS[SlotKind.REFERRAL]),
        clinic.slot(doctor, tomorrow(11)[0], kind=SlotKind.REPEAT, channels=CHANNELS[SlotKind.REPEAT]),
        clinic.slot(doctor, tomorrow(12)[0], release_at=NOW + timedelta(days=1)),
        clinic.slot(doctor, NOW + timedelta(days=20)),
    ]
    portal.identify(anna)
    ids = portal.opened.site.extras["fer"].ids

    shown = portal.resources().MO_Available[0].Resource_Available.Resource
    answers = [portal.book(str(ids.seal(Kind.SLOT, slot_id))) for slot_id in shut[:4]]

    assert [one.Specialist.Last_Name for one in shown] == ["Градусова"]
    assert code(portal.schedule("90001000288")) == "NO_FREE_SLOTS"
    assert {code(answer) for answer in answers} <= {"SLOT_UNAVAILABLE", "REFERRAL_REQUIRED"}
    assert clinic.rows("bookings") == []


def test_s1_6_a_slot_that_was_taken_meanwhile_is_told_and_gone_from_the_list(portal, anna):
    portal.identify(anna)
    first, *others = portal.slot_ids()
    other = portal.clinic.patient()
    portal.clinic.book(portal.clinic.rows("slots")[0].id, other)

    answer = portal.book(first)

    assert (code(answer), answer.Error.Error_Message) == (
        "SLOT_UNAVAILABLE",
        "Это время только что заняли. Выберите другое.",
    )
    assert portal.slot_ids() == others


def test_s1_6_of_two_who_want_the_last_slot_at_once_one_gets_it(open_portal, database):
    portal = open_portal(database.url, Clinic(database.new_work))
    people = [a_hospital(portal.clinic), portal.clinic.patient(surname="Иванова")]
    rivals = [replace(portal, session=str(uuid.uuid4())) for _ in people]
    for rival, patient in zip(rivals, people, strict=True):
        rival.identify(patient)
    last = rivals[0].slot_ids()[-1]

    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda rival: rival.book(last), rivals))

    assert sorted(map(str, map(code, answers))) == ["None", "SLOT_UNAVAILABLE"]
    assert len(portal.clinic.rows("bookings")) == 1


def test_s1_6_a_slot_that_a_caller_talks_about_is_not_booked(portal, anna):
    portal.identify(anna)
    first, *_ = portal.slot_ids()
    portal.clinic.hold(portal.clinic.rows("slots")[0].id, portal.clinic.patient())

    assert code(portal.book(first)) == "SLOT_UNAVAILABLE"


def test_s1_6_a_repeated_request_books_once(portal, anna):
    portal.identify(anna)
    first, *_ = portal.slot_ids()

    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda _: portal.book(first), range(4)))

    assert len({answer.Book_Id_Mis for answer in answers}) == 1
    assert len(portal.clinic.rows("bookings")) == 1


def test_s1_6_a_late_repeat_does_not_book_again_what_was_cancelled(portal, anna):
    portal.identify(anna)
    first, *_ = portal.slot_ids()
    portal.cancel(portal.book(first).Book_Id_Mis)

    late = portal.book(first)
    portal.session = str(uuid.uuid4())
    portal.identify(anna)
    afresh = portal.book(first)

    assert code(late) == "APPOINTMENT_REFUSED"
    assert afresh.Status.Status_Code == "SUCCESS"


def test_s1_6_one_speciality_is_booked_once(portal, anna):
    portal.identify(anna)
    first, second, *_ = portal.slot_ids()
    portal.book(first)

    assert code(portal.book(second)) == code(portal.resources()) == "APPOINTMENT_REFUSED"


def test_s1_6_a_slot_that_there_never_was_is_not_found(portal, anna):
    portal.identify(anna)
    patient = portal.identify(anna).Patient_Id

    assert code(portal.book(str(uuid.uuid4()))) == code(portal.book(patient)) == "NO_DATA_FOUND"


# S1.7


@pytest.mark.parametrize(("method", "address"), [("EMAIL", "anna@example.org"), ("FEED", "")])
def test_s1_7_every_change_is_told_by_the_chosen_method_and_no_other(portal, anna, method, address):
    portal.identify(anna, Email="anna@example.org", Phone="+79000000101")

    booked = portal.book(portal.slot_ids()[0], Notice_Method=method)
    portal.cancel(booked.Book_Id_Mis)

    told = portal.clinic.rows("notices")
    assert [(row.kind, row.method, row.address) for row in told] == [
        ("BOOKED", method, address),
        ("CANCELLED", method, address),
    ]


def test_s1_7_what_the_portal_agreed_to_goes_before_what_the_desk_had_heard(portal, anna):
    """The first message, too: choice and booking are one transaction."""
    agreed = Agreement(ConsentPurpose.NOTICE, Method.SMS, PhoneNumber("+79000000101"), None, None, "desk:oral")
    consent.give(portal.clinic.new_work(), anna.id, agreed, channel=Channel.REG, call_key=None, who="user:1", now=NOW)
    portal.identify(anna)

    portal.book(portal.slot_ids()[0], Notice_Method="FEED")

    assert [row.method for row in portal.clinic.rows("notices")] == ["FEED"]


def test_s1_7_who_chooses_no_method_is_told_nothing(portal, anna):
    portal.identify(anna, Email="anna@example.org", Phone="+79000000101")

    booked = portal.book(portal.slot_ids()[0])
    portal.cancel(booked.Book_Id_Mis)

    assert portal.clinic.rows("notices") == portal.clinic.rows("consents") == []


def test_s1_7_the_words_that_were_agreed_to_are_kept_once(portal, anna):
    portal.identify(anna)
    first, *_ = portal.slot_ids()
    for _ in range(2):
        portal.book(first, Notice_Method="FEED")

    (said,) = portal.clinic.rows("consents")
    assert (said.purpose, said.given, said.proof, said.wording) == ("NOTICE", True, "epgu", NOTICE_AT_PORTAL.version)
    assert [row.text for row in portal.clinic.rows("consent_wordings")] == [NOTICE_AT_PORTAL.text]


# S1.8


@pytest.mark.parametrize(("model", "owner"), [("centralised", "CALL_CENTRE"), ("decentralised", "REGISTRY")])
def test_s1_8_every_booking_of_the_portal_gets_a_feedback_task(open_portal, sqlite_database, model, owner):
    rules = RuleBook(model=model)
    portal = open_portal(sqlite_database.url, Clinic(sqlite_database.new_work), rules=rules)
    portal.identify(a_hospital(portal.clinic))

    portal.book(portal.slot_ids()[0])

    tasks = portal.clinic.rows("tasks")
    assert [(row.kind, row.owner, row.status) for row in tasks] == [("FEEDBACK", owner, "OPEN")]


# S1.9


def test_s1_9_no_slots_and_no_attachment_are_told_apart_with_telephones_and_without_the_waiting_list(portal, anna):
    """D-15."""
    portal.identify(anna)
    none_free = portal.schedule(**a_range(TODAY, TODAY)).Error.Error_Message
    none_of_post = portal.resources(**a_range(TODAY, TODAY)).Error.Error_Message
    portal.session = str(uuid.uuid4())
    detached = portal.clinic.patient(attached=False, surname="Чужих")
    not_attached = portal.identify(detached).Error.Error_Message

    assert none_free == none_of_post != not_attached
    for told in (none_free, not_attached):
        assert "колл-центр по телефону 122" in told
        assert "регистратуру по телефону 8 (000) 000-20-20" in told
        assert "лист" not in told.lower()


# Referrals (1.3), cancelling (3.1), statuses (3.3)


@pytest.fixture
def sent(portal, anna):
    """Anna has a referral to the neurologist, who is open to nobody else."""
    portal.clinic.speciality("neurologist", access=Access.REFERRAL, name="невролог")
    doctor = portal.clinic.doctor("neurologist", snils=Snils("90001000288"), surname="Рефлексова")
    portal.clinic.slots(doctor, tomorrow(14, 15))
    portal.clinic.referral(anna, "neurologist", "555")
    return anna


def test_a_referral_is_found_by_its_number_and_opens_the_speciality(portal, sent):
    listed = portal.identify(sent).Referrals.Referral
    (found,) = portal.ask("GetReferralInfo", Referral_Number="555").Referrals.Referral

    resource = portal.resources(Service_Posts=None, Referral_Id=found.Referral_Id).MO_Available[0].Resource_Available
    booked = portal.book(portal.slot_ids(snils=resource.Resource[0].Specialist.SNILS)[0])
    told = portal.ask("ReferralAppointmentInformation", Referral_Number="555").Appointments.Appointment

    assert listed == [found]
    assert (found.Referral_Number, found.Post.Post_Name, found.Available_Record) == ("555", "невролог", "AVAILABLE")
    assert [(one.Book_Id_Mis, one.Referral_Number) for one in told] == [(booked.Book_Id_Mis, "555")]
    assert code(portal.ask("GetReferralInfo", Referral_Number="555")) == "REFERRAL_NOT_FOUND"


def test_a_referral_opens_a_session_with_the_patients_data(portal, sent):
    answer = portal.ask("GetReferralInfo", Referral_Number="555", Patient_Data=data_of(sent))

    assert answer.Referrals.Referral[0].Referral_Number == "555"
    assert code(portal.resources()) is None


def test_a_referral_of_another_patient_opens_nothing(portal, sent):
    other = portal.clinic.patient(surname="Иванова")
    mine = portal.identify(sent).Referrals.Referral[0].Referral_Id
    portal.session = str(uuid.uuid4())
    portal.identify(other)

    assert code(portal.ask("GetReferralInfo", Referral_Number="555")) == "REFERRAL_NOT_FOUND"
    assert code(portal.resources(Service_Posts=None, Referral_Id=mine)) == "REFERRAL_NOT_FOUND"
    assert code(portal.resources("neurologist")) == "REFERRAL_REQUIRED"


def test_a_referral_to_whom_nobody_here_is_is_for_the_registry(portal, sent):
    portal.clinic.speciality("nephrologist", access=Access.REFERRAL)
    portal.clinic.referral(sent, "nephrologist", "777")
    portal.identify(sent)

    (found,) = portal.ask("GetReferralInfo", Referral_Number="777").Referrals.Referral

    assert found.Available_Record == "AVAILABLE_ONLY_RECEPTION"


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("CANCELED_BY_PATIENT", BookingStatus.CANCELLED_BY_PATIENT),
        ("ERROR_DATA_MIS", BookingStatus.CANCELLED_BY_CLINIC),
        ("RECORD_NOT_CREATED_AT_EPGU", BookingStatus.CANCELLED_BY_CLINIC),
        ("DATA_TRANSFER_ERROR_AT_EPGU", BookingStatus.CANCELLED_BY_CLINIC),
    ],
)
def test_each_reason_cancels_once_and_frees_the_slot(portal, anna, reason, status):
    portal.identify(anna)
    slots = portal.slot_ids()
    book_id = portal.book(slots[0]).Book_Id_Mis

    answers = [portal.cancel(book_id, reason) for _ in range(2)]

    assert [answer.Status_Code for answer in answers] == ["SUCCESS", "SUCCESS"]
    (row,) = portal.clinic.rows("bookings")
    assert (row.status, row.close_reason) == (status, f"epgu:{reason}")
    assert portal.slot_ids() == slots


def test_only_the_patients_own_bookings_are_told_or_cancelled(portal, anna):
    portal.identify(anna)
    book_id = portal.book(portal.slot_ids()[0]).Book_Id_Mis
    portal.session = str(uuid.uuid4())
    portal.identify(portal.clinic.patient(surname="Иванова"))

    assert code(portal.cancel(book_id)) == "NO_DATA_FOUND"
    assert code(portal.ask("ReferralAppointmentInformation", Book_Id_Mis=book_id)) == "NO_DATA_FOUND"
    assert code(portal.cancel(str(uuid.uuid4()))) == code(portal.cancel("1")) == "NO_DATA_FOUND"
    assert portal.clinic.rows("bookings")[0].status == "BOOKED"


def test_a_visit_that_has_begun_is_not_cancelled(portal, anna):
    portal.identify(anna)
    book_id = portal.book(portal.slot_ids()[0]).Book_Id_Mis
    portal.clock.now = NOW + timedelta(days=1, hours=1)
    portal.identify(anna)

    answer = portal.cancel(book_id)

    assert code(answer) == "APPOINTMENT_REFUSED"
    assert "Приём уже начался" in answer.Error.Error_Message


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (BookingStatus.PASSED, "RECORDED"),
        (BookingStatus.VISITED, "SUCCESS"),
        (BookingStatus.NO_SHOW, "PATIENT_NOT_ARRIVED"),
    ],
)
def test_what_became_of_a_visit_is_told_in_the_federal_words(portal, anna, status, told):
    portal.identify(anna)
    book_id = portal.book(portal.slot_ids()[0]).Book_Id_Mis
    with portal.clinic.new_work() as work:
        work.bookings.mark(work.bookings.get(1), status)
        work.commit()

    (one,) = portal.ask("ReferralAppointmentInformation", Book_Id_Mis=book_id).Appointments.Appointment

    assert one.Appointment_Status == told


def test_a_visit_that_was_moved_is_told_by_its_new_time(portal, anna):
    portal.identify(anna)
    book_id = portal.book(portal.slot_ids()[0]).Book_Id_Mis
    portal.clinic.book(portal.clinic.rows("slots")[2].id, anna, moves=1)

    (one,) = portal.ask("ReferralAppointmentInformation", Book_Id_Mis=book_id).Appointments.Appointment

    assert (one.Appointment_Status, one.Visit_Time.hour) == ("RECORDED", 11)
    assert code(portal.cancel(one.Book_Id_Mis)) is None


# Sessions (3.1)


def test_a_session_that_was_not_opened_or_is_over_is_told_so_by_every_operation(portal, anna):
    asked = (
        portal.resources,
        portal.schedule,
        lambda: portal.ask("GetMOInfoExtended"),
        lambda: portal.ask("GetServicePostSpecsInfo", MO_Id=MO_ID),
        lambda: portal.ask("GetReferralInfo", Referral_Number="1"),
        lambda: portal.book(str(uuid.uuid4())),
        lambda: portal.cancel("1"),
        lambda: portal.ask("ReferralAppointmentInformation", Book_Id_Mis="1"),
    )
    before = [code(each()) for each in asked]
    portal.identify(anna)
    portal.clock.now += timedelta(minutes=20)

    assert before == [code(each()) for each in asked] == ["SESSION_TIMED_OUT"] * 8


def test_a_session_lasts_until_its_last_second_and_what_is_over_is_forgotten(portal, anna):
    portal.identify(anna)
    portal.clock.now += timedelta(minutes=19, seconds=59)
    assert code(portal.resources()) is None

    portal.clock.now += timedelta(seconds=1)
    portal.session = str(uuid.uuid4())
    portal.identify(anna)

    assert [row.id for row in portal.clinic.rows("portal_sessions")] == [portal.session]


def test_sessions_are_shared_by_all_processes_of_the_site(open_portal, database, tmp_path):
    clinic = Clinic(database.new_work)
    one, other = open_portal(database.url, clinic), open_portal(database.url, clinic)
    one.identify(a_hospital(clinic))
    other.session = one.session

    booked = other.book(one.slot_ids()[0])

    assert one.cancel(booked.Book_Id_Mis).Status_Code == "SUCCESS"


def test_a_session_that_is_opened_again_is_the_new_patients(portal, anna):
    portal.identify(anna)
    booked = portal.book(portal.slot_ids()[0]).Book_Id_Mis
    portal.identify(portal.clinic.patient(surname="Иванова"))

    assert code(portal.cancel(booked)) == "NO_DATA_FOUND"
    assert code(portal.book(portal.slot_ids()[0])) is None


def test_who_was_found_stays_in_the_audit_log(portal, anna):
    portal.identify(anna)

    (row,) = portal.clinic.rows("audit")
    assert (row.who, row.action, row.detail) == ("epgu", "search", {"by": "OmsNumber", "found": [anna.id]})


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"Service_Posts": None}, "Service_Posts"),
        ({"Service_Posts": None, "Service_Specialty": {"Specialty_Id": ["1"]}}, "Service_Posts"),
    ],
)
def test_doctors_are_asked_for_by_post_or_referral(portal, anna, wish, field):
    portal.identify(anna)

    assert where(portal.resources(**wish)) == ("VALIDATION_ERROR", field)


def test_a_room_is_nobody_to_be_booked_with(portal, anna):
    portal.identify(anna)

    answer = portal.schedule(Specialist_SNILS=None, Room_OID="1.2.3")

    assert where(answer) == ("VALIDATION_ERROR", "Specialist_SNILS")
    assert code(portal.schedule("90001000389")) == "NO_DATA_FOUND"
    assert where(portal.schedule("90001000188")) == ("VALIDATION_ERROR", "Specialist_SNILS")


def test_a_database_that_is_down_is_told_and_the_request_can_be_repeated(portal, anna):
    portal.identify(anna)
    first, *_ = portal.slot_ids()
    with portal.clinic.new_work() as work:
        work.connection.exec_driver_sql("ALTER TABLE bookings RENAME TO bookings_away")
        work.commit()
    broken = portal.book(first)
    with portal.clinic.new_work() as work:
        work.connection.exec_driver_sql("ALTER TABLE bookings_away RENAME TO bookings")
        work.commit()

    assert code(broken) == "UNDEFINED_ERROR"
    assert portal.book(first).Status.Status_Code == "SUCCESS"
