"""All channels by their own doors, the robot and the clock do anything in any order, one after another and all at once:
afterwards the history is right (S4.2, 1.5, 1.6)."""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from ivr.domain.booking import FILLS_A_SLOT
from ivr.domain.client import Acquaintance, Scope
from ivr.domain.dialling import Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import Refusal
from ivr.domain.rules import Rules
from ivr.domain.slot import REMOTE, Channel, SlotKind
from ivr.domain.speciality import Access
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.services import (
    answers,
    attendance,
    booking,
    client_visits,
    clients,
    follow_up,
    infomat,
    kiosks,
    outreach,
    portal_booking,
    slot_offers,
    waiting,
)
from ivr.services.booking import BookingCommand
from ivr.services.follow_up import Awaited, Order
from ivr.services.portal_ports import PortalSession
from ivr.services.waiting import Wish
from ivr.storage.tables import metadata
from tests.builders import RULES, Clinic, at, every

RULES_OF_THE_DAY = replace(RULES, robot_calls=True)
NOW = at("11:00")
DOCTORS_ONLY = frozenset({Channel.MED_ARM})
CHANNELS = (Channel.CC, Channel.REG, Channel.EPGU, Channel.INFOMAT, Channel.MED_ARM, Channel.OTHER)
ROBOT = len(CHANNELS)
PATIENTS, SLOTS = 8, 11
SPECIALITIES = ("therapist", "ent", "cardiologist")
MOVES = frozenset(CHANNELS) - {Channel.EPGU, Channel.MED_ARM, Channel.INFOMAT}
"""The portal and the doctor cancel and book anew."""
ONLY_BOOKS = {Channel.INFOMAT: {"hold", "book", "let go"}}
"""A kiosk tells nobody of visits that were booked elsewhere, and asks for no telephone."""
A_COMPETITIVE_SLOT, A_REPEAT_VISIT = (0, "therapist"), (7, "ent")
OPEN_ENTRIES = ("NEW", "ACTIVE", "OFFERED", "ESCALATED")


class Step(NamedTuple):
    """Who does what; numbers are taken modulo what there is."""

    actor: int
    what: str
    patient: int
    slot: int


_OF_A_CHANNEL = st.builds(
    Step,
    st.integers(0, ROBOT - 1),
    st.sampled_from(
        ["hold", "book", "book", "book", "move", "cancel", "cancel", "let go", "join", "join", "join", "leave"]
    ),
    st.integers(0, PATIENTS - 1),
    st.integers(0, SLOTS - 1),
)
_OF_THE_ROBOT = st.builds(
    Step,
    st.just(ROBOT),
    st.sampled_from(["accepts", "declines", "no answer", "offer lapses", "seek"]),
    st.integers(0, PATIENTS - 1),
    st.just(0),
)
STEPS = st.lists(st.one_of(_OF_A_CHANNEL, _OF_A_CHANNEL, _OF_THE_ROBOT), min_size=60, max_size=90)


@dataclass
class Day:
    """A small hospital and what its channels do."""

    new_work: object
    alone: bool
    rules: Rules = RULES_OF_THE_DAY
    now: datetime = NOW
    keys: Counter = field(default_factory=Counter)

    def __post_init__(self):
        clinic = self.clinic = Clinic(self.new_work)
        therapist = clinic.doctor(clinic.speciality("therapist"))
        ent = clinic.doctor(clinic.speciality("ent"))
        heart = clinic.doctor(clinic.speciality("cardiologist", access=Access.REFERRAL))
        tomorrow = "2026-04-28"
        self.slots = [
            *clinic.slots(therapist, every(30, at(f"{tomorrow} 10:00"), 4)),
            *clinic.slots(ent, every(30, at(f"{tomorrow} 12:00"), 3)),
            clinic.slot(ent, at(f"{tomorrow} 14:00"), kind=SlotKind.REPEAT, channels=DOCTORS_ONLY),
            *clinic.slots(heart, every(30, at(f"{tomorrow} 15:00"), 2), kind=SlotKind.REFERRAL, channels=DOCTORS_ONLY),
            clinic.slot(heart, at(f"{tomorrow} 16:30")),
        ]
        self.patients = [clinic.patient(phone=PhoneNumber(f"+7900100000{n}")) for n in range(PATIENTS)]
        for patient in self.patients[:2]:
            clinic.referral(patient, "cardiologist", number=f"R{patient.id}")
        self.seen = {patient.id: self._sat_before(ent, patient, n) for n, patient in enumerate(self.patients)}
        self.client = self._system()
        self.kiosks = [self._kiosk(f"hall-{patient.id}") for patient in self.patients]

    def _sat_before(self, doctor, patient, number):
        """A visit of this morning, after which the doctor arranges what comes next."""
        visit = self.clinic.book(self.clinic.slot(doctor, at("09:00") + timedelta(minutes=number)), patient)
        attendance.came(self.new_work(), visit.id, who="user:7", rules=self.rules, now=self.now)
        return visit.id, doctor

    def _system(self):
        """Another system that has named every patient and may be told of their visits."""
        client, _ = clients.add(self.new_work(), "бот", [Scope.BOOK, Scope.WAITING], who="user:1", now=self.now)
        with self.new_work() as work:
            for patient in self.patients:
                work.clients.meet(client.id, Acquaintance(patient.id, told=True, until=self.now + timedelta(days=1)))
            work.commit()
        return client

    def _kiosk(self, name):
        given = kiosks.make_pass(self.new_work(), name, who="user:1", now=self.now)
        return kiosks.admit(self.new_work(), given, now=self.now)[0]

    def does(self, step: Step) -> None:
        """A refusal is an answer like any other; anything else fails the test."""
        before = {row.id for row in self.clinic.rows("bookings")} if self.alone else set()
        with suppress(Refusal):
            self._robot(step) if step.actor == ROBOT else self._channel(step)
        if self.alone:  # whoever acts books in his own name: the robot's offers are the telephone's
            made = [row.channel for row in self.clinic.rows("bookings") if row.id not in before]
            assert set(made) <= {"CC" if step.actor == ROBOT else CHANNELS[step.actor]}

    def _channel(self, step):
        channel, patient, slot = CHANNELS[step.actor], self.patients[step.patient], self.slots[step.slot]
        key = f"{channel}-{step.patient}"
        if step.what not in ONLY_BOOKS.get(channel, {step.what}):
            return
        match step.what:
            case "hold" if channel is Channel.OTHER:
                client_visits.hold(
                    self.new_work(), self.client, patient.id, slot, moves=None, rules=self.rules, now=self.now
                )
            case "hold" if channel is Channel.INFOMAT:
                infomat.hold(self.new_work(), self._turn(step, patient), slot, rules=self.rules, now=self.now)
            case "hold":
                self.clinic.hold(slot, patient, key, now=self.now, channel=channel)
            case "book":
                self._book(step, channel, patient, slot, key)
            case "move" if channel in MOVES:
                visit = self._visit(patient, step.slot)
                if visit is not None:
                    self._book(step, channel, patient, slot, key, moves=visit.id)
            case "cancel":
                self._cancel(step, patient)
            case "let go" if channel is Channel.OTHER:
                client_visits.release(self.new_work(), self.client, patient.id, now=self.now)
            case "let go" if channel is Channel.INFOMAT:
                infomat.end(self.new_work(), self.kiosks[step.patient].id)
            case "let go":
                booking.release(self.new_work(), key)
            case "join" if channel is Channel.MED_ARM:
                awaited = Awaited(SPECIALITIES[step.slot % 3], PartOfDay.ANY)
                order = self._order(step, patient, Purpose.REFERRAL)
                follow_up.wait(self.new_work(), order, awaited, rules=self.rules, now=self.now)
            case "join":
                wish = Wish(
                    patient_id=patient.id,
                    speciality=SPECIALITIES[step.slot % 3],
                    doctor_id=None,
                    part_of_day=PartOfDay.ANY,
                    reason=WaitingReason.NO_SLOTS,
                    contact=PhoneNumber(f"+7900{patient.id:07}"),
                    key=self._key(step),
                )
                if channel is Channel.OTHER:
                    own = replace(wish, key=self.client.key(wish.key))
                    client_visits.join(self.new_work(), self.client, own, rules=self.rules, now=self.now)
                else:
                    waiting.join(self.new_work(), wish, rules=self.rules, now=self.now)
            case "leave":
                for row in self.clinic.rows("waiting_entries", patient_id=patient.id):
                    if row.status in OPEN_ENTRIES:
                        waiting.leave(self.new_work(), row.id, patient_id=patient.id, now=self.now)

    def _book(self, step, channel, patient, slot, call_key, **changes):
        """By the channel's own door; the same once more is the same."""
        once = self._door(step, channel, patient, slot, call_key, **changes)
        assert once() == once()

    def _door(self, step, channel, patient, slot, call_key, **changes):
        number = f"R{patient.id}" if patient in self.patients[:2] and self._is_of_the_heart(slot) else None
        how = {"rules": self.rules, "now": self.now}
        if channel is Channel.EPGU:
            # A session books a slot once, and never again after it was cancelled.
            session = PortalSession(
                self._key(step), patient.id, Subject.SELF, None, None, self.now + timedelta(hours=1)
            )
            return lambda: portal_booking.book(self.new_work(), session, slot, None, **how).id
        if channel is Channel.MED_ARM:
            order = self._order(step, patient, self._purpose_of(slot))
            return lambda: follow_up.book(self.new_work(), order, slot, **how).booking_id
        if channel is Channel.INFOMAT:
            turn, press = self._turn(step, patient), self._key(step)
            return lambda: infomat.book(self.new_work(), turn, slot, press, **how).id
        purpose = Purpose.REFERRAL if number else Purpose.ILLNESS
        if channel is Channel.OTHER:
            named = {"key": self._key(step), "referral": number, "moves": changes.get("moves")} | how
            return lambda: client_visits.book(self.new_work(), self.client, patient.id, slot, purpose, **named).id
        command = BookingCommand(
            key=self._key(step),
            slot_id=slot,
            patient_id=patient.id,
            purpose=purpose,
            call_key=call_key,
            channel=channel,
            referral_number=number,
            contact=PhoneNumber(f"+7900{patient.id:07}"),
            by="user:1" if channel is Channel.REG else None,
            **changes,
        )
        return lambda: booking.book(self.new_work(), command, **how).id

    def _turn(self, step, patient):
        """Whose turn it is at the kiosk; a patient stays there while he holds a time."""
        kiosk = self.kiosks[step.patient]
        with self.new_work().reading() as work:
            turn = work.kiosks.visit(kiosk.id)
        return turn or infomat.begin(self.new_work(), kiosk, patient.oms, now=self.now)[0]

    def _order(self, step, patient, purpose):
        visit_id, doctor_id = self.seen[patient.id]
        return Order(self._key(step), visit_id, doctor_id, "user:7", purpose, "по показаниям")

    def _purpose_of(self, slot):
        return Purpose.REFERRAL if self._is_of_the_heart(slot) else Purpose.REPEAT

    def _cancel(self, step, patient):
        channel, key = CHANNELS[step.actor], self._key(step)
        how = {"rules": self.rules, "now": self.now}
        visit = self._visit(patient, step.slot)
        if channel is Channel.MED_ARM:
            self._undo(step, patient, how)
        elif visit is not None:
            self._cancel_visit(channel, patient, visit, key, how)
            self._check_now(visit.slot.id)

    def _cancel_visit(self, channel, patient, visit, key, how):
        if channel is Channel.EPGU:
            session, why = self._session(key, patient), "CANCELED_BY_PATIENT"
            portal_booking.cancel(self.new_work(), session, visit.id, why, by_patient=True, **how)
        elif channel is Channel.OTHER:
            client_visits.cancel(self.new_work(), self.client, visit.id, key=key, reason=None, **how)
        else:
            booking.cancel(self.new_work(), visit.id, patient_id=patient.id, key=key, **how)

    def _session(self, key, patient):
        return PortalSession(key, patient.id, Subject.SELF, None, None, self.now + timedelta(hours=1))

    def _undo(self, step, patient, how):
        visit_id, doctor_id = self.seen[patient.id]
        made = self.clinic.rows("follow_ups", visit_id=visit_id, undone_at=None)
        if made:
            one = made[step.slot % len(made)]
            named = {"doctor_id": doctor_id, "who": "user:7", "reason": "передумал"}
            follow_up.undo(self.new_work(), one.id, **named, **how)

    def _check_now(self, slot_id):
        """A freed time is offered in the transaction that frees it; with other threads about, nobody can say."""
        if self.alone and self.rules.centralised:
            slots = {row.id: row for row in self.clinic.rows("slots")}
            self._was_offered_on(slots, [slots[slot_id]])

    def _robot(self, step):
        if step.what == "offer lapses" and self.now < at("15:30"):  # nobody is rung up in the evening
            self.now += timedelta(minutes=31)
        if step.what in ("offer lapses", "seek"):
            self.round()
            return
        dial = outreach.claim(self.new_work(), node="dial", rules=self.rules, now=self.now)
        if dial is None:
            return
        about = outreach.briefing(self.new_work(), dial.key, rules=self.rules, now=self.now)
        try:
            if about.offer is not None and step.what == "accepts":
                answers.accept(self.new_work(), about, rules=self.rules, now=self.now)
            if about.offer is not None and step.what == "declines":
                answers.decline(self.new_work(), about, rules=self.rules, now=self.now)
                self._check_now(about.offer.slot_id)
        except Refusal:
            answers.lose(self.new_work(), about, rules=self.rules, now=self.now)
        finally:
            outcome = Outcome.NO_ANSWER if step.what == "no answer" else Outcome.UNFINISHED
            outreach.finish(self.new_work(), dial.key, Ended(outcome, 16), rules=self.rules, now=self.now)

    def round(self):
        """What the dialler does every few seconds."""
        slot_offers.tidy(self.new_work, rules=self.rules, now=self.now)
        slot_offers.seek(self.new_work, rules=self.rules, now=self.now)

    def ends(self):
        """Everybody hangs up, holds lapse, and the dialler has seen it."""
        self.now += RULES.hold
        self.round()

    def _visit(self, patient, which):
        visits = booking.upcoming(self.new_work(), patient.id, now=self.now)
        return visits[which % len(visits)] if visits else None

    def _is_of_the_heart(self, slot):
        return slot in self.slots[8:]

    def _key(self, step):
        self.keys[step.actor] += 1
        return f"{step.actor}-{step.what}-{self.keys[step.actor]}"

    def history_is_right(self):
        bookings, slots = self.clinic.rows("bookings"), {row.id: row for row in self.clinic.rows("slots")}
        self._no_slot_twice(bookings, slots)
        self._no_patient_twice_in_a_speciality(bookings)
        self._doctors_slots_only_by_doctors(bookings, slots)
        self._no_hold_without_an_owner(slots)
        self._every_visit_has_one_feedback(bookings)
        self._was_offered_on(slots, slots.values())

    def _no_slot_twice(self, bookings, slots):
        filled = [row.slot_id for row in bookings if row.status in FILLS_A_SLOT]
        assert sorted(filled) == sorted(row.id for row in slots.values() if row.state == "BOOKED")
        moved = [row.replaces_id for row in bookings if row.replaces_id is not None]
        assert len(moved) == len(set(moved))  # a visit is moved once

    def _no_patient_twice_in_a_speciality(self, bookings):
        active = [(row.patient_id, row.speciality) for row in bookings if row.status == "BOOKED"]
        assert len(active) == len(set(active))
        open_entries = [
            (row.patient_id, row.speciality)
            for row in self.clinic.rows("waiting_entries")
            if row.status in OPEN_ENTRIES
        ]
        assert len(open_entries) == len(set(open_entries))
        offered = [(row.patient_id, row.speciality) for row in self.clinic.rows("waiting_entries", status="OFFERED")]
        assert not set(active) & set(offered)

    def _doctors_slots_only_by_doctors(self, bookings, slots):
        for row in bookings:
            slot = slots[row.slot_id]
            if Channel.CC not in slot.channels and slot.for_patient_id != row.patient_id:
                assert row.channel == "MED_ARM"
            assert row.channel != "MED_ARM" or not slot.channels >= REMOTE

    def _no_hold_without_an_owner(self, slots):
        offers = {row.slot_id: row for row in self.clinic.rows("slot_offers", status="OPEN")}
        held = {row.id: row for row in slots.values() if row.held_by and row.held_until > self.now}
        assert set(held) == set(offers)
        for slot_id, offer in offers.items():
            assert held[slot_id].held_by == f"offer-{slot_id}-{offer.entry_id}"
            (entry,) = self.clinic.rows("waiting_entries", id=offer.entry_id)
            assert entry.status == "OFFERED"
        waiting_for_an_answer = self.clinic.rows("waiting_entries", status="OFFERED")
        assert sorted(row.id for row in waiting_for_an_answer) == sorted(row.entry_id for row in offers.values())

    def _every_visit_has_one_feedback(self, bookings):
        active = [row.id for row in bookings if row.status == "BOOKED"]
        asked = [row for row in self.clinic.rows("tasks", kind="FEEDBACK") if row.status != "DROPPED"]
        assert all(Counter(row.booking_id for row in asked)[number] == 1 for number in active)

    def _was_offered_on(self, slots, these):
        """No time lies idle while somebody waits for it who was never asked."""
        asked = {(row.slot_id, row.entry_id) for row in self.clinic.rows("slot_offers")}
        visits = defaultdict(list)
        for row in self.clinic.rows("bookings", status="BOOKED"):
            visits[row.patient_id].append(slots[row.slot_id])
        given = self.clinic.rows("referrals", used_by=None, speciality="cardiologist")
        referred = {row.patient_id for row in given if row.valid_until >= RULES.today(self.now)}

        def could_not(patient_id, slot):
            near = (abs(slot.starts_at - other.starts_at) < RULES.min_gap for other in visits[patient_id])
            if slot.speciality == "cardiologist" and patient_id not in referred:
                return True
            return any(near) or any(other.speciality == slot.speciality for other in visits[patient_id])

        holders = {f"offer-{row.slot_id}-{row.entry_id}" for row in self.clinic.rows("slot_offers", status="OPEN")}
        idle = [row for row in these if row.state == "FREE" and Channel.CC in row.channels]
        idle = [row for row in idle if not row.held_by or (_is_of_an_offer(row) and row.held_by not in holders)]
        for slot in idle:
            for entry in self.clinic.rows("waiting_entries", status="ACTIVE", speciality=slot.speciality):
                assert could_not(entry.patient_id, slot) or (slot.id, entry.id) in asked, (slot.id, entry.id)


def _is_of_an_offer(slot):
    return slot.held_by.startswith("offer-")


@pytest.fixture
def a_day(database):
    def make(*, alone: bool, **how) -> Day:
        with database.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        return Day(database.new_work, alone, **how)

    make.examples = 10 if database.url.startswith("sqlite") else 5
    return make


def limits(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),  # a history is read as it is: to make it shorter would take minutes
        suppress_health_check=list(HealthCheck),
        database=None,
    )


@pytest.mark.parametrize(("centralised", "owner"), [(True, "CALL_CENTRE"), (False, "REGISTRY")])
@pytest.mark.parametrize("channel", CHANNELS)
def test_s1_8_s3_7_s4_3_by_whichever_door_a_visit_comes_and_goes_the_same_is_written(
    a_day, channel, centralised, owner
):
    day = a_day(alone=True, rules=replace(RULES_OF_THE_DAY, centralised=centralised))
    clinic, patient, waits = day.clinic, 2, 0
    slot, speciality = A_REPEAT_VISIT if channel is Channel.MED_ARM else A_COMPETITIVE_SLOT
    seen = {row.id for row in clinic.rows("bookings")}
    day.does(Step(CHANNELS.index(Channel.CC), "join", waits, SPECIALITIES.index(speciality)))

    day.does(Step(CHANNELS.index(channel), "book", patient, slot))

    (visit,) = [row for row in clinic.rows("bookings") if row.id not in seen]
    assert (visit.channel, visit.status) == (channel, "BOOKED")
    assert _told_of(clinic, visit) == ["booking.made"]
    assert _feedback_of(clinic, visit) == [(owner, "OPEN", centralised)]

    cancels = Channel.CC if channel in ONLY_BOOKS else channel  # who booked at a kiosk phones to cancel
    day.does(Step(CHANNELS.index(cancels), "cancel", patient, 0))

    (gone,) = clinic.rows("bookings", id=visit.id)
    assert gone.status == ("CANCELLED_BY_CLINIC" if channel is Channel.MED_ARM else "CANCELLED_BY_PATIENT")
    assert _told_of(clinic, visit) == ["booking.made", "booking.cancelled"]
    assert _feedback_of(clinic, visit) == [(owner, "DROPPED", centralised)]
    freed = [task.owner for task in clinic.rows("tasks", kind="SLOT_FREED", slot_id=visit.slot_id)]
    assert freed == ([] if centralised else [owner])  # the robot offers it, or the registry does
    offered = centralised and channel is not Channel.MED_ARM  # a doctor's own times are given by doctors
    assert len(clinic.rows("slot_offers", slot_id=visit.slot_id, status="OPEN")) == offered


def _told_of(clinic, visit):
    return [row.kind for row in clinic.rows("events") if row.facts.get("booking") == visit.id]


def _feedback_of(clinic, visit):
    tasks = clinic.rows("tasks", kind="FEEDBACK", booking_id=visit.id)
    return [(task.owner, task.status, task.robot) for task in tasks]


def test_all_channels_in_any_order_leave_a_right_history(a_day):
    @limits(a_day.examples)
    @given(STEPS)
    def one_after_another(steps):
        day = a_day(alone=True)
        for step in steps:
            day.does(step)
        day.ends()
        day.history_is_right()

    one_after_another()


def test_all_channels_at_once_leave_a_right_history(a_day):
    @limits(5)
    @given(STEPS)
    def at_once(steps):
        day = a_day(alone=False)
        by_actor = [[step for step in steps if step.actor == actor] for actor in range(ROBOT + 1)]
        barrier = Barrier(len(by_actor))

        def work_through(own):
            barrier.wait(timeout=30)
            for step in own:
                day.does(step)

        with ThreadPoolExecutor(len(by_actor)) as pool:
            list(pool.map(work_through, by_actor))
        day.ends()
        day.history_is_right()

    at_once()
