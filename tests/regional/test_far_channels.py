"""What the other channels, and systems that listen, are told of a visit that the regional system has not confirmed."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from ivr.domain.booking import BookingStatus
from ivr.domain.client import Acquaintance, Scope
from ivr.domain.identifiers import PhoneNumber, Snils
from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import KeptByRegion, NeedsPerson, NoSlots, NumberTaken, SlotTaken
from ivr.domain.slot import REMOTE, Channel, SlotKind
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.services import (
    answers,
    booking,
    choice,
    client_visits,
    clients,
    errands,
    follow_up,
    outreach,
    portal_booking,
    portal_choice,
    slot_offers,
    waiting,
)
from ivr.services.follow_up import Order
from ivr.services.portal_ports import PortalSession
from ivr.services.region import OF_PATIENT, Unsettled
from ivr.services.waiting import Wish
from ivr.storage.tables import slots
from ivr.web.fhir.appointments import booked as appointment
from tests.builders import RULES, at
from tests.regional.far_end import SNILS

ROBOT_RULES = replace(RULES, robot_calls=True)


def a_client(near, patient, *scopes, name="бот", told=False):
    client, _ = clients.add(
        near.new_work(), name, scopes or (Scope.BOOK, Scope.SCHEDULE), channel=Channel.CC, who="user:1", now=near.now
    )
    with near.new_work() as work:
        work.clients.meet(client.id, Acquaintance(patient.id, told, near.now + timedelta(hours=1)))
        work.commit()
    return client


def a_session(near, patient):
    until = near.now + timedelta(hours=1)
    return PortalSession(str(uuid4()), patient.id, Subject.SELF, None, None, until)


def waits(near, patient):
    wish = Wish(
        patient_id=patient.id,
        speciality="therapist",
        doctor_id=None,
        part_of_day=PartOfDay.ANY,
        reason=WaitingReason.NO_SLOTS,
        contact=PhoneNumber("+79000000001"),
        key="wait",
    )
    return waiting.join(near.new_work(), wish, rules=ROBOT_RULES, now=near.now)


def asked(near, far, patient, *, when="10:00", **changes):
    """The far end has booked and hung up: nobody here knows."""
    if not far.slots:
        far.slot(at(when))
    far.will("CreateAppointment", "drop_after")
    with pytest.raises(Unsettled):
        near.book_nearest(patient, **changes)
    (row,) = near.rows("bookings", status="PENDING")
    return row.id


def test_other_systems_hear_of_a_visit_when_the_region_has_confirmed_it_and_not_before(near, far):
    patient = near.patient()
    client = a_client(near, patient)
    asked(near, far, patient, call_key=client.key(patient.id))
    before = near.rows("events")

    near.later(minutes=2)
    near.settle()

    assert before == []
    assert [(one.kind, one.client_id, one.at) for one in near.rows("events")] == [("booking.made", client.id, near.now)]


def test_other_systems_never_hear_of_a_visit_that_was_not_made(near, far):
    lost = far.slot(at("10:00"))
    patient = near.patient()
    slot = near.nearest_slot(patient)
    far.taken_by_others(lost)

    with pytest.raises(SlotTaken):
        near.book(slot.id, patient, key="wish")

    assert near.rows("events") == []


def test_a_move_that_the_region_refuses_is_told_by_nobody_and_the_old_visit_stands(near, far):
    first, second = far.slot(at("10:00")), far.slot(at("15:00"))
    patient = near.patient()
    session = a_session(near, patient)
    made = near.book_nearest(patient)
    moved_to = near.nearest_slot(patient, moves=made.id, after=at("12:00"))
    far.taken_by_others(second)
    with pytest.raises(SlotTaken):
        near.book(moved_to.id, patient, key="move", moves=made.id, now=near.now)

    became = portal_booking.what_became_of(near.new_work(), session, made.id)

    assert first in {slot for slot, *_ in far.bookings.values()}
    assert (became.id, became.status) == (made.id, BookingStatus.BOOKED)
    assert [one.kind for one in near.rows("events")] == ["booking.made"]


def test_the_portal_is_told_neither_booked_nor_cancelled_while_nobody_knows(near, far):
    patient = near.patient()
    visit = asked(near, far, patient)

    with pytest.raises(Unsettled):
        portal_booking.what_became_of(near.new_work(), a_session(near, patient), visit)


@pytest.mark.parametrize(("code", "refusal"), OF_PATIENT.items())
def test_portal_and_clients_hear_why_the_region_shows_a_patient_nothing(near, far, code, refusal):  # S1.9, D-11
    far.slot(at("10:00"))
    patient = near.patient()
    client, session = a_client(near, patient), a_session(near, patient)
    wanted, days = [choice.speciality_of(near.new_work(), "therapist")], (near.now.date(), near.now.date())
    with near.new_work() as work:
        work.portal.open(session, near.now)
        work.commit()
    far.will("GetMOResourceInfo", *[code] * 2)

    with pytest.raises(refusal):
        portal_choice.free(near.new_work(), session, wanted, days, rules=RULES, now=near.now)
    with pytest.raises(refusal):
        client_visits.queries(
            near.new_work(), client, patient.id, ["therapist"], Purpose.ILLNESS, rules=RULES, now=near.now
        )


def test_what_may_be_booked_is_not_cancelled_and_nobody_hears_that_it_is_over(near, far):
    patient = near.patient()
    visit = asked(near, far, patient)

    with pytest.raises(Unsettled):
        near.cancel(_of(near, visit))

    assert _of(near, visit).status is BookingStatus.PENDING


def test_a_stranger_learns_of_no_visit_while_the_region_thinks_of_it(near, far):  # 4.2
    patient = near.patient()
    asked(near, far, patient)
    stranger, friend = a_client(near, patient, name="чужой"), a_client(near, patient, name="свой", told=True)
    wish = (patient.id, ("therapist",), Purpose.ILLNESS)

    with pytest.raises(NeedsPerson):
        client_visits.queries(near.new_work(), stranger, *wish, rules=RULES, now=near.now)
    with pytest.raises(Unsettled):
        client_visits.queries(near.new_work(), friend, *wish, rules=RULES, now=near.now)


def test_a_client_that_asked_for_the_visit_itself_is_told_that_nobody_knows(near, far):
    far.slot(at("10:00"))
    patient = near.patient()
    client, slot = a_client(near, patient), near.nearest_slot(patient)
    far.will("CreateAppointment", "drop_after")

    for _ in "once", "and again":
        with pytest.raises(Unsettled):
            client_visits.book(
                near.new_work(),
                client,
                patient.id,
                slot.id,
                Purpose.ILLNESS,
                key="wish-1",
                rules=RULES,
                now=near.now,
            )

    assert far.asked.count("CreateAppointment") == 1


@pytest.mark.parametrize("status", BookingStatus)
def test_fhir_has_a_word_for_every_status(clinic, status):
    visit = clinic.book(clinic.slot(clinic.doctor(clinic.speciality()), at("10:00")), clinic.patient())
    with clinic.new_work().reading() as work:
        doctor, speciality = work.staff.doctor(visit.slot.doctor_id), work.staff.speciality("therapist")

    told = appointment(replace(visit, status=status), doctor, speciality)

    assert (told.status == "booked") == (status in (BookingStatus.BOOKED, BookingStatus.PASSED))


def test_the_waiting_list_gets_no_time_that_the_region_gives_to_anybody(near, far):
    far.slot(at("2026-04-28 10:00"))
    waits(near, near.patient())
    near.nearest_slot(near.patient())

    assert slot_offers.seek(near.new_work, rules=ROBOT_RULES, now=near.now) == 0


def test_a_time_kept_for_doctors_in_a_timetable_of_our_own_is_everybodys_when_the_region_offers_it(near, far):
    far.slot(at("2026-04-28 10:00"))
    patient = near.patient()
    doctor = near.nearest_slot(patient).doctor_id
    kept = {"kind": "REPEAT", "channels": frozenset({Channel.MED_ARM}), "far_id": None, "for_patient_id": patient.id}
    with near.new_work() as work:
        work.connection.execute(update(slots).values(kept))
        work.commit()
    near.later(minutes=2)

    offered = near.nearest_slot(patient)

    assert (offered.kind, offered.channels, offered.for_patient_id) == (SlotKind.PRIMARY, REMOTE, None)
    assert offered.doctor_id == doctor


def test_a_doctor_books_no_time_that_the_region_would_have_to_be_asked_for(near, far):  # S4.2
    """He arranges in one transaction, and the region is asked between two."""
    far.slot(at("10:00"))
    patient = near.patient()
    visit = near.book_nearest(patient)
    far.slot(at("2026-04-28 10:00"))
    near.later(minutes=140)
    repeat = near.nearest_slot(near.patient())
    with near.new_work() as work:
        for_doctors = {"kind": "REPEAT", "channels": frozenset({Channel.MED_ARM})}
        work.connection.execute(update(slots).where(slots.c.id == repeat.id).values(for_doctors))
        work.commit()
    order = Order("again", visit.id, visit.slot.doctor_id, "user:7", Purpose.REPEAT, "контроль лечения")

    with pytest.raises(KeptByRegion):
        follow_up.book(near.new_work(), order, repeat.id, rules=RULES, now=near.now)

    assert [(row.id, row.status) for row in near.rows("bookings")] == [(visit.id, "BOOKED")]
    assert near.rows("follow_ups") == []
    assert len(near.rows("errands")) == len(far.made) == 1


def test_an_offer_whose_time_the_region_has_taken_over_is_lost_and_its_patient_waits_on(near, far):  # D-14
    near.later(hours=3)
    doctor = near.doctor(snils=Snils(SNILS))
    own = near.book(near.slot(doctor, at("2026-04-28 10:00")), near.patient(), rules=ROBOT_RULES)
    entry = waits(near, near.patient())
    booking.cancel(near.new_work(), own.id, patient_id=own.patient_id, key="c", rules=ROBOT_RULES, now=near.now)
    dial = outreach.claim(near.new_work(), node="dial", rules=ROBOT_RULES, now=near.now)
    about = outreach.briefing(near.new_work(), dial.key, rules=ROBOT_RULES, now=near.now)
    far_id = far.slot(at("2026-04-28 10:00"))
    with pytest.raises(NoSlots):  # it is held, and pictured all the same
        near.nearest_slot(near.patient())
    assert [row.far_id for row in near.rows("slots")] == [far_id]

    with pytest.raises(KeptByRegion):
        answers.accept(near.new_work(), about, rules=ROBOT_RULES, now=near.now)
    answers.lose(near.new_work(), about, rules=ROBOT_RULES, now=near.now)

    assert near.rows("waiting_entries", id=entry.id)[0].status == "ACTIVE"
    assert near.rows("bookings", status="PENDING") == near.rows("errands") == far.made == []


def test_a_number_that_another_visit_has_is_no_answer_and_stops_nobody_else(near, far):
    """A far end that lies: two visits under one Book_Id_Mis would be cancelled as one."""
    far.slot(at("10:00"))
    first = near.book_nearest(near.patient(), key="first")
    far.will("CreateAppointment", "same_number")
    far.slot(at("11:00"))
    near.later(minutes=3)
    other = near.patient()

    with pytest.raises(Unsettled):
        near.book_nearest(other, key="second")

    (row,) = near.rows("bookings", status="PENDING")
    (errand,) = near.rows("errands", booking_id=row.id)
    assert errand.status == "PUZZLE"
    assert near.rows("tasks", kind="UNSETTLED", status="OPEN", booking_id=row.id)
    with pytest.raises(NumberTaken):
        errands.found_out(near.new_work(), row.id, first.far_id, who="user:1", rules=RULES, now=near.now)


def _of(near, booking_id):
    with near.new_work().reading() as work:
        return work.bookings.get(booking_id)
