"""Several callers do anything in any order: what must never be, never is."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from ivr.domain.booking import FILLS_A_SLOT
from ivr.domain.refusals import Refusal
from ivr.services import booking, calls
from ivr.storage.tables import metadata
from tests.builders import NOW, RULES, Clinic, at, every

CALLERS = st.integers(0, 2)
SLOTS = st.integers(0, 5)


class Callers(RuleBasedStateMachine):
    """Three callers, two doctors of different specialities, three slots each."""

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
        self.let_go = set()
        self.patients = [self.clinic.patient() for _ in range(3)]
        doctors = [self.clinic.doctor(self.clinic.speciality(key)) for key in ("therapist", "ent")]
        self.slots = [slot for doctor in doctors for slot in self.clinic.slots(doctor, every(20, at("10:00"), 3))]

    def key(self):
        self.commands += 1
        return f"command-{self.commands}"

    @rule(caller=CALLERS, slot=SLOTS)
    def hold(self, caller, slot):
        try:
            self.clinic.hold(self.slots[slot], self.patients[caller], f"call-{caller}", now=self.now)
        except Refusal:
            return
        self.let_go.discard(f"call-{caller}")

    @rule(caller=CALLERS)
    def release(self, caller):
        booking.release(self.new_work(), f"call-{caller}")
        self.let_go.add(f"call-{caller}")

    @rule(caller=CALLERS)
    def hang_up(self, caller):
        calls.finish(self.new_work(), f"call-{caller}", outcome="hangup", detail=None, now=self.now)
        self.let_go.add(f"call-{caller}")

    @rule(caller=CALLERS, slot=SLOTS)
    def book(self, caller, slot):
        self._try(caller, slot)

    @rule(caller=CALLERS, slot=SLOTS, which=st.integers(0, 3))
    def move(self, caller, slot, which):
        visits = booking.upcoming(self.new_work(), self.patients[caller].id, now=self.now)
        if visits:
            self._try(caller, slot, moves=visits[which % len(visits)].id)

    def _try(self, caller, slot, **changes):
        before = self._bookings()
        try:
            self.clinic.book(
                self.slots[slot],
                self.patients[caller],
                now=self.now,
                key=self.key(),
                call_key=f"call-{caller}",
                **changes,
            )
        except Refusal:
            assert self._bookings() == before

    @rule(caller=CALLERS, which=st.integers(0, 3))
    def cancel(self, caller, which):
        patient = self.patients[caller]
        visits = booking.upcoming(self.new_work(), patient.id, now=self.now)
        if visits:
            visit = visits[which % len(visits)]
            booking.cancel(self.new_work(), visit.id, patient_id=patient.id, key=self.key(), rules=RULES, now=self.now)

    @rule()
    def holds_lapse(self):
        self.now += RULES.hold

    @rule(caller=CALLERS)
    def renew(self, caller):
        booking.renew(self.new_work(), f"call-{caller}", rules=RULES, now=self.now)

    def _bookings(self):
        return [(row.id, row.status) for row in self.clinic.rows("bookings")]

    @invariant()
    def a_slot_has_at_most_one_booking_and_knows_it(self):
        filled = [row.slot_id for row in self.clinic.rows("bookings") if row.status in FILLS_A_SLOT]
        booked = [row.id for row in self.clinic.rows("slots", state="BOOKED")]
        assert sorted(filled) == sorted(booked)

    @invariant()
    def a_patient_has_one_booking_per_speciality_and_none_too_near(self):
        for patient in self.patients:
            with self.new_work().reading() as work:
                visits = work.bookings.active(patient.id)
            assert len({visit.slot.speciality for visit in visits}) == len(visits)
            times = [visit.slot.starts_at for visit in visits]
            assert all(later - sooner >= timedelta(minutes=30) for sooner, later in pairwise(times))

    @invariant()
    def nobody_holds_two_slots_or_one_he_let_go_or_a_booked_one(self):
        held = [row for row in self.clinic.rows("slots") if row.held_by]
        holders = [row.held_by for row in held]
        assert len(holders) == len(set(holders))
        assert not self.let_go & set(holders)
        assert {row.state for row in held} <= {"FREE"}

    @invariant()
    def every_active_booking_has_one_open_feedback_task(self):
        active = [row.id for row in self.clinic.rows("bookings", status="BOOKED")]
        asked = [row.booking_id for row in self.clinic.rows("tasks", kind="FEEDBACK", status="OPEN")]
        assert sorted(active) == sorted(asked)


def test_callers_in_any_order_never_break_a_rule(database):
    about = {"new_work": staticmethod(database.new_work), "engine": database.engine}
    limits = settings(
        max_examples=20 if database.url.startswith("sqlite") else 6,  # the rules are the same, the waits are not
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(type("TheseCallers", (Callers,), about), settings=limits)
