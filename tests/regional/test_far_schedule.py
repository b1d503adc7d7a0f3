"""The picture of the regional system's schedule: what is offered, when it is looked at again, what leaves it alone."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr.domain.identifiers import Snils
from ivr.domain.refusals import NoSlots, NotAttached, ReferralNeeded, RegionRefused, SlotTaken
from ivr.services import choice, search
from ivr.services.region import RegionDown
from ivr.services.search import SlotQuery
from tests.builders import NOW, RULES, at
from tests.regional.far_end import SNILS


def times(near, patient):
    query = SlotQuery("therapist", patient.id)
    return search.free_days(near.new_work(), query, rules=RULES, now=near.now)


def test_the_far_ends_free_times_are_found_as_our_own(near, far):
    far.slot(at("10:00"), room="12")
    patient = near.patient()

    slot = near.nearest_slot(patient)

    assert (slot.starts_at, slot.room, slot.minutes) == (at("10:00"), "12", 15)


def test_a_doctor_of_whom_nobody_here_has_heard_is_taken_up(near, far):
    far.slot(at("10:00"), surname="Новикова")

    doctor_id = near.nearest_slot(near.patient()).doctor_id

    row = near.rows("doctors", id=doctor_id)[0]
    assert (row.surname, row.sex, row.snils, row.speciality) == ("Новикова", "F", SNILS, "therapist")


def test_a_doctor_is_known_by_snils_and_one_without_by_name(near, far):
    with_number = near.doctor(snils=Snils(SNILS))
    by_name = near.doctor(surname="Тёзкина", given_name="Вера", patronymic="Павловна")
    far.slot(at("10:00"))
    far.slot(at("11:00"), snils="90000201495", surname="Тёзкина")
    patient = near.patient()
    near.nearest_slot(patient)

    found = search.doctors_of(near.new_work(), SlotQuery("therapist", patient.id), rules=RULES, now=NOW)

    assert [each.id for each in found] == [with_number, by_name]
    assert near.rows("doctors", id=by_name)[0].snils == "90000201495"


def test_a_picture_is_looked_at_once_a_minute_for_each_patient(near, far):
    far.slot(at("10:00"))
    one, other = near.patient(), near.patient()
    for patient in (one, other, one, other):
        near.nearest_slot(patient)
    assert far.asked.count("GetMOResourceInfo") == 2

    near.later(seconds=61)
    near.nearest_slot(one)

    assert far.asked.count("GetMOResourceInfo") == 3


@pytest.mark.parametrize("code", ["NO_FREE_SLOTS", "NO_DATA_FOUND"])
def test_that_nothing_is_free_for_one_patient_is_no_answer_to_another(near, far, code):  # S2.6
    far.slot(at("10:00"))
    here, comes, refused = near.patient(), near.patient(), near.patient()
    near.nearest_slot(here)
    far.will("GetMOResourceInfo", code)
    with pytest.raises(NoSlots):
        near.nearest_slot(refused)

    assert near.nearest_slot(here).starts_at == near.nearest_slot(comes).starts_at == at("10:00")

    with pytest.raises(NoSlots):  # nor is what others are shown an answer to him
        near.nearest_slot(refused)


def test_each_patient_is_offered_the_times_and_doctors_that_are_shown_to_him(near, far):
    one, other = near.patient(), near.patient()
    far.slot(at("10:00"), shown_to=one.oms.digits)
    far.slot(at("11:00"), shown_to=other.oms.digits, snils="90000201495", surname="Другая")

    for _ in "first", "again":
        for patient, hour in ((one, "10:00"), (other, "11:00")):
            query = SlotQuery("therapist", patient.id)
            free = search.vacant(near.new_work(), query, rules=RULES, now=near.now)
            doctors = search.doctors_of(near.new_work(), query, rules=RULES, now=near.now)
            assert [slot.starts_at for slot in free] == [at(hour)]
            assert [doctor.id for doctor in doctors] == [slot.doctor_id for slot in free]


def test_a_time_that_one_patient_is_told_of_is_kept_for_him_whatever_another_one_is_shown(near, far):  # D-14
    holds = near.patient()
    far.slot(at("10:00"), shown_to=holds.oms.digits)
    slot = near.nearest_slot(holds)
    near.hold(slot.id, holds)
    near.later(minutes=2)
    with pytest.raises(NoSlots):
        near.nearest_slot(near.patient())

    assert near.book(slot.id, holds, now=near.now).far_id == far.ours[0]


def test_a_time_that_is_shown_to_nobody_for_ten_minutes_is_closed_in_the_grid(near, far):
    gone = far.slot(at("12:00"))
    far.slot(at("13:00"))
    slot = near.nearest_slot(near.patient())
    far.taken_by_others(gone)

    def state():
        return near.rows("slots", id=slot.id)[0].state

    near.later(minutes=10)
    near.nearest_slot(near.patient())
    assert state() == "FREE"

    near.later(seconds=1)
    near.nearest_slot(near.patient())
    assert state() == "CLOSED"


def test_what_is_gone_there_is_not_offered_here_and_what_comes_back_is(near, far):
    gone = far.slot(at("10:00"))
    far.slot(at("11:00"))
    patient = near.patient()
    first = near.nearest_slot(patient)
    far.taken_by_others(gone)
    near.later(seconds=61)

    assert near.nearest_slot(patient).starts_at == at("11:00")

    far.bookings.clear()
    near.later(seconds=61)
    assert near.nearest_slot(patient).id == first.id


def test_a_held_time_that_is_gone_there_is_not_booked(near, far):
    lost = far.slot(at("10:00"))
    patient = near.patient()
    slot = near.nearest_slot(patient)
    near.hold(slot.id, patient)
    far.taken_by_others(lost)
    near.later(seconds=61)
    with pytest.raises(NoSlots):
        near.nearest_slot(near.patient())

    with pytest.raises(SlotTaken):
        near.book(slot.id, patient, now=near.now)
    assert far.ours == []


def test_a_visit_of_ours_stays_as_it_is_though_its_time_is_not_offered_any_more(near, far):
    far.slot(at("10:00"))
    booked = near.book_nearest(near.patient())
    near.later(seconds=61)

    with pytest.raises(NoSlots):
        near.nearest_slot(near.patient())

    assert near.rows("slots", id=booked.slot.id)[0].state == "BOOKED"


def test_a_slot_that_has_another_number_or_another_time_now_is_the_one_that_is_booked(near, far):
    old = far.slot(at("10:00"))
    moved = far.slot(at("11:00"))
    patient = near.patient()
    near.nearest_slot(patient)
    del far.slots[old]
    far.slots[moved].starts_at = at("10:00")
    near.later(seconds=61)

    booked = near.book_nearest(patient)

    assert (booked.slot.starts_at, booked.slot.far_id) == (at("10:00"), moved)


def test_while_the_far_end_is_down_what_it_last_told_is_offered_for_ten_minutes(near, far):
    far.slot(at("12:00"))
    patient = near.patient()
    near.nearest_slot(patient)
    far.stop()
    near.later(minutes=9)

    assert near.nearest_slot(patient).starts_at == at("12:00")

    near.later(minutes=2)
    with pytest.raises(RegionDown):
        near.nearest_slot(patient)


def test_many_who_look_at_once_take_a_new_doctor_up_once_and_each_is_shown_his_times(near, far):
    far.slot(at("12:00"), surname="Новикова")
    patients = [near.patient() for _ in range(4)] * 2

    with ThreadPoolExecutor(len(patients)) as threads:
        found = list(threads.map(near.nearest_slot, patients))

    assert len(near.rows("doctors")) == len({slot.id for slot in found}) == 1


REFUSALS = {
    "PATIENT_NOT_ATTACHED": NotAttached,
    "PATIENT_NOT_FOUND": NotAttached,
    "REFERRAL_REQUIRED": ReferralNeeded,
    "APPOINTMENT_REFUSED": RegionRefused,
}


@pytest.mark.parametrize("operation", ["GetPatientInfo", "GetMOResourceInfo", "GetScheduleInfo"])
@pytest.mark.parametrize("code", REFUSALS)
def test_a_no_to_the_patient_is_no_outage_whatever_was_asked(near, far, code, operation):  # S1.9, D-08, D-11
    far.slot(at("10:00"))
    near.nearest_slot(near.patient())  # there is a picture that would do for an outage
    patient = near.patient()
    far.will(operation, *[code] * 2)

    with pytest.raises(REFUSALS[code]):
        choice.check_choice(near.new_work(), patient, "therapist", referral=None, rules=RULES, now=near.now)
    with pytest.raises(REFUSALS[code]):
        near.nearest_slot(patient)

    assert near.nearest_slot(near.patient()).starts_at == at("10:00")


@pytest.mark.parametrize("code", REFUSALS)
def test_booking_knows_the_same_noes_as_looking(near, far, code):
    far.slot(at("10:00"))
    far.will("CreateAppointment", code)

    with pytest.raises(REFUSALS[code]):
        near.book_nearest(near.patient())


def test_what_stands_in_the_way_here_is_said_without_asking_there(near, far):  # D-08
    with pytest.raises(NotAttached):
        choice.check_choice(
            near.new_work(), near.patient(attached=False), "therapist", referral=None, rules=RULES, now=near.now
        )

    assert far.asked == []


def test_while_it_is_down_whoever_has_not_looked_is_offered_what_was_shown_to_others(near, far):
    far.slot(at("12:00"))
    near.nearest_slot(near.patient())
    far.will("GetMOResourceInfo", "NO_FREE_SLOTS")
    with pytest.raises(NoSlots):
        near.nearest_slot(near.patient())
    far.stop()

    assert near.nearest_slot(near.patient()).starts_at == at("12:00")


def test_who_asks_first_while_it_is_down_is_told_so(near, far):
    far.stop()

    with pytest.raises(RegionDown):
        near.nearest_slot(near.patient())


@pytest.mark.parametrize("word", ["drop", "fault", "client_fault", "garbage", "403", "503", "UNDEFINED_ERROR"])
def test_no_trouble_of_the_far_end_empties_the_picture(near, far, word):
    far.slot(at("12:00"))
    patient = near.patient()
    near.nearest_slot(patient)
    near.later(minutes=2)
    far.will("GetScheduleInfo", word)

    assert near.nearest_slot(patient).starts_at == at("12:00")


def test_times_that_follow_closely_are_as_long_as_there_is_room(near, far):
    for minute in ("10:00", "10:10", "10:30"):
        far.slot(at(minute))
    patient = near.patient()

    day = times(near, patient)[0]
    from ivr.domain.waiting_list import PartOfDay

    query = SlotQuery("therapist", patient.id)
    slots = search.free_times(near.new_work(), query, day, PartOfDay.ANY, rules=RULES, now=near.now)

    assert [slot.minutes for slot in slots] == [10, 15, 15]


def test_nothing_beyond_the_horizon_is_asked_for(near, far):  # D-01
    far.slot(at("2026-05-11 23:45"))
    far.slot(at("2026-05-12 08:00"))
    patient = near.patient()

    assert len(times(near, patient)) == 1
