"""Whatever breaks, and wherever: one command is one far booking at most, and nobody is booked without its number."""

from collections import deque
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.domain.refusals import Refusal
from ivr.services import errands
from ivr.services.booking import cancel
from ivr.services.ports import StorageDown
from ivr.storage.work import SqlWork
from tests.builders import CALLER, RULES
from tests.regional.near import Near, region_at

WORDS = st.sampled_from(
    """- drop drop_after garbage garbage_after page_after fault 503 403 client_fault SLOT_UNAVAILABLE
    APPOINTMENT_REFUSED UNDEFINED_ERROR SESSION_TIMED_OUT NO_DATA_FOUND""".split()
)
DEATHS = st.sampled_from(["", "", "", "before", "after"])
STEPS = st.sampled_from(["send", "settle", "settle_late"])
ROUNDS = 60
"""Of two minutes: longer than anything is asked for again."""


class Killed(BaseException):
    """The process is gone; nothing of it goes on."""


class Mortal(SqlWork):
    """Dies before or after a commit, as the plan of the moment says."""

    plan: ClassVar[deque[str]] = deque()

    def commit(self) -> None:
        fate = Mortal.plan.popleft() if Mortal.plan else ""
        if fate == "before":
            raise Killed
        super().commit()
        if fate == "after":
            raise Killed


class Direct:
    """The region without threads: who is killed is killed with what he was doing."""

    def __init__(self, region, fates) -> None:
        self._region, self.fates = region, fates

    def __getattr__(self, name):
        return getattr(self._region, name)

    def hurry(self, job):
        return job()

    def book(self, *asked):
        return self._mortally(self._region.book, asked)

    def cancel(self, *asked):
        return self._mortally(self._region.cancel, asked)

    def _mortally(self, ask, asked):
        fate = self.fates.popleft() if self.fates else ""
        if fate == "before":
            raise Killed
        answer = ask(*asked)
        if fate == "after":
            raise Killed
        return answer


class Story:
    """One hospital, one far end, and all that goes wrong between them."""

    def __init__(self, database, far) -> None:
        self.far, self.fates = far, deque()
        self.region = region_at(far.url, lambda: self.near.now)
        direct = Direct(self.region, self.fates)
        self.near = Near(database.engine, far, direct)
        self.near.new_work = lambda: Mortal(database.engine, direct)

    def dares(self, act) -> None:
        with suppress(Killed, Refusal, StorageDown):
            act()

    def calm(self) -> None:
        """Nothing breaks any more, and time passes."""
        Mortal.plan.clear()
        self.fates.clear()
        self.far.next_time.clear()
        for _ in range(ROUNDS):
            self.near.later(minutes=2)
            tally = errands.settle(self.near.new_work(), rules=RULES, now=self.near.now)
            if tally == errands.Tally() and not errands.unsettled(self.near.new_work()):
                break


@pytest.fixture
def story(database, far):
    told = Story(database, far)
    yield told
    told.region.close()


@given(
    words=st.lists(WORDS, max_size=4),
    sessions=st.lists(WORDS, max_size=2),
    cancels=st.lists(WORDS, max_size=3),
    deaths=st.lists(DEATHS, max_size=8),
    fates=st.lists(DEATHS, max_size=4),
    steps=st.lists(STEPS, min_size=1, max_size=5),
    knows_repeats=st.booleans(),
    cancelled=st.booleans(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_command_is_one_far_booking_at_most(
    story, words, sessions, cancels, deaths, fates, steps, knows_repeats, cancelled
):
    near, far = story.near, story.far
    near.later(hours=3)
    far.forget(knows_repeats)
    far.slot(near.now + timedelta(hours=2))
    patient = near.patient()
    slot = near.nearest_slot(patient)
    far.will("CreateAppointment", *words)
    far.will("GetPatientInfo", *sessions)
    far.will("CancelAppointment", *cancels)
    Mortal.plan = deque(deaths)
    story.fates.extend(fates)
    key = f"wish-{patient.id}"

    for step in steps:
        near.later(seconds=3 if step == "settle" else 65)
        if step == "send":
            story.dares(lambda: near.book(slot.id, patient, key=key, now=near.now, contact=CALLER))
        else:
            story.dares(near.settle)
    if cancelled:
        for row in near.rows("bookings", patient_id=patient.id, status="BOOKED"):
            work = near.new_work()
            act = {"patient_id": patient.id, "key": f"c-{key}", "rules": RULES, "now": near.now}
            story.dares(lambda row=row, work=work, act=act: cancel(work, row.id, **act))
            story.dares(near.settle)
    story.calm()

    ours = far.ours
    rows = near.rows("bookings", patient_id=patient.id)
    errands_left = {row.status for each in rows for row in near.rows("errands", booking_id=each.id)}
    tasks = {row.booking_id for row in near.rows("tasks", kind="UNSETTLED", status="OPEN", patient_id=patient.id)}
    assert len(far.made) <= 1
    assert len(rows) <= 1
    assert "OPEN" not in errands_left
    assert ours == [] or rows
    for row in rows:
        if row.status == "BOOKED":
            assert ours == [row.far_id]
        elif row.status == "PENDING":
            assert row.far_id is None
            assert row.id in tasks
        elif ours:  # a person still has to cancel it there
            assert "PUZZLE" in errands_left
            assert row.id in tasks
