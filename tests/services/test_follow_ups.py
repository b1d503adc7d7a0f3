"""What a doctor arranges after a visit: booked, opened, referred, put on the list, undone (S4.1 to S4.3, D-10)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ivr.domain.booking import BookingStatus
from ivr.domain.follow_up import FollowUpKind
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.post import CHANNELS
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyBooked,
    AlreadyWaiting,
    CompetitiveSlot,
    NotAdmitted,
    NotFound,
    NotYours,
    ReferralTaken,
    Refusal,
    SlotTaken,
    TooLate,
    VisitNeeded,
    WrongTurn,
)
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.speciality import Access
from ivr.domain.tasks import TaskKind, TaskOwner
from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
from ivr.services import attendance, booking, choice, doctor_room, follow_up, outreach, search, slot_offers, waiting
from ivr.services.follow_up import Awaited, Order
from ivr.services.waiting import Wish
from ivr.storage.replanning import replan
from tests.builders import NOW, RULES, at

WHO = "user:7"
LATER = at("2026-04-29 10:00")
AFTER_THE_VISIT = at("10:20")


class Room:
    """A therapist with a patient who sits before him, and a cardiologist who sees nobody without a referral."""

    def __init__(self, clinic):
        self.clinic, self.new_work = clinic, clinic.new_work
        clinic.speciality()
        clinic.speciality("cardiologist", access=Access.REFERRAL)
        self.doctor, self.colleague = clinic.doctor(), clinic.doctor()
        self.cardiologist = clinic.doctor("cardiologist")
        self.patient = clinic.patient()
        self.visit = clinic.book(clinic.slot(self.doctor, at("10:00")), self.patient)
        self.keys = 0

    def slot(self, kind, doctor=None, when=LATER, **changes):
        return self.clinic.slot(doctor or self.doctor, when, kind=kind, channels=CHANNELS[kind], **changes)

    def order(self, purpose=Purpose.REPEAT, **changes):
        self.keys += 1
        standard = Order(f"key-{self.doctor}-{self.keys}", self.visit.id, self.doctor, WHO, purpose, "контроль лечения")
        return replace(standard, **changes)

    def book(self, slot, purpose=Purpose.REPEAT, now=AFTER_THE_VISIT, rules=RULES, **changes):
        return follow_up.book(self.new_work(), self.order(purpose, **changes), slot, rules=rules, now=now)

    def open(self, slot, purpose=Purpose.REPEAT, **changes):
        order = self.order(purpose, **changes)
        return follow_up.open_slot(self.new_work(), order, slot, rules=RULES, now=AFTER_THE_VISIT)

    def refer(self, speciality="cardiologist", **changes):
        order = self.order(Purpose.REFERRAL, **changes)
        return follow_up.refer(self.new_work(), order, speciality, rules=RULES, now=AFTER_THE_VISIT)

    def wait(self, speciality="cardiologist", rules=RULES, **wish):
        order = self.order(Purpose.REFERRAL, **{k: wish.pop(k) for k in ("key", "number") if k in wish})
        awaited = Awaited(speciality, **wish)
        return follow_up.wait(self.new_work(), order, awaited, rules=rules, now=AFTER_THE_VISIT)

    def undo(self, made, now=AFTER_THE_VISIT, doctor=None):
        named = {"doctor_id": doctor or self.doctor, "who": WHO, "reason": "ошибся врачом"}
        return follow_up.undo(self.new_work(), made.id, **named, rules=RULES, now=now)

    def booked(self, made):
        with self.new_work().reading() as work:
            return work.bookings.get(made.booking_id)

    def tasks(self, made):
        return self.clinic.rows("tasks", booking_id=made.booking_id)

    def number_of(self, made):
        (row,) = self.clinic.rows("referrals", id=made.referral_id)
        return row.number


@pytest.fixture
def room(clinic):
    return Room(clinic)


def test_s4_2_a_doctor_books_a_repeat_visit_to_his_own_slot_that_nobody_competes_for(room):
    slot = room.slot(SlotKind.REPEAT)

    made = room.book(slot)

    booked = room.booked(made)
    assert (booked.slot.id, booked.purpose, booked.channel) == (slot, Purpose.REPEAT, Channel.MED_ARM)
    assert (made.kind, made.reason, made.visit_id) == (FollowUpKind.BOOKED, "контроль лечения", room.visit.id)
    assert booked.contact == room.patient.phone


@pytest.mark.parametrize(("purpose", "kind"), [("REPEAT", "REPEAT"), ("OBSERV", "OBSERVATION")])
def test_s4_2_a_colleague_of_the_speciality_may_see_the_patient_again(room, purpose, kind):
    made = room.book(room.slot(SlotKind(kind), room.colleague), Purpose(purpose))

    assert room.booked(made).slot.doctor_id == room.colleague


def test_s4_2_a_specialist_is_booked_by_referral_with_number_and_reason(room):
    made = room.book(room.slot(SlotKind.REFERRAL, room.cardiologist), Purpose.REFERRAL, number="4815162342")

    booked = room.booked(made)
    (referral,) = room.clinic.rows("referrals")
    assert booked.referral_number == referral.number == "4815162342"
    assert (referral.speciality, referral.used_by) == ("cardiologist", booked.id)
    assert referral.valid_until == date(2026, 5, 27)  # 30 days


def test_s4_2_without_a_number_on_paper_the_referral_gets_one_that_can_be_keyed(room):
    made = room.book(room.slot(SlotKind.REFERRAL, room.cardiologist), Purpose.REFERRAL)

    assert room.booked(made).referral_number.isdecimal()
    assert room.number_of(made) == room.booked(made).referral_number


def test_s4_2_a_doctor_refers_to_himself_too(room):
    made = room.book(room.slot(SlotKind.REFERRAL), Purpose.REFERRAL)

    assert room.booked(made).slot.doctor_id == room.doctor


def test_s4_2_a_slot_that_is_competitive_or_of_another_kind_is_refused_and_stays_free(room):
    competitive = room.clinic.slot(room.doctor, LATER)
    referral = room.slot(SlotKind.REFERRAL, when=LATER + timedelta(hours=1))
    of_another = room.slot(SlotKind.REPEAT, room.cardiologist)

    for slot in (competitive, referral, of_another):
        with pytest.raises(CompetitiveSlot):
            room.book(slot)

    assert {row.state for row in room.clinic.rows("slots") if row.id != room.visit.slot.id} == {"FREE"}
    assert room.clinic.rows("follow_ups") == []


@pytest.mark.parametrize("minutes", [0, 5, 14])
def test_s4_2_while_the_visit_goes_on_it_counts_and_is_marked_as_come(room, minutes):
    made = room.book(room.slot(SlotKind.REPEAT), now=at("10:00") + timedelta(minutes=minutes))

    with room.new_work().reading() as work:
        assert work.bookings.get(room.visit.id).status is BookingStatus.VISITED
    assert room.booked(made).status is BookingStatus.BOOKED  # of the same speciality, beside the visit that is over


def test_s4_2_nobody_is_sent_on_before_his_day_or_after_he_stayed_away(room, new_work):
    slot = room.slot(SlotKind.REPEAT)
    with pytest.raises(VisitNeeded):
        room.book(slot, now=at("2026-04-26 18:00"))
    attendance.stayed_away(new_work(), room.visit.id, who=WHO, rules=RULES, now=AFTER_THE_VISIT)

    for arrange in (lambda: room.book(slot), lambda: room.open(slot), room.refer, room.wait):
        with pytest.raises(VisitNeeded):
            arrange()

    assert room.clinic.rows("follow_ups") == room.clinic.rows("referrals") == []


def test_s4_2_days_later_the_visit_still_counts_although_nobody_marked_it(room):
    made = room.book(room.slot(SlotKind.REPEAT), now=at("2026-04-28 09:00"))

    assert room.booked(made)
    with room.new_work().reading() as work:
        assert work.bookings.get(room.visit.id).status is BookingStatus.VISITED


def test_s4_2_a_doctor_arranges_nothing_for_a_patient_of_another(room, new_work):
    slot = room.slot(SlotKind.REPEAT)

    with pytest.raises(NotFound):
        room.book(slot, doctor_id=room.colleague)
    with pytest.raises(NotFound):
        doctor_room.own_visit(new_work(), room.visit.id, room.colleague)
    with pytest.raises(NotFound):
        doctor_room.seen(new_work(), room.visit.id, doctor_id=room.colleague, who=WHO, now=NOW)

    shown = [row for row in room.clinic.rows("audit") if row.action == "patient shown"]
    assert shown == []


def test_a_form_that_is_sent_twice_books_once(room, new_work):
    slot, order = room.slot(SlotKind.REPEAT), room.order()

    first, second = (follow_up.book(new_work(), order, slot, rules=RULES, now=AFTER_THE_VISIT) for _ in range(2))

    assert first == second
    assert len(room.clinic.rows("bookings", slot_id=slot)) == 1
    assert len(room.clinic.rows("follow_ups")) == 1


def test_the_key_of_another_visit_gives_nobody_its_result(room):
    made, other = room.book(room.slot(SlotKind.REPEAT)), Room(room.clinic)

    with pytest.raises(NotYours):
        other.book(other.slot(SlotKind.REPEAT), key=made.key)


def test_of_two_doctors_at_one_slot_one_wins(room):
    other = Room(room.clinic)
    slot = room.slot(SlotKind.REFERRAL, room.cardiologist)

    def book(own):
        try:
            return own.book(slot, Purpose.REFERRAL, key=f"race-{own.doctor}")
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(book, (room, other)))

    assert sorted(isinstance(end, SlotTaken) for end in ends) == [False, True]
    assert len(room.clinic.rows("bookings", slot_id=slot)) == 1
    assert len(room.clinic.rows("referrals")) == 1  # nothing of the one who lost is left


def test_who_is_booked_there_already_is_not_booked_twice(room):
    room.book(room.slot(SlotKind.REPEAT))

    with pytest.raises(AlreadyBooked):
        room.book(room.slot(SlotKind.OBSERVATION, when=LATER + timedelta(days=1)), Purpose.OBSERV)


def test_a_number_that_was_used_or_opens_another_speciality_is_refused(room):
    room.clinic.speciality("urologist", access=Access.REFERRAL)
    room.refer("urologist", number="5005")

    with pytest.raises(ReferralTaken):
        room.refer("urologist", number="5005")
    with pytest.raises(ReferralTaken):
        room.book(room.slot(SlotKind.REFERRAL, room.cardiologist), Purpose.REFERRAL, number="5005")

    assert [row.number for row in room.clinic.rows("referrals")] == ["5005"]


def test_nobody_is_referred_where_his_age_does_not_fit(room):
    room.clinic.speciality("paediatrician", age_from=0, age_to=17)

    with pytest.raises(NotAdmitted):
        room.refer("paediatrician")


def test_s4_2_a_slot_opened_for_the_patient_is_found_by_telephone_and_by_him_alone(room, new_work):
    slot, stranger = room.slot(SlotKind.REPEAT), room.clinic.patient()

    room.open(slot)

    named = {"rules": RULES, "now": AFTER_THE_VISIT}
    assert search.opened_for(new_work(), room.patient.id, **named).id == slot
    with pytest.raises(SlotTaken):
        room.clinic.hold(slot, stranger, now=AFTER_THE_VISIT)
    booked = room.clinic.book(slot, room.patient, purpose=Purpose.REPEAT, now=AFTER_THE_VISIT)
    assert (booked.slot.id, booked.channel) == (slot, Channel.CC)


def test_a_slot_for_referrals_is_opened_by_the_referral_and_not_beside_it(room):
    with pytest.raises(CompetitiveSlot):
        room.open(room.slot(SlotKind.REFERRAL), Purpose.REFERRAL)


@pytest.mark.parametrize("channel", [Channel.CC, Channel.EPGU, Channel.REG])
def test_d11_a_referral_by_number_lets_the_patient_in_wherever_he_books(room, new_work, channel):
    slot = room.clinic.slot(room.cardiologist, LATER)
    number = room.number_of(room.refer())

    referral = choice.find_referral(new_work(), room.patient.id, number, rules=RULES, now=AFTER_THE_VISIT)
    booked = room.clinic.book(
        slot,
        room.patient,
        purpose=Purpose.REFERRAL,
        channel=channel,
        referral_number=referral.number,
        now=AFTER_THE_VISIT,
    )

    assert referral.speciality == booked.slot.speciality == "cardiologist"
    assert room.clinic.rows("referrals")[0].used_by == booked.id


def test_d10_without_a_vacant_slot_the_patient_waits_before_others_with_a_referral(room):
    made = room.wait(part_of_day=PartOfDay.MORNING)

    (entry,) = room.clinic.rows("waiting_entries")
    assert (entry.id, entry.reason, entry.priority) == (made.entry_id, "REFERRAL", True)
    assert (entry.part_of_day, entry.contact) == ("MORNING", room.patient.phone.e164)
    assert room.clinic.rows("referrals")[0].speciality == "cardiologist"


def test_1_4_a_suspicion_shortens_the_wait_to_three_working_days(room):
    room.wait(suspicion=True)

    (entry,) = room.clinic.rows("waiting_entries")
    assert RULES.today(entry.deadline) == date(2026, 4, 30)


def test_who_waits_already_is_not_put_on_the_list_twice_and_gets_no_second_referral(room):
    room.wait()

    with pytest.raises(AlreadyWaiting):
        room.wait()

    assert len(room.clinic.rows("referrals")) == 1


def test_d10_a_freed_slot_for_referrals_is_offered_to_who_was_sent_and_to_nobody_without_a_referral(room, new_work):
    robot = replace(RULES, robot_calls=True)
    slot = room.slot(SlotKind.REFERRAL, room.cardiologist, when=at("2026-04-30 12:00"))
    taken = room.book(slot, Purpose.REFERRAL, rules=robot)
    other = Room(room.clinic)
    waits = other.wait(rules=robot)
    stranger = room.clinic.patient(phone=PhoneNumber("+79005554433"))

    booking.cancel(
        new_work(),
        taken.booking_id,
        patient_id=room.patient.id,
        key="c",
        rules=robot,
        now=AFTER_THE_VISIT,
    )

    (offer,) = room.clinic.rows("slot_offers")
    assert (offer.slot_id, offer.entry_id) == (slot, waits.entry_id)
    with pytest.raises(Refusal):
        room.clinic.hold(slot, stranger, now=AFTER_THE_VISIT)


@pytest.mark.parametrize(("centralised", "owner"), [(True, TaskOwner.CALL_CENTRE), (False, TaskOwner.REGISTRY)])
def test_s4_3_the_patient_is_told_by_exactly_one_owner_in_either_model(room, centralised, owner):
    rules = replace(RULES, centralised=centralised)

    made = room.book(room.slot(SlotKind.REFERRAL, room.cardiologist), Purpose.REFERRAL, rules=rules)

    tasks = room.tasks(made)
    assert {task.owner for task in tasks} == {owner}
    assert sorted(task.kind for task in tasks) == [TaskKind.FEEDBACK, TaskKind.REFERRAL_NOTICE]
    (notice,) = [task for task in tasks if task.kind == TaskKind.REFERRAL_NOTICE]
    assert (notice.status, notice.phone, notice.until) == ("OPEN", room.patient.phone.e164, LATER)


def test_s4_3_the_owner_stays_when_the_model_is_switched_while_the_task_is_open(room):
    made = room.book(room.slot(SlotKind.REPEAT), rules=replace(RULES, centralised=False))

    room.clinic.book(  # anything else that is booked in the other model
        room.clinic.slot(room.colleague, LATER), room.clinic.patient(), rules=RULES
    )

    assert {task.owner for task in room.tasks(made)} == {TaskOwner.REGISTRY}


def test_s4_3_the_robot_of_the_call_centre_rings_who_was_booked_by_a_doctor(room, new_work):
    robot = replace(RULES, robot_calls=True)
    made = room.book(room.slot(SlotKind.REPEAT), rules=robot)

    dial = outreach.claim(new_work(), node="dial", rules=robot, now=AFTER_THE_VISIT)

    assert (dial.kind, dial.phone) == (TaskKind.REFERRAL_NOTICE, room.patient.phone.e164)
    told = outreach.briefing(new_work(), dial.key, rules=robot, now=AFTER_THE_VISIT)
    assert told.visit.id == made.booking_id


def test_a_booking_that_is_undone_frees_the_slot_ends_the_calls_and_the_referral(room):
    slot = room.slot(SlotKind.REFERRAL, room.cardiologist)
    made = room.book(slot, Purpose.REFERRAL)

    undone = [room.undo(made) for _ in range(2)]

    assert undone[0] == undone[1]
    assert undone[0].undone_at == AFTER_THE_VISIT
    booked = room.booked(made)
    assert (booked.status, booked.close_reason) == (BookingStatus.CANCELLED_BY_CLINIC, "ошибся врачом")
    assert room.clinic.rows("slots", id=slot)[0].state == "FREE"
    assert {task.kind: task.status for task in room.tasks(made)} == {
        TaskKind.FEEDBACK: "DROPPED",
        TaskKind.REFERRAL_NOTICE: "DROPPED",
        TaskKind.SLOT_FREED: "OPEN",
    }
    (referral,) = room.clinic.rows("referrals")
    assert (referral.used_by, referral.valid_until) == (None, date(2026, 4, 26))


def test_a_referral_that_was_given_before_outlives_the_booking_that_is_undone(room):
    room.refer(number="5005")
    made = room.book(room.slot(SlotKind.REFERRAL, room.cardiologist), Purpose.REFERRAL, number="5005")

    room.undo(made)

    (referral,) = room.clinic.rows("referrals")
    assert (referral.used_by, referral.valid_until) == (None, date(2026, 5, 27))


def test_an_opened_slot_is_taken_back_unless_the_patient_was_quicker(room):
    first, second = room.slot(SlotKind.REPEAT), room.slot(SlotKind.REPEAT, when=LATER + timedelta(days=1))
    opened, used = room.open(first), room.open(second)
    room.clinic.book(second, room.patient, purpose=Purpose.REPEAT, now=AFTER_THE_VISIT)

    room.undo(opened)
    with pytest.raises(WrongTurn):
        room.undo(used)

    assert [row.for_patient_id for row in room.clinic.rows("slots", kind="REPEAT")] == [None, room.patient.id]
    assert [row.undone_at for row in room.clinic.rows("follow_ups")] == [AFTER_THE_VISIT, None]


def test_an_opened_slot_that_the_patient_talks_about_now_is_not_taken_from_him(room):
    slot = room.slot(SlotKind.REPEAT)
    opened = room.open(slot)
    room.clinic.hold(slot, room.patient, now=AFTER_THE_VISIT)

    with pytest.raises(WrongTurn):
        room.undo(opened)


def test_the_waiting_list_and_its_referral_are_left_together(room):
    made = room.wait()

    room.undo(made)

    assert [row.status for row in room.clinic.rows("waiting_entries")] == [WaitingStatus.CANCELLED_BY_PATIENT]
    assert [row.valid_until for row in room.clinic.rows("referrals")] == [date(2026, 4, 26)]


def test_a_referral_that_somebody_was_booked_with_is_not_withdrawn(room):
    made = room.refer()
    number = room.number_of(made)
    room.clinic.book(
        room.clinic.slot(room.cardiologist, LATER), room.patient, referral_number=number, now=AFTER_THE_VISIT
    )

    with pytest.raises(WrongTurn):
        room.undo(made)


def test_only_who_arranged_it_undoes_it_and_only_before_it_begins(room):
    made = room.book(room.slot(SlotKind.REPEAT))

    with pytest.raises(NotFound):
        room.undo(made, doctor=room.colleague)
    with pytest.raises(TooLate):
        room.undo(made, now=LATER)

    assert room.booked(made).status is BookingStatus.BOOKED


def test_each_arrangement_and_its_end_stand_in_the_audit_log_without_a_word_of_the_patient(room):
    made = room.book(room.slot(SlotKind.REPEAT))
    room.undo(made)

    said = [(row.action, row.who) for row in room.clinic.rows("audit")]
    assert said == [
        ("visit.marked", WHO),
        ("booking.made", WHO),
        ("follow_up.made", WHO),
        ("booking.cancelled", WHO),
        ("follow_up.undone", WHO),
    ]
    assert "Тестова" not in str([row.detail for row in room.clinic.rows("audit")])


def test_vacant_times_are_those_of_the_kind_the_doctors_own_first(room, new_work):
    theirs = room.slot(SlotKind.REPEAT, room.colleague, when=at("12:00"))
    own = room.slot(SlotKind.REPEAT)
    room.clinic.slot(room.doctor, at("2026-04-29 11:00"))
    room.slot(SlotKind.REFERRAL, when=at("2026-04-29 12:00"))
    everywhere = frozenset(Channel)
    room.clinic.slot(room.doctor, at("2026-04-29 13:00"), kind=SlotKind.REPEAT, channels=everywhere)  # d03

    found = doctor_room.vacant(new_work(), room.visit, Purpose.REPEAT, "therapist", rules=RULES, now=AFTER_THE_VISIT)

    assert [(doctor.id, [slot.id for slot in slots]) for doctor, slots in found] == [
        (room.doctor, [own]),
        (room.colleague, [theirs]),
    ]


def test_a_new_timetable_withdraws_a_slot_that_was_opened_and_taken_back(room, new_work):
    room.undo(room.open(room.slot(SlotKind.REPEAT)))

    with new_work() as work:
        done = replan(work.connection, [room.doctor], [], AFTER_THE_VISIT)
        work.commit()

    assert done.withdrawn == 1
    assert [row.state for row in room.clinic.rows("slots", kind="REPEAT")] == ["CLOSED"]


def test_slots_kept_for_doctors_are_never_offered_to_who_waits_without_a_referral(room, new_work):
    robot = replace(RULES, robot_calls=True)
    for kind in (SlotKind.REPEAT, SlotKind.REFERRAL, SlotKind.OBSERVATION):
        hours = timedelta(hours=list(SlotKind).index(kind))
        room.slot(kind, when=LATER + hours)
    for number, reason in enumerate((WaitingReason.NO_SLOTS, WaitingReason.REFERRAL)):
        phone = PhoneNumber(f"+7900000000{number}")
        wish = Wish(room.clinic.patient().id, "therapist", None, PartOfDay.ANY, reason, phone, f"wish-{number}")
        waiting.join(new_work(), wish, rules=robot, now=AFTER_THE_VISIT)

    assert slot_offers.seek(new_work, rules=robot, now=at("11:00")) == 0
