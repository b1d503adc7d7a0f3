"""Freed times go to the waiting list, to one person at a time, and nobody is forgotten (1.5, S2.7)."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from ivr.domain.dialling import Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.refusals import Refusal
from ivr.domain.slot import Channel
from ivr.domain.waiting_list import OPEN, PartOfDay, WaitingReason
from ivr.services import answers, booking, outreach, slot_offers, waiting
from ivr.services.waiting import Wish
from ivr.storage.tables import metadata
from tests.builders import CALLER, RULES, Clinic, at, every

ROBOT = replace(RULES, robot_calls=True)
NOW = at("11:00")
DAY = "2026-04-28"


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


def join(clinic, new_work, now=NOW, **changes):
    """Somebody new on the list; his entry."""
    patient = clinic.patient()
    standard = Wish(
        patient_id=patient.id,
        speciality="therapist",
        doctor_id=None,
        part_of_day=PartOfDay.ANY,
        reason=WaitingReason.NO_SLOTS,
        contact=PhoneNumber(f"+7900{patient.id:07}"),
        key=f"join-{patient.id}",
    )
    return waiting.join(new_work(), replace(standard, **changes), rules=ROBOT, now=now)


def a_visit(clinic, doctor, when=f"{DAY} 15:00", **changes):
    slot = clinic.slot(doctor, at(when))
    return clinic.book(slot, clinic.patient(), rules=ROBOT, contact=PhoneNumber("+79000009999"), **changes)


def cancel(new_work, visit, now=NOW):
    booking.cancel(new_work(), visit.id, patient_id=visit.patient_id, key=f"c-{visit.id}", rules=ROBOT, now=now)


def ring(new_work, now=NOW):
    """The robot rings: what its story is told."""
    dial = outreach.claim(new_work(), node="dial", rules=ROBOT, now=now)
    return None if dial is None else outreach.briefing(new_work(), dial.key, rules=ROBOT, now=now)


def hang_up(new_work, about, now=NOW, outcome=Outcome.UNFINISHED):
    outreach.finish(new_work(), about.key, Ended(outcome, 16), rules=ROBOT, now=now)


def offers(clinic):
    return [(row.entry_id, row.status) for row in clinic.rows("slot_offers")]


def status(clinic, entry):
    return clinic.rows("waiting_entries", id=entry.id)[0].status


def test_a_cancelled_visit_is_offered_in_the_same_transaction_and_held(clinic, new_work, doctor):
    entry = join(clinic, new_work)
    visit = a_visit(clinic, doctor)
    cancel(new_work, visit)

    (offer,) = clinic.rows("slot_offers")
    (slot,) = clinic.rows("slots", id=visit.slot.id)
    (task,) = clinic.rows("tasks", kind="OFFER")
    assert (offer.entry_id, offer.until) == (entry.id, NOW + timedelta(minutes=30))
    assert (slot.held_by, slot.held_until) == (f"offer-{slot.id}-{entry.id}", offer.until)
    assert (task.robot, task.offer_id, task.due_at) == (True, offer.id, NOW)
    assert status(clinic, entry) == "OFFERED"


def test_the_nearest_legal_deadline_is_first_then_the_flag_then_who_came_first(clinic, new_work, doctor):
    usual = join(clinic, new_work)
    by_referral = join(clinic, new_work, reason=WaitingReason.REFERRAL)
    sooner = join(clinic, new_work, now=NOW - timedelta(days=3))
    visits = [a_visit(clinic, doctor, f"{DAY} {hour}:00") for hour in (14, 15, 16)]
    for visit in visits:
        cancel(new_work, visit)

    assert [entry for entry, _ in offers(clinic)] == [sooner.id, by_referral.id, usual.id]


@pytest.mark.parametrize(
    "wish",
    [
        {"part_of_day": PartOfDay.MORNING},
        {"contact": None},
        {"doctor_id": "another"},
    ],
    ids=["another part of the day", "no telephone", "another doctor"],
)
def test_whom_a_time_does_not_suit_it_is_not_offered(clinic, new_work, doctor, wish):
    if wish.get("doctor_id"):
        wish = {"doctor_id": clinic.doctor()}
    join(clinic, new_work, **wish)
    cancel(new_work, a_visit(clinic, doctor))

    assert offers(clinic) == []


def test_who_has_another_visit_then_is_passed_over(clinic, new_work, doctor):
    busy, next_one = join(clinic, new_work), join(clinic, new_work)
    ent = clinic.doctor(clinic.speciality("ent"))
    with new_work().reading() as work:
        patient = work.patients.get(busy.patient_id)
    clinic.book(clinic.slot(ent, at(f"{DAY} 15:10")), patient, rules=ROBOT)
    cancel(new_work, a_visit(clinic, doctor))

    assert offers(clinic) == [(next_one.id, "OPEN")]


def test_a_time_goes_to_the_list_though_its_feedback_was_left_to_the_registry(clinic, new_work, doctor):
    """Who booked on the portal has given no number for a robot; his time is as good as any other."""
    entry = join(clinic, new_work)
    visit = a_visit(clinic, doctor, channel=Channel.EPGU)
    ring(new_work, now=at("2026-04-27 17:00"))
    assert [row.owner for row in clinic.rows("tasks", kind="FEEDBACK")] == ["REGISTRY"]

    cancel(new_work, visit, now=at("2026-04-27 17:05"))

    assert offers(clinic) == [(entry.id, "OPEN")]


def test_who_has_a_visit_in_that_speciality_is_passed_over_for_he_could_not_take_it(clinic, new_work, doctor):
    first, second = join(clinic, new_work), join(clinic, new_work, now=NOW + timedelta(seconds=1))
    with new_work().reading() as work:
        booked = work.patients.get(first.patient_id)
    clinic.book(clinic.slot(doctor, at(f"{DAY} 17:00")), booked, rules=ROBOT)
    join_again = Wish(booked.id, "therapist", None, PartOfDay.ANY, WaitingReason.NO_SUITABLE_TIME, CALLER, "again")
    waiting.join(new_work(), join_again, rules=ROBOT, now=NOW - timedelta(hours=1))

    cancel(new_work, a_visit(clinic, doctor))

    assert offers(clinic) == [(second.id, "OPEN")]


def test_a_time_less_than_two_hours_away_is_for_everybody(clinic, new_work, doctor):
    join(clinic, new_work)
    cancel(new_work, a_visit(clinic, doctor, "2026-04-27 13:00"), now=at("11:00:01"))
    cancel(new_work, a_visit(clinic, doctor, "2026-04-27 13:30"), now=at("11:00:01"))

    (offer,) = clinic.rows("slot_offers")
    assert clinic.rows("slots", id=offer.slot_id)[0].starts_at == at("13:30")


def test_a_time_freed_at_night_is_kept_for_the_list_until_people_may_be_rung(clinic, new_work, doctor):
    join(clinic, new_work)
    night = at("2026-04-27 23:00")
    cancel(new_work, a_visit(clinic, doctor), now=night)

    (offer,) = clinic.rows("slot_offers")
    assert offer.until == at(f"{DAY} 10:30")
    assert ring(new_work, now=night) is None
    assert ring(new_work, now=at(f"{DAY} 10:00")).kind == "OFFER"


def test_in_the_decentralised_model_people_offer_the_time_s4_3(clinic, new_work, doctor):
    join(clinic, new_work)
    rules = replace(ROBOT, centralised=False)
    visit = clinic.book(clinic.slot(doctor, at(f"{DAY} 15:00")), clinic.patient(), rules=rules)
    booking.cancel(new_work(), visit.id, patient_id=visit.patient_id, key="c", rules=rules, now=NOW)

    assert offers(clinic) == []
    assert [row.owner for row in clinic.rows("tasks", kind="SLOT_FREED")] == ["REGISTRY"]


def test_who_accepts_is_booked_and_waits_no_more(clinic, new_work, doctor):
    entry = join(clinic, new_work)
    visit = a_visit(clinic, doctor)
    cancel(new_work, visit)
    about = ring(new_work)
    booked = answers.accept(new_work(), about, rules=ROBOT, now=NOW)
    again = answers.accept(new_work(), about, rules=ROBOT, now=NOW)
    hang_up(new_work, about)

    assert booked.slot.id == visit.slot.id
    assert again.id == booked.id
    assert (status(clinic, entry), offers(clinic)) == ("BOOKED", [(entry.id, "ACCEPTED")])
    assert [row.result for row in clinic.rows("tasks", kind="OFFER")] == ["BOOKED"]
    assert [(row.outcome, row.result) for row in clinic.rows("dial_attempts")] == [("DONE", "BOOKED")]


def test_who_declines_waits_on_and_the_next_one_is_asked_at_once(clinic, new_work, doctor):
    first, second = join(clinic, new_work), join(clinic, new_work)
    cancel(new_work, a_visit(clinic, doctor))
    answers.decline(new_work(), ring(new_work), rules=ROBOT, now=NOW)

    assert offers(clinic) == [(first.id, "DECLINED"), (second.id, "OPEN")]
    assert (status(clinic, first), status(clinic, second)) == ("ACTIVE", "OFFERED")
    assert clinic.rows("waiting_entries", id=first.id)[0].declined == 1


def test_who_is_rung_twice_in_vain_is_passed_over_and_after_two_offers_looked_after_by_people(clinic, new_work, doctor):
    entry = join(clinic, new_work)
    now = NOW
    for when in ("15:00", "16:00"):
        cancel(new_work, a_visit(clinic, doctor, f"{DAY} {when}"), now=now)
        for pause in (11, 0):
            hang_up(new_work, ring(new_work, now=now), now=now, outcome=Outcome.NO_ANSWER)
            now += timedelta(minutes=pause)

    assert [state for _, state in offers(clinic)] == ["UNANSWERED", "UNANSWERED"]
    assert status(clinic, entry) == "ESCALATED"
    assert [row.entry_id for row in clinic.rows("tasks", kind="WAITING", status="OPEN")] == [entry.id]


def test_an_offer_whose_time_is_over_goes_to_the_next(clinic, new_work, doctor):
    first, second = join(clinic, new_work), join(clinic, new_work)
    cancel(new_work, a_visit(clinic, doctor))
    later = NOW + timedelta(minutes=30)

    assert slot_offers.tidy(new_work, rules=ROBOT, now=later - timedelta(seconds=1)) == 0
    assert slot_offers.tidy(new_work, rules=ROBOT, now=later) == 1
    assert slot_offers.tidy(new_work, rules=ROBOT, now=later) == 0
    assert offers(clinic) == [(first.id, "LAPSED"), (second.id, "OPEN")]


def test_who_listens_to_his_offer_does_not_lose_it_meanwhile(clinic, new_work, doctor):
    entry = join(clinic, new_work)
    cancel(new_work, a_visit(clinic, doctor))
    late = NOW + timedelta(minutes=29)
    about = ring(new_work, now=late)

    assert slot_offers.tidy(new_work, rules=ROBOT, now=late + timedelta(minutes=2)) == 0
    answers.accept(new_work(), about, rules=ROBOT, now=late + timedelta(minutes=3))
    assert status(clinic, entry) == "BOOKED"


def late_listener(clinic, new_work, doctor, meanwhile):
    """His hold has lapsed and nobody has tidied up when he answers; what the story is told, and the time."""
    entry = join(clinic, new_work)
    visit = a_visit(clinic, doctor)
    cancel(new_work, visit)
    dial = outreach.claim(new_work(), node="dial", rules=ROBOT, now=NOW + timedelta(minutes=29))
    late = NOW + timedelta(minutes=31)
    meanwhile(visit.slot.id, late)
    return entry, outreach.briefing(new_work(), dial.key, rules=ROBOT, now=late), late


def test_who_answers_when_his_hold_has_lapsed_and_nobody_took_the_time_has_it_again(clinic, new_work, doctor):
    entry, about, late = late_listener(clinic, new_work, doctor, lambda slot, now: None)

    assert answers.is_needed(about, now=late)
    assert answers.offered(new_work(), about, now=late) is not None
    assert answers.accept(new_work(), about, rules=ROBOT, now=late + timedelta(minutes=4)).slot.id == 1
    assert status(clinic, entry) == "BOOKED"


@pytest.mark.parametrize("how", ["holds", "books"])
def test_who_answers_when_somebody_else_has_his_time_is_offered_nothing(clinic, new_work, doctor, how):
    def taken(slot_id, now):
        patient = clinic.patient()
        if how == "holds":
            booking.hold(new_work(), slot_id, patient_id=patient.id, call_key="other", rules=ROBOT, now=now)
        else:
            clinic.book(slot_id, patient, now=now, rules=ROBOT)

    entry, about, late = late_listener(clinic, new_work, doctor, taken)

    assert not answers.is_needed(about, now=late)
    assert (status(clinic, entry), offers(clinic)) == ("ACTIVE", [(entry.id, "WITHDRAWN")])
    if how == "holds":
        assert clinic.rows("slots", id=1)[0].held_by == "other"


def test_an_offer_to_somebody_who_has_left_the_list_is_withdrawn(clinic, new_work, doctor):
    first, second = join(clinic, new_work), join(clinic, new_work)
    cancel(new_work, a_visit(clinic, doctor))
    waiting.leave(new_work(), first.id, patient_id=first.patient_id, now=NOW)

    assert ring(new_work) is None
    assert slot_offers.tidy(new_work, rules=ROBOT, now=NOW) == 1
    assert offers(clinic) == [(first.id, "WITHDRAWN"), (second.id, "OPEN")]


def test_a_free_time_that_came_by_another_way_is_found_for_who_had_found_nothing(clinic, new_work, doctor):
    refused = join(clinic, new_work, reason=WaitingReason.NO_SUITABLE_TIME)
    entry = join(clinic, new_work)
    clinic.slot(doctor, at(f"{DAY} 15:00"))

    assert slot_offers.seek(new_work, rules=ROBOT, now=NOW) == 1
    assert slot_offers.seek(new_work, rules=ROBOT, now=NOW) == 0
    assert offers(clinic) == [(entry.id, "OPEN")]
    assert status(clinic, refused) == "ACTIVE"


def test_who_comes_near_his_legal_deadline_is_looked_after_by_people_once(clinic, new_work, doctor):
    entry = join(clinic, new_work)
    near = entry.deadline - timedelta(hours=4)

    assert slot_offers.escalate(new_work, rules=ROBOT, now=NOW) == 0
    assert slot_offers.escalate(new_work, rules=ROBOT, now=near) == 1
    assert slot_offers.escalate(new_work, rules=ROBOT, now=near) == 0
    assert status(clinic, entry) == "ACTIVE"


def test_two_who_tidy_at_once_pass_a_time_on_once(clinic, new_work, doctor):
    join(clinic, new_work)
    second = join(clinic, new_work)
    third = join(clinic, new_work)
    cancel(new_work, a_visit(clinic, doctor))
    later = NOW + timedelta(minutes=30)
    done = []
    threads = [
        threading.Thread(target=lambda: done.append(slot_offers.tidy(new_work, rules=ROBOT, now=later))) for _ in "1234"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == [0, 0, 0, 1]
    assert [state for _, state in offers(clinic)] == ["LAPSED", "OPEN"]
    assert (status(clinic, second), status(clinic, third)) == ("OFFERED", "ACTIVE")


def test_who_was_never_rung_has_not_failed_to_answer(clinic, new_work, doctor):
    """1.5: two unanswered offers go to a person; one that lapsed as the dialler was down is none."""
    entry = join(clinic, new_work)
    for hour in ("15:00", "16:00"):
        cancel(new_work, a_visit(clinic, doctor, f"{DAY} {hour}"))
        slot_offers.tidy(new_work, rules=ROBOT, now=NOW + timedelta(minutes=30))

    assert [state for _, state in offers(clinic)] == ["LAPSED", "LAPSED"]
    assert clinic.rows("waiting_entries", id=entry.id)[0].no_answer == 0
    assert status(clinic, entry) == "ACTIVE"


def test_whom_our_own_line_did_not_reach_has_not_failed_to_answer(clinic, new_work, doctor):
    entry = join(clinic, new_work)
    cancel(new_work, a_visit(clinic, doctor))
    for minutes in range(0, 30, 5):
        now = NOW + timedelta(minutes=minutes)
        hang_up(new_work, ring(new_work, now=now), now=now, outcome=Outcome.TRUNK)

    assert offers(clinic) == [(entry.id, "UNANSWERED")]
    assert clinic.rows("waiting_entries", id=entry.id)[0].no_answer == 0


def test_a_time_is_held_no_longer_than_until_two_hours_before_it(clinic, new_work, doctor):
    """1.5: a time less than two hours away is not offered by robot, not even by the second call of an offer."""
    join(clinic, new_work)
    cancel(new_work, a_visit(clinic, doctor, "2026-04-27 13:10"), now=at("11:00"))
    cancel(new_work, a_visit(clinic, doctor, "2026-04-27 13:40"), now=at("11:00"))

    assert [row.until for row in clinic.rows("slot_offers")] == [at("11:10")]


@pytest.mark.parametrize("why", ["detached", "too many visits"])
def test_who_could_not_take_a_time_is_not_rung_about_it_again_and_again(clinic, new_work, doctor, why):
    entry, second = join(clinic, new_work), join(clinic, new_work, now=NOW + timedelta(seconds=1))
    with new_work() as work:
        patient = work.patients.get(entry.patient_id)
        if why == "detached":
            work.patients.save(replace(patient, attached=False))
            work.commit()
    if why == "too many visits":
        for number in range(ROBOT.max_active):
            other = clinic.doctor(clinic.speciality(f"s{number}"))
            clinic.book(clinic.slot(other, at(f"2026-05-0{number + 5} 10:00")), patient, rules=ROBOT)

    cancel(new_work, a_visit(clinic, doctor))

    assert offers(clinic) == [(second.id, "OPEN")]


class List(RuleBasedStateMachine):
    """Four people wait; times are freed, offered, taken, held and lost in any order."""

    new_work = None
    engine = None

    def __init__(self):
        super().__init__()
        with self.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        self.clinic = Clinic(self.new_work)
        self.now = NOW
        self.commands = 0
        self.clinic.speciality()
        doctor = self.clinic.doctor()
        self.slots = self.clinic.slots(doctor, every(40, at(f"{DAY} 13:00"), 4))
        self.others = [self.clinic.patient() for _ in range(4)]
        self.entries = [join(self.clinic, self.new_work) for _ in range(4)]
        self.about = None

    def key(self):
        self.commands += 1
        return f"command-{self.commands}"

    def tried(self, use_case, *args, **named):
        try:
            return use_case(self.new_work(), *args, rules=ROBOT, now=self.now, **named)
        except Refusal:
            return None

    @rule(slot=st.integers(0, 3), who=st.integers(0, 3))
    def somebody_books(self, slot, who):
        try:
            self.clinic.book(self.slots[slot], self.others[who], now=self.now, rules=ROBOT, call_key=f"call-{who}")
        except Refusal:
            return

    @rule(slot=st.integers(0, 3), who=st.integers(0, 3))
    def somebody_holds(self, slot, who):
        self.tried(booking.hold, self.slots[slot], patient_id=self.others[who].id, call_key=f"call-{who}")

    @rule(which=st.integers(0, 7))
    def somebody_cancels(self, which):
        visits = self.clinic.rows("bookings", status="BOOKED")
        if visits:
            visit = visits[which % len(visits)]
            self.tried(booking.cancel, visit.id, patient_id=visit.patient_id, key=self.key())

    @rule(answer=st.sampled_from(["accept", "decline", "leave", "lose", "nothing"]), ends=st.sampled_from(Outcome))
    def the_robot_rings(self, answer, ends):
        about = ring(self.new_work, now=self.now)
        if about is None:
            return
        if about.kind == "OFFER" and answer != "nothing":
            self.tried(getattr(answers, answer), about)
        hang_up(self.new_work, about, now=self.now, outcome=ends)

    @rule()
    def the_robot_dies_in_a_call(self):
        ring(self.new_work, now=self.now)
        self.now += outreach.LEASE
        outreach.close_lost(self.new_work(), rules=ROBOT, now=self.now)

    @rule(which=st.integers(0, 3))
    def somebody_leaves(self, which):
        entry = self.entries[which]
        try:
            waiting.leave(self.new_work(), entry.id, patient_id=entry.patient_id, now=self.now)
        except Refusal:
            return

    @rule(minutes=st.sampled_from([1, 5, 12, 31]))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def the_dialler_tidies(self):
        slot_offers.tidy(self.new_work, rules=ROBOT, now=self.now)
        slot_offers.seek(self.new_work, rules=ROBOT, now=self.now)

    def tidied(self):
        slot_offers.tidy(self.new_work, rules=ROBOT, now=self.now)
        return self.clinic.rows("slot_offers", status="OPEN")

    @invariant()
    def an_open_offer_is_alone_and_has_its_slot(self):
        open_ones = self.tidied()
        assert len({row.slot_id for row in open_ones}) == len(open_ones)
        assert len({row.entry_id for row in open_ones}) == len(open_ones)
        for row in open_ones:
            (slot,) = self.clinic.rows("slots", id=row.slot_id)
            assert (slot.state, slot.held_by) == ("FREE", f"offer-{row.slot_id}-{row.entry_id}")

    @invariant()
    def who_is_offered_something_has_an_open_offer_and_nobody_else_has(self):
        offered = {row.entry_id for row in self.tidied()}
        assert offered == {row.id for row in self.clinic.rows("waiting_entries", status="OFFERED")}

    @invariant()
    def no_slot_is_held_for_an_offer_that_is_over(self):
        open_ones = {f"offer-{row.slot_id}-{row.entry_id}" for row in self.tidied()}
        held = {row.held_by for row in self.clinic.rows("slots") if (row.held_by or "").startswith("offer-")}
        assert held <= open_ones

    @invariant()
    def nobody_is_removed_in_silence(self):
        for entry in self.clinic.rows("waiting_entries"):
            if entry.status not in OPEN:
                left = entry.status == "CANCELLED_BY_PATIENT"
                booked = any(row.patient_id == entry.patient_id for row in self.clinic.rows("bookings"))
                assert left or booked

    @invariant()
    def no_attempt_is_left_and_no_slot_is_booked_twice(self):
        assert self.clinic.rows("dial_attempts", ended_at=None) == []
        filled = [row.slot_id for row in self.clinic.rows("bookings", status="BOOKED")]
        assert len(filled) == len(set(filled))


def test_the_waiting_list_in_any_order_forgets_nobody_and_offers_nothing_twice(database):
    about = {"new_work": staticmethod(database.new_work), "engine": database.engine}
    limits = settings(
        max_examples=25 if database.url.startswith("sqlite") else 6,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(type("ListHere", (List,), about), settings=limits)
