"""Who may go where, on both databases."""

from datetime import date

import pytest

from ivr.domain.patient import Sex
from ivr.domain.refusals import (
    AlreadyBooked,
    NotAdmitted,
    NotAttached,
    NotFound,
    ReferralNeeded,
    ReferralNotFound,
)
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.speciality import Access
from ivr.services import choice
from tests.builders import NOW, RULES, at


@pytest.fixture
def patient(clinic):
    clinic.speciality()
    return clinic.patient()


def check(new_work, patient, key="therapist", referral=None, now=NOW):
    return choice.check_choice(new_work(), patient, key, referral=referral, rules=RULES, now=now)


def test_an_attached_patient_may_choose_a_speciality_without_referral(new_work, patient):
    assert check(new_work, patient).key == "therapist"
    assert choice.speciality_of(new_work(), "therapist").district
    with pytest.raises(NotFound):
        check(new_work, patient, "astrologer")


def test_d08_who_is_not_attached_hears_that_first(new_work, clinic, patient):
    clinic.speciality("urologist", sex=Sex.MALE)

    with pytest.raises(NotAttached):
        check(new_work, clinic.patient(attached=False), "urologist")


def test_a_speciality_for_others_is_refused(new_work, clinic, patient):
    clinic.speciality("paediatrician", age_from=0, age_to=17)

    with pytest.raises(NotAdmitted):
        check(new_work, patient, "paediatrician")
    assert check(new_work, clinic.patient(birth_date=date(2008, 4, 28)), "paediatrician")
    with pytest.raises(NotAdmitted):
        check(new_work, clinic.patient(birth_date=date(2008, 4, 27)), "paediatrician")


def test_d11_other_specialities_need_an_open_referral_to_them(new_work, clinic, patient):
    clinic.speciality("cardiologist", access=Access.REFERRAL)
    clinic.referral(patient, "cardiologist", "1")
    clinic.referral(patient, "therapist", "2")
    clinic.referral(clinic.patient(), "cardiologist", "3")

    for number in (None, "2", "3", "4"):
        with pytest.raises(ReferralNeeded):
            check(new_work, patient, "cardiologist", number)
    assert check(new_work, patient, "cardiologist", "1")


def test_s4_2_a_slot_that_the_doctor_opened_is_as_good_as_a_referral(new_work, clinic, patient):
    clinic.speciality("cardiologist", access=Access.REFERRAL)
    doctor = clinic.doctor("cardiologist")
    doctors_only = frozenset({Channel.MED_ARM})
    clinic.slot(doctor, at("10:00"), kind=SlotKind.REPEAT, channels=doctors_only, for_patient=patient.id)

    assert check(new_work, patient, "cardiologist")
    with pytest.raises(ReferralNeeded):
        check(new_work, clinic.patient(), "cardiologist")


def test_a_booking_there_already_is_named_until_it_is_over(new_work, clinic, patient):
    visit = clinic.book(clinic.slot(clinic.doctor(), at("10:00")), patient)

    with pytest.raises(AlreadyBooked) as refusal:
        check(new_work, patient)
    assert refusal.value.booking_id == visit.id
    assert check(new_work, patient, now=at("10:15"))


def test_a_referral_is_found_until_it_expires_or_is_used(new_work, clinic, patient):
    referral = clinic.referral(patient, "therapist", "77", valid_until=date(2026, 4, 27))

    def found(now=NOW, number="77"):
        return choice.find_referral(new_work(), patient.id, number, rules=RULES, now=now)

    assert found(at("23:59")) == referral
    with pytest.raises(ReferralNotFound):
        found(at("2026-04-28 00:00"))
    with pytest.raises(ReferralNotFound):
        found(number="78")
    clinic.book(clinic.slot(clinic.doctor(), at("10:00")), patient, referral_number="77")
    with pytest.raises(ReferralNotFound):
        found()


def test_the_own_doctor_is_the_district_doctor_while_he_works_here(new_work, clinic, patient):
    doctor, gone = clinic.doctor(), clinic.doctor(active=False)

    assert choice.own_doctor(new_work(), clinic.patient(district_doctor_id=doctor)).id == doctor
    assert choice.own_doctor(new_work(), clinic.patient(district_doctor_id=gone)) is None
    assert choice.own_doctor(new_work(), patient) is None
    assert choice.doctor(new_work(), gone).full_name == "Градусова Елена Аркадьевна"


def test_specialities_are_those_with_a_doctor_that_admit_the_patient_in_the_hospitals_order(new_work, clinic, patient):
    for key, limits in (("zoo", {}), ("ent", {}), ("child", {"age_to": 17}), ("nobody", {})):
        clinic.speciality(key, **limits)
    for key in ("therapist", "ent", "zoo", "child"):
        clinic.doctor(key)

    found = choice.specialities_for(new_work(), patient, rules=RULES, now=NOW)

    assert [speciality.key for speciality in found] == ["therapist", "zoo", "ent"]
