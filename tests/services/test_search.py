"""Finding free time, on both databases."""

from datetime import date, timedelta

import pytest

from ivr.domain.booking import BookingStatus
from ivr.domain.refusals import NoSlots, OutsideHorizon
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.waiting_list import PartOfDay
from ivr.services import choice, search
from ivr.services.search import SlotQuery
from tests.builders import NOW, RULES, at, every


@pytest.fixture
def patient(clinic):
    clinic.speciality()
    return clinic.patient()


@pytest.fixture
def doctor(clinic, patient):
    return clinic.doctor()


def ask(use_case, new_work, patient, *args, now=NOW, speciality="therapist", **query):
    return use_case(new_work(), SlotQuery(speciality, patient.id, **query), *args, rules=RULES, now=now)


def test_s2_6_the_last_second_of_day_14_is_within_the_horizon(clinic, patient, doctor):
    edge = clinic.slot(doctor, at("2026-05-11 23:59:59"))

    assert clinic.nearest(patient) == edge


def test_s2_6_the_first_second_of_day_15_is_beyond_the_horizon(clinic, patient, doctor, new_work):
    clinic.slot(doctor, at("2026-05-12 00:00:00"))

    with pytest.raises(NoSlots):
        ask(search.nearest, new_work, patient)
    assert ask(search.free_days, new_work, patient) == []
    assert ask(search.doctors_of, new_work, patient) == []


def test_d01_the_horizon_is_counted_in_the_hospitals_days_not_in_utc(clinic, patient, doctor):
    clinic.slot(doctor, at("2026-05-12 00:30"))  # 21:30 of the 11th in UTC

    with pytest.raises(NoSlots):
        clinic.nearest(patient, now=at("2026-04-27 23:30"))
    assert clinic.nearest(patient, now=at("2026-04-28 00:00"))


def test_d01_a_speciality_may_have_a_horizon_of_its_own(clinic, patient):
    clinic.speciality("ent", horizon_days=30)
    far = clinic.slot(clinic.doctor("ent"), at("2026-05-27 12:00"))

    assert clinic.nearest(patient, "ent") == far


def test_d12_a_slot_is_offered_until_half_an_hour_before_it_begins(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("09:00"))

    assert clinic.nearest(patient, now=at("08:30")) == slot
    with pytest.raises(NoSlots):
        clinic.nearest(patient, now=at("08:30") + timedelta(seconds=1))


def test_d02_the_reserve_of_the_day_appears_when_it_is_released(clinic, patient, doctor):
    reserved = clinic.slot(doctor, at("2026-04-28 08:00"), release_at=at("2026-04-28 07:00"))

    with pytest.raises(NoSlots):
        clinic.nearest(patient, now=at("2026-04-28 06:59"))
    assert clinic.nearest(patient, now=at("2026-04-28 07:00")) == reserved


def test_s4_2_a_caller_is_never_offered_repeat_or_observation_slots(clinic, patient, doctor):
    channels = frozenset(Channel)
    clinic.slot(doctor, at("10:00"), kind=SlotKind.REPEAT, channels=channels)
    clinic.slot(doctor, at("10:15"), kind=SlotKind.OBSERVATION, channels=channels)

    for kind in SlotKind:
        with pytest.raises(NoSlots):
            clinic.nearest(patient, kind=kind)


def test_s4_2_a_slot_that_a_doctor_opened_is_offered_to_his_patient_alone(clinic, patient, doctor, new_work):
    opened = clinic.slot(
        doctor,
        at("10:00"),
        kind=SlotKind.REPEAT,
        channels=frozenset({Channel.MED_ARM}),
        for_patient=patient.id,
    )
    other = clinic.patient()

    assert search.opened_for(new_work(), patient.id, rules=RULES, now=NOW).id == opened
    assert clinic.nearest(patient, kind=SlotKind.REPEAT) == opened
    with pytest.raises(NoSlots):
        search.opened_for(new_work(), other.id, rules=RULES, now=NOW)
    with pytest.raises(NoSlots):
        clinic.nearest(other, kind=SlotKind.REPEAT)


def test_a_slot_is_offered_only_in_the_channels_it_is_open_to(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("10:00"), channels=frozenset({Channel.REG, Channel.EPGU}))

    with pytest.raises(NoSlots):
        clinic.nearest(patient)
    assert clinic.nearest(patient, channel=Channel.EPGU) == slot


def test_a_held_slot_is_hidden_from_others_until_the_hold_lapses(clinic, patient, doctor):
    slot = clinic.slot(doctor, at("10:00"))
    clinic.hold(slot, patient, "call-1")
    other = clinic.patient()

    with pytest.raises(NoSlots):
        clinic.nearest(other, now=NOW + timedelta(seconds=179))
    assert clinic.nearest(patient, call_key="call-1") == slot
    assert clinic.nearest(other, now=NOW + timedelta(seconds=180)) == slot


def test_a_booked_slot_is_offered_to_nobody(clinic, patient, doctor):
    clinic.book(clinic.slot(doctor, at("10:00")), patient)

    with pytest.raises(NoSlots):
        clinic.nearest(clinic.patient())


def test_slots_of_an_absent_or_departed_doctor_are_not_offered(clinic, patient, doctor, new_work):
    clinic.slot(doctor, at("10:00"))
    clinic.absence(doctor, date(2026, 4, 27), date(2026, 4, 28))
    after = clinic.slot(doctor, at("2026-04-29 00:00"))
    clinic.slot(clinic.doctor(active=False), at("11:00"))

    assert clinic.nearest(patient) == after
    assert [found.id for found in ask(search.doctors_of, new_work, patient)] == [doctor]


@pytest.mark.parametrize(("start", "offered"), [("09:31", False), ("09:30", True), ("10:29", False), ("10:30", True)])
def test_times_within_30_minutes_of_another_visit_are_not_offered(clinic, patient, doctor, new_work, start, offered):
    clinic.speciality("ent")
    clinic.book(clinic.slot(clinic.doctor("ent"), at("10:00")), patient)
    clinic.slot(doctor, at(start))

    found = ask(search.free_times, new_work, patient, date(2026, 4, 27), PartOfDay.ANY)

    assert bool(found) is offered


def test_a_long_visit_that_would_run_into_another_is_not_offered(clinic, patient):
    clinic.speciality("ent")
    clinic.speciality("dentist")
    clinic.book(clinic.slot(clinic.doctor("ent"), at("10:00")), patient)
    clinic.slot(clinic.doctor("dentist"), at("09:20"), minutes=45)

    with pytest.raises(NoSlots):
        clinic.nearest(patient, "dentist")


def test_a_visit_that_is_being_moved_is_no_obstacle_to_its_new_time(clinic, patient, doctor):
    visit = clinic.book(clinic.slot(doctor, at("10:00")), patient)
    near = clinic.slot(doctor, at("10:15"))

    with pytest.raises(NoSlots):
        clinic.nearest(patient)
    assert clinic.nearest(patient, moves=visit.id) == near


def test_free_days_are_local_days_in_order(clinic, patient, doctor, new_work):
    moments = ["2026-04-29 00:10", "2026-04-27 10:00", "2026-04-29 23:50", "2026-05-06 08:00"]
    for moment in moments:
        clinic.slot(doctor, at(moment))

    days = ask(search.free_days, new_work, patient)

    assert days == [date(2026, 4, 27), date(2026, 4, 29), date(2026, 5, 6)]
    query = SlotQuery("therapist", patient.id)
    later = search.free_days(new_work(), query, rules=RULES, now=NOW, limit=1, from_day=date(2026, 4, 28))
    assert later == [date(2026, 4, 29)]


def test_free_times_are_those_of_the_part_of_the_day(clinic, patient, doctor, new_work):
    for moment in ("11:59", "12:00", "16:59", "17:00"):
        clinic.slot(doctor, at(moment))

    def count(part):
        return len(ask(search.free_times, new_work, patient, date(2026, 4, 27), part))

    assert [count(part) for part in PartOfDay] == [1, 2, 1, 4]


def test_doctors_are_named_who_has_the_nearest_time_first(clinic, patient, new_work):
    late, early = clinic.doctor(), clinic.doctor()
    clinic.doctor()
    clinic.slots(late, every(15, at("12:00"), 3))
    clinic.slots(early, every(15, at("09:00"), 3))

    assert [found.id for found in ask(search.doctors_of, new_work, patient)] == [early, late]
    assert clinic.nearest(patient, doctor_id=late) != clinic.nearest(patient)


def test_a_search_may_be_limited_to_a_site_and_to_later_times(clinic, patient, doctor):
    here, later = clinic.slots(doctor, every(15, at("09:00"), 2))
    village = clinic.slot(clinic.doctor(site="village"), at("12:00"))

    assert clinic.nearest(patient) == here
    assert clinic.nearest(patient, after=at("09:00")) == later
    assert clinic.nearest(patient, site="village") == village


def test_d02_a_district_doctor_who_is_free_after_24_hours_breaches_the_rule(clinic, patient, doctor, new_work):
    clinic.speciality("ent")
    query = SlotQuery("therapist", patient.id)
    clinic.slots(doctor, [NOW + timedelta(hours=24), NOW + timedelta(hours=24, minutes=30)])
    slots = ask(search.free_times, new_work, patient, date(2026, 4, 28), PartOfDay.ANY)

    breaches = [search.breaches_24h(new_work(), query, slot, rules=RULES, now=NOW) for slot in slots]

    assert breaches == [False, True]
    specialist = SlotQuery("ent", patient.id)
    assert not search.breaches_24h(new_work(), specialist, slots[1], rules=RULES, now=NOW)


def test_a_visit_that_is_over_hides_no_times(clinic, patient, doctor):
    clinic.book(clinic.slot(doctor, at("09:00")), patient)
    next_one = clinic.slot(doctor, at("10:00"))

    assert clinic.nearest(patient, now=at("09:20")) == next_one
    assert clinic.rows("bookings")[0].status == BookingStatus.BOOKED


def test_only_days_on_which_the_patients_age_fits_are_found(clinic, new_work):
    """Eighteen on 1 May: the paediatrician until the day before, the therapist from that day on (1.6)."""
    clinic.speciality("therapist", age_from=18)
    clinic.speciality("paediatrician", age_from=0, age_to=17)
    born = date(2008, 5, 1)
    young = clinic.patient(birth_date=born)
    slots = {}
    for speciality in ("therapist", "paediatrician"):
        doctor = clinic.doctor(speciality)
        slots[speciality] = [clinic.slot(doctor, at(f"2026-{day} 10:00")) for day in ("04-30", "05-01")]

    assert clinic.nearest(young, "paediatrician") == slots["paediatrician"][0]
    assert clinic.nearest(young, "therapist") == slots["therapist"][1]
    for speciality in slots:
        assert len(ask(search.free_days, new_work, young, speciality=speciality)) == 1
        assert choice.check_choice(new_work(), young, speciality, referral=None, rules=RULES, now=NOW)


def test_d03_what_is_open_to_all_remote_channels_is_open_to_other_systems_and_nothing_else_is(
    clinic, patient, doctor, new_work
):
    clinic.slot(doctor, at("10:00"), channels=frozenset({Channel.REG, Channel.CC, Channel.EPGU}))
    competitive = clinic.slot(doctor, at("11:00"))

    assert clinic.nearest(patient, channel=Channel.OTHER) == competitive
    assert not clinic.hold(competitive, patient, channel=Channel.OTHER).slot.opens_to(Channel.MED_ARM)


def test_d01_no_channel_books_behind_the_horizon_whatever_slot_it_names(clinic, patient, doctor):
    behind = clinic.slot(doctor, at("2026-05-12 00:00:00"))

    for channel in (Channel.CC, Channel.REG, Channel.EPGU, Channel.INFOMAT, Channel.OTHER):
        with pytest.raises(OutsideHorizon):
            clinic.book(behind, patient, channel=channel)
