"""Booking where the regional system keeps the schedule: once or not at all, whatever becomes of an answer (X13)."""

import time

import pytest

from ivr.domain.booking import BookingStatus
from ivr.domain.refusals import (
    KeptByRegion,
    NotAttached,
    RegionRefused,
    RegionUnreached,
    SlotTaken,
    WrongTurn,
)
from ivr.services import booking, errands
from ivr.services.region import Unsettled
from tests.builders import CALLER, RULES, at
from tests.regional.near import SMS_RULES

LOST = ("drop_after", "garbage_after", "page_after")
"""It has booked, and we do not hear of it."""


def far_ids(near):
    return [row.far_id for row in near.rows("bookings", status="BOOKED")]


def eventually(told):
    for _ in range(200):
        try:
            return told()
        except Unsettled:
            time.sleep(0.02)
    return told()


def open_tasks(near):
    return near.rows("tasks", kind="UNSETTLED", status="OPEN")


def test_a_visit_is_booked_at_the_far_end_and_has_its_number(near, far):
    far.slot(at("10:00"))
    patient = near.patient()

    booked = near.book_nearest(patient)

    assert booked.status is BookingStatus.BOOKED
    assert [booked.far_id] == far.ours
    assert near.rows("errands")[0].status == "DONE"
    assert near.rows("tasks", kind="FEEDBACK", status="OPEN")


def test_the_same_command_sent_twice_asks_the_far_end_once(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    booked = near.book_nearest(patient)

    again = near.book(booked.slot.id, patient, key="wish")

    assert again.id == booked.id
    assert far.asked.count("CreateAppointment") == 1


def test_a_slot_that_somebody_was_quicker_to_take_is_lost_and_no_longer_offered(near, far):  # S1.6
    lost, free = far.slot(at("10:00")), far.slot(at("11:00"))
    patient = near.patient()
    slot = near.nearest_slot(patient)
    far.taken_by_others(lost)

    with pytest.raises(SlotTaken):
        near.book(slot.id, patient, key="wish")

    assert near.nearest_slot(patient).far_id == free
    assert near.rows("bookings")[0].status == "NOT_MADE"
    with pytest.raises(SlotTaken):
        near.result()


@pytest.mark.parametrize(
    ("code", "refusal"),
    [("PATIENT_NOT_ATTACHED", NotAttached), ("APPOINTMENT_REFUSED", RegionRefused), ("BEYOND_ANYTHING", RegionRefused)],
)
def test_a_refusal_books_nothing_and_leaves_the_patient_free_to_try_again(near, far, code, refusal):
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", code)

    with pytest.raises(refusal):
        near.book_nearest(patient)

    assert far.ours == []
    assert near.book_nearest(patient, key="again").far_id in far.ours


def test_a_far_end_that_cannot_be_reached_has_booked_nothing(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    slot = near.nearest_slot(patient)
    far.stop()

    with pytest.raises(RegionUnreached):
        near.book(slot.id, patient, key="wish")

    assert near.rows("bookings")[0].status == "NOT_MADE"
    assert open_tasks(near) == []


@pytest.mark.parametrize("word", ["drop", "fault", "garbage", "503"])
def test_trouble_before_the_slot_is_asked_for_has_booked_nothing(near, far, word):
    far.slot(at("10:00"))
    patient = near.patient()
    slot = near.nearest_slot(patient)
    far.will("GetPatientInfo", word)

    with pytest.raises(RegionUnreached):
        near.book(slot.id, patient, key="wish")

    assert far.ours == []


@pytest.mark.parametrize("word", LOST)
def test_a_lost_answer_is_found_out_and_the_visit_is_booked_once(near, far, word):  # X13, then P090
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", word)
    with pytest.raises(Unsettled):
        near.book_nearest(patient)
    with pytest.raises(Unsettled):
        near.result()
    near.later(seconds=2)

    near.settle()

    assert near.result().far_id in far.ours
    assert len(far.made) == 1
    assert open_tasks(near) == []


def test_an_answer_for_which_the_caller_does_not_wait_is_kept_all_the_same(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    slot = near.nearest_slot(patient)
    far.will("CreateAppointment", "slow_after")
    near.region._patience = 0.1
    with pytest.raises(Unsettled):
        near.book(slot.id, patient, key="wish")

    booked = eventually(near.result)

    assert booked.far_id in far.ours
    assert far.asked.count("CreateAppointment") == 1


@pytest.mark.parametrize("word", ["drop", "fault", "garbage", "503", "UNDEFINED_ERROR"])
def test_a_question_that_was_lost_is_asked_again(near, far, word):
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", word)
    with pytest.raises(Unsettled):
        near.book_nearest(patient)
    near.later(seconds=2)

    near.settle()

    assert near.result().far_id in far.ours
    assert len(far.made) == 1


def test_while_nobody_knows_the_patient_is_not_booked_again_and_the_slot_is_nobodys(near, far):
    far.slot(at("10:00"))
    far.slot(at("12:00"))
    patient, other = near.patient(), near.patient()
    far.will("CreateAppointment", "drop")
    with pytest.raises(Unsettled):
        near.book_nearest(patient)

    with pytest.raises(Unsettled):  # and not that he is booked
        near.book_nearest(patient, key="another")

    assert near.nearest_slot(other).starts_at == at("12:00")
    assert booking.upcoming(near.new_work(), patient.id, now=near.now) == []


def test_a_taken_slot_after_a_lost_answer_is_left_to_a_person_never_guessed(near, far):
    """A system that does not know its own repeats says "taken" of what it has booked for us itself."""
    far.repeats_are_known = False
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", "drop_after")
    with pytest.raises(Unsettled):
        near.book_nearest(patient)
    near.later(seconds=2)

    tally = near.settle()

    assert tally.puzzles == 1
    with pytest.raises(Unsettled):
        near.result()
    assert [task.phone for task in open_tasks(near)] == [None]
    assert len(far.made) == 1


def test_a_person_who_has_found_out_the_number_makes_it_a_booking(near, far):
    far.repeats_are_known = False
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", "drop_after")
    with pytest.raises(Unsettled):
        near.book_nearest(patient)
    near.later(seconds=2)
    near.settle()
    pending = near.rows("bookings")[0]

    errands.found_out(near.new_work(), pending.id, far.ours[0], who="registrar", rules=RULES, now=near.now)

    assert near.result().far_id == far.ours[0]
    assert near.rows("audit", action="booking.found_out")
    with pytest.raises(WrongTurn):
        errands.found_out(near.new_work(), pending.id, None, who="registrar", rules=RULES, now=near.now)


def test_what_was_made_after_a_person_had_said_it_was_not_is_cancelled_there(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", "drop_after")
    with pytest.raises(Unsettled):
        near.book_nearest(patient)
    pending = near.rows("bookings")[0]
    near.later(seconds=2)
    with near.new_work() as work:
        late = work.errands.claim(near.later(seconds=60), near.now, 5)[0]
        work.commit()
    errands.found_out(near.new_work(), pending.id, None, who="registrar", rules=RULES, now=near.now)

    errands._run(near.new_work(), late, RULES, near.now)
    near.settle()

    assert far.ours == []
    assert near.rows("bookings")[0].status == "NOT_MADE"


def test_who_was_promised_a_message_gets_one_when_it_is_known(near, far):  # X14
    near.rules = SMS_RULES
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", "drop", "drop", "drop", "drop")
    with pytest.raises(Unsettled):
        near.book_nearest(patient, contact=type(CALLER)("+79000000101"))
    assert len(open_tasks(near)) == 1
    for _ in range(5):
        near.later(seconds=20)
        near.settle()

    assert near.result().far_id in far.ours
    assert [(row.kind, row.method, row.address) for row in near.rows("notices")] == [("BOOKED", "SMS", "+79000000101")]
    assert open_tasks(near) == []


def test_where_no_message_can_be_sent_a_person_tells_the_patient(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", "drop", "drop", "drop")
    with pytest.raises(Unsettled):
        near.book_nearest(patient, contact=CALLER)
    for _ in range(5):
        near.later(seconds=20)
        near.settle()

    assert near.result().far_id in far.ours
    assert [task.phone for task in open_tasks(near)] == [CALLER.e164]


def test_after_half_an_hour_nobody_is_booked_by_itself(near, far):
    far.slot(at("12:00"))
    patient = near.patient()
    far.will("CreateAppointment", "drop")
    with pytest.raises(Unsettled):
        near.book_nearest(patient)
    near.later(minutes=31)

    assert near.settle().puzzles == 1
    assert far.ours == []
    assert len(open_tasks(near)) == 1


def test_a_session_that_the_far_end_forgets_is_opened_anew(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    far.will("CreateAppointment", "SESSION_TIMED_OUT")

    assert near.book_nearest(patient).far_id in far.ours


def test_a_cancelled_visit_is_cancelled_there_too_and_its_time_is_seen_again(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    booked = near.book_nearest(patient)

    near.cancel(booked)
    near.settle()

    assert far.ours == []
    assert near.nearest_slot(near.patient()).starts_at == at("10:00")


@pytest.mark.parametrize("word", ["drop", "drop_after", "garbage", "fault", "503"])
def test_a_cancellation_whose_answer_is_lost_is_asked_again_until_it_is_done(near, far, word):
    far.slot(at("10:00"))
    booked = near.book_nearest(near.patient())
    near.cancel(booked)
    far.will("CancelAppointment", word)
    near.settle()
    near.later(seconds=5)

    near.settle()

    assert far.ours == []
    assert [row.status for row in near.rows("errands", kind="CANCEL")] == ["DONE"]
    assert open_tasks(near) == []


def test_a_cancellation_that_is_refused_is_left_to_a_person(near, far):
    far.slot(at("10:00"))
    booked = near.book_nearest(near.patient())
    near.cancel(booked)
    far.will("CancelAppointment", "APPOINTMENT_REFUSED")

    near.settle()

    assert len(open_tasks(near)) == 1


def test_a_moved_visit_gives_its_old_time_back_only_when_the_new_one_stands(near, far):  # 5.4
    far.slot(at("10:00"))
    patient = near.patient()
    old = near.book_nearest(patient)
    far.slot(at("15:00"))
    near.later(minutes=2)
    far.will("CreateAppointment", "drop")
    with pytest.raises(Unsettled):
        near.book_nearest(patient, key="move", moves=old.id)
    assert booking.of_id(near.new_work(), old.id).status is BookingStatus.BOOKED
    near.later(seconds=2)

    near.settle()
    near.settle()

    assert booking.of_id(near.new_work(), old.id).status is BookingStatus.MOVED
    assert near.result("move").slot.starts_at == at("15:00")
    assert len(far.ours) == 1


def test_a_move_that_is_refused_leaves_the_old_visit_as_it_is(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    old = near.book_nearest(patient)
    far.slot(at("15:00"))
    near.later(minutes=2)
    far.will("CreateAppointment", "APPOINTMENT_REFUSED")

    with pytest.raises(RegionRefused):
        near.book_nearest(patient, key="move", moves=old.id)

    assert far_ids(near) == [old.far_id] == far.ours


def test_no_time_of_our_own_is_made_beside_the_far_schedule(near, far):
    from ivr.domain.override import Override, Waiver
    from ivr.domain.purpose import Purpose
    from ivr.services import desk_booking
    from ivr.services.booking import BookingCommand
    from ivr.services.schedule import publish

    far.slot(at("10:00"))
    patient = near.patient()
    doctor = near.nearest_slot(patient).doctor_id
    override = Override(frozenset({Waiver.OVERBOOK}), "очень нужно")
    command = BookingCommand("k", 0, patient.id, Purpose.ILLNESS, "page", override=override)
    beside = desk_booking.Beside(doctor, at("11:00"), 15)

    with pytest.raises(KeptByRegion):
        desk_booking.overbook(near.new_work(), command, beside, rules=RULES, now=near.now)

    assert publish(near.new_work(), {}, rules=RULES, now=near.now) == 0
