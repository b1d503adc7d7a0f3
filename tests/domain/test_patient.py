"""Age, and whom a speciality admits (1.6)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.patient import Sex
from ivr.domain.referral import Referral
from ivr.domain.refusals import NotAdmitted
from tests.builders import a_patient, a_speciality

ON = date(2026, 4, 27)


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2008, 4, 27), ON, 18),
        (date(2008, 4, 28), ON, 17),
        (date(2026, 4, 27), ON, 0),
        (date(2004, 2, 29), date(2026, 2, 28), 21),
        (date(2004, 2, 29), date(2026, 3, 1), 22),
        (date(2004, 2, 29), date(2028, 2, 29), 24),
    ],
)
def test_age_is_in_full_years(born, on, age):
    assert a_patient(birth_date=born).age(on) == age


@pytest.mark.parametrize(
    ("limits", "person", "admitted"),
    [
        ({"age_from": 18}, {"birth_date": date(2008, 4, 27)}, True),
        ({"age_from": 18}, {"birth_date": date(2008, 4, 28)}, False),
        ({"age_from": 0, "age_to": 17}, {"birth_date": date(2008, 4, 28)}, True),
        ({"age_from": 0, "age_to": 17}, {"birth_date": date(2008, 4, 27)}, False),
        ({"age_from": 15, "age_to": 17}, {"birth_date": date(2011, 4, 27)}, True),
        ({"age_from": 15, "age_to": 17}, {"birth_date": date(2011, 4, 28)}, False),
        ({"age_from": 60}, {"birth_date": date(1966, 4, 27)}, True),
        ({"age_from": 60}, {"birth_date": date(1966, 4, 28)}, False),
        ({"sex": Sex.FEMALE}, {"sex": Sex.FEMALE}, True),
        ({"sex": Sex.FEMALE}, {"sex": Sex.MALE}, False),
    ],
)
def test_a_speciality_admits_by_age_and_sex(limits, person, admitted):
    speciality, patient = a_speciality(**limits), a_patient(**person)
    if admitted:
        speciality.admit(patient, ON)
    else:
        with pytest.raises(NotAdmitted):
            speciality.admit(patient, ON)


def test_d07_a_patient_may_have_no_patronymic_and_shows_nothing_but_an_id():
    assert repr(a_patient(id=7, patronymic=None)) == "Patient(7)"


def test_a_referral_is_open_to_its_last_day_and_for_the_booking_it_moves_with():
    referral = Referral(1, 1, "77", "ent", None, valid_until=ON)
    used = Referral(1, 1, "77", "ent", None, valid_until=ON, used_by=5)
    assert referral.is_open(ON)
    assert not referral.is_open(date(2026, 4, 28))
    assert not used.is_open(ON)
    assert used.is_open(ON, moving=5)


@given(born=st.dates(date(1910, 1, 1), date(2026, 4, 27)), on=st.dates(date(2026, 4, 27), date(2060, 1, 1)))
def test_the_days_of_a_speciality_are_those_on_which_it_admits(born, on):
    patient, speciality = a_patient(birth_date=born), a_speciality(age_from=15, age_to=17)
    first, last = speciality.days_of(patient)
    try:
        speciality.admit(patient, on)
    except NotAdmitted:
        assert not first <= on <= last
        assert not 15 <= patient.age(on) <= 17
    else:
        assert first <= on <= last
        assert 15 <= patient.age(on) <= 17
