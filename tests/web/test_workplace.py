"""An operator's day: ready, ringing, talking, summing up, breaks; and what goes wrong in it."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from ivr.domain.operator import OperatorState as State
from ivr.domain.refusals import NotYours
from ivr.domain.rules import STANDARD
from ivr.domain.user import Role, User
from ivr.services import access, booking, calls, operator_calls
from ivr.services.exchange import (
    Abandoned,
    Answered,
    Connected,
    Ended,
    Event,
    ExchangeDown,
    Lost,
    Missed,
    QueueChanged,
    QueueState,
    Ringing,
    Waiting,
    Withdrawn,
)
from ivr.services.ports import StorageDown, Work
from ivr.storage.tables import operator_calls as rows
from ivr.storage.tables import operator_states
from ivr.web.hub import Hub
from ivr.web.workplace import Workplaces, WrongState
from tests.web.exchange_twin import ExchangeTwin

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Office:
    """One operator and her desk, on a clock that stands until it is moved."""

    def __init__(self, new_work) -> None:
        self.now = NOW
        self.new_work = new_work
        self.exchange, self.hub = ExchangeTwin(), Hub()
        self.database_down = False
        self.desk = Workplaces(self.exchange, self.hub, self._work, lambda: STANDARD, lambda: self.now)
        self.desk.start()
        user = User(0, "olga", "Ольга", Role.OPERATOR)
        user_id = access.add_user(new_work(), user, "kitten-blue-42", who="test", now=NOW)
        self.olga = User(user_id, "olga", "Ольга", Role.OPERATOR)
        self.phone = f"op{user_id}"

    def start_anew(self) -> None:
        """The process of the site died and is there again; the exchange lives on."""
        self.desk.close()
        self.desk = Workplaces(self.exchange, self.hub, self._work, lambda: STANDARD, lambda: self.now)
        self.desk.start()

    def _work(self) -> Work:
        if self.database_down:
            raise StorageDown("down")
        return self.new_work()

    def come(self, *, ready: bool = True) -> None:
        self.desk.come(self.olga)
        if ready:
            self.desk.ready(self.olga.id)

    @property
    def state(self) -> tuple[State, str] | None:
        view = self.desk.of(self.olga.id)
        return None if view is None else (view.state, view.reason)

    def happen(self, *events: Event) -> None:
        """Tell them, and wait until they are understood: a last event that changes nothing but the queue shows it."""
        mark = QueueState((Waiting(f"mark-{time.monotonic_ns()}", self.now, 1),))
        for event in (*events, QueueChanged(mark)):
            self.exchange.happen(event)
        until(lambda: self.desk.queue() == mark)

    def rings(self) -> list[tuple[str, str | None]]:
        with self.new_work().reading() as work:
            return [(row.outcome, row.result) for row in work._connection.execute(select(rows).order_by(rows.c.id))]

    def states(self) -> list[str]:
        with self.new_work().reading() as work:
            chosen = select(operator_states).order_by(operator_states.c.id)
            return [row.state for row in work._connection.execute(chosen)]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def office(new_work) -> Iterator[Office]:
    opened = Office(new_work)
    yield opened
    opened.desk.close()


def test_who_comes_is_in_the_queue_but_not_ready(office):
    office.come(ready=False)

    assert office.state == (State.BREAK, "begin")
    assert office.exchange.members == {office.phone: "begin"}


def test_a_call_goes_from_the_ring_over_the_talk_to_its_result(office):
    office.come()

    office.happen(Ringing(office.phone, "k1"))
    assert office.state == (State.RINGING, "")
    office.happen(Answered(office.phone, "k1", 7))
    assert office.state == (State.TALKING, "")
    office.happen(Ended(office.phone, "k1", 65))
    assert office.state == (State.WRAPUP, "")
    assert office.exchange.members[office.phone] == "wrapup"
    office.desk.sum_up(office.olga.id, result="info", note="спросила часы работы")

    assert office.state == (State.READY, "")
    assert office.exchange.members[office.phone] == ""
    assert office.rings() == [("ANSWERED", "info")]
    assert office.states() == ["BREAK", "READY", "RINGING", "TALKING", "WRAPUP", "READY"]


def test_a_missed_call_pauses_until_ready_is_pressed(office):
    office.come()

    office.happen(Ringing(office.phone, "k1"), Missed(office.phone, "k1"))

    assert office.state == (State.BREAK, "missed")
    assert office.exchange.members[office.phone] == "missed"
    assert office.rings() == [("MISSED", None)]
    office.desk.ready(office.olga.id)
    assert office.state == (State.READY, "")


def test_a_ring_that_is_withdrawn_costs_no_pause(office):
    office.come()

    office.happen(Ringing(office.phone, "k1"), Withdrawn(office.phone, "k1"))

    assert office.state == (State.READY, "")
    assert office.rings() == [("WITHDRAWN", None)]


def test_a_break_asked_for_in_a_talk_begins_after_it(office):
    office.come()
    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3))

    office.desk.rest(office.olga.id, "lunch")
    assert office.state == (State.TALKING, "")
    office.happen(Ended(office.phone, "k1", 10))
    office.desk.sum_up(office.olga.id, result="other", note="")

    assert office.state == (State.BREAK, "lunch")
    assert office.exchange.members[office.phone] == "lunch"


def test_nobody_is_ready_before_the_talk_is_summed_up(office):
    office.come()
    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3), Ended(office.phone, "k1", 10))

    with pytest.raises(WrongState):
        office.desk.ready(office.olga.id)


def test_what_is_held_for_the_caller_is_renewed_with_the_answer_and_let_go_with_the_result(office, clinic):
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), NOW + timedelta(days=1))
    calls.begin(office.new_work(), call_key="k1", caller=None, line="test", now=NOW)
    booking.hold(office.new_work(), slot, patient_id=clinic.patient().id, call_key="k1", rules=STANDARD, now=NOW)
    office.come()
    office.now = NOW + timedelta(seconds=170)

    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3))

    seen = operator_calls.pop(office.new_work(), "k1", who="user:1", now=office.now)
    assert seen.hold.until == office.now + STANDARD.hold
    office.happen(Ended(office.phone, "k1", 10))
    office.desk.sum_up(office.olga.id, result="info", note="")
    assert operator_calls.pop(office.new_work(), "k1", who="user:1", now=office.now).hold is None


def test_what_is_held_for_a_caller_who_was_handed_on_stays_held_when_the_first_talk_is_summed_up(office, clinic):
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), NOW + timedelta(days=1))
    calls.begin(office.new_work(), call_key="k1", caller=None, line="test", now=NOW)
    booking.hold(office.new_work(), slot, patient_id=clinic.patient().id, call_key="k1", rules=STANDARD, now=NOW)
    office.come()

    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3), Ended(office.phone, "k1", 9, True))
    office.desk.sum_up(office.olga.id, result="transferred", note="")

    assert operator_calls.pop(office.new_work(), "k1", who="user:1", now=office.now).hold is not None
    assert office.rings() == [("TRANSFERRED", "transferred")]


def test_a_page_loaded_again_goes_on_as_it_was(office):
    office.come()
    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3))

    office.desk.page_gone(office.olga.id)
    office.desk.come(office.olga)

    assert office.state == (State.TALKING, "")


def test_after_a_restart_of_the_exchange_members_are_as_they_were(office):
    office.come()

    office.exchange.members.clear()
    office.happen(Lost(), Connected())

    assert office.exchange.members == {office.phone: ""}


def test_a_talk_that_died_with_the_exchange_is_summed_up_as_any_other(office):
    office.come()
    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3))

    office.happen(Lost(), Connected())

    assert office.state == (State.WRAPUP, "")


def test_calls_go_on_where_only_the_connection_to_the_exchange_was_lost(office):
    office.come()
    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3))
    page = office.hub.join(office.olga.id)

    office.happen(Lost(), Connected(frozenset({office.phone})))

    assert office.state == (State.TALKING, "")
    page.put(None)
    assert "event: phone" not in "".join(page.stream(lambda: True))
    office.happen(Ended(office.phone, "k1", 10))
    assert office.state == (State.WRAPUP, "")
    assert office.rings() == [("ANSWERED", None)]


def test_a_ring_that_died_with_the_exchange_leaves_its_operator_as_he_was(office):
    office.come(ready=False)
    office.happen(Ringing(office.phone, "k1"))

    office.happen(Lost(), Connected())

    assert office.state == (State.BREAK, "begin")
    assert office.rings() == [("WITHDRAWN", None)]


def test_who_leaves_is_out_of_the_queue_and_his_telephone_is_closed(office):
    office.come()

    office.desk.leave(office.olga.id)

    assert office.state is None
    assert office.exchange.members == {}
    assert office.exchange.phones == set()
    assert office.states()[-1] == "OFFLINE"


def test_who_leaves_without_the_exchange_has_no_telephone_any_more(office):
    office.come()
    office.exchange.down = True

    office.desk.leave(office.olga.id)

    assert office.state is None
    assert office.exchange.phones == set()


def test_without_the_exchange_nobody_becomes_ready(office):
    office.come(ready=False)
    office.exchange.down = True

    with pytest.raises(ExchangeDown):
        office.desk.ready(office.olga.id)

    assert office.state == (State.BREAK, "begin")


def test_a_caller_whom_nobody_answered_is_counted(office):
    office.happen(Abandoned("k1", 40))

    assert office.rings() == [("ABANDONED", None)]


def test_a_talk_is_summed_up_by_its_operator_only(office):
    call_id = operator_calls.rang(office.new_work(), call_key="k1", user_id=office.olga.id, now=NOW)

    with pytest.raises(NotYours):
        operator_calls.wrap_up(office.new_work(), call_id, user_id=office.olga.id + 1, result="info", note="", now=NOW)
    with pytest.raises(ValueError, match="no such result"):
        operator_calls.wrap_up(office.new_work(), call_id, user_id=office.olga.id, result="?", note="", now=NOW)


def test_events_of_telephones_that_nobody_has_change_nothing(office):
    office.happen(Ringing("op99", "k1"), Answered("op99", "k1", 1), Ended("op99", "k1", 1), Missed("op99", "k1"))

    assert office.desk.agents() == []
    assert office.rings() == []


@pytest.mark.parametrize("told", [0, 1, 2])
def test_a_database_that_is_down_in_a_call_leaves_nobody_in_a_state_that_he_cannot_leave(office, told):
    office.come()
    call = (Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3), Ended(office.phone, "k1", 10))

    office.happen(*call[:told])
    office.database_down = True
    office.happen(call[told])
    office.database_down = False
    office.happen(*call[told + 1 :])

    assert office.state == (State.WRAPUP, "")
    office.desk.sum_up(office.olga.id, result="info", note="")
    assert office.state == (State.READY, "")
    assert office.rings() == [("ANSWERED", "info")]


@pytest.mark.parametrize(
    ("end", "state"), [(Missed, (State.BREAK, "missed")), (Withdrawn, (State.READY, ""))], ids=["missed", "withdrawn"]
)
def test_a_ring_ends_though_the_database_is_down(office, end, state):
    office.come()
    office.happen(Ringing(office.phone, "k1"))

    office.database_down = True
    office.happen(end(office.phone, "k1"))

    assert office.state == state


def test_a_colleague_who_rings_in_a_talk_takes_nothing_from_it(office):
    office.come()
    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3))

    office.happen(Ringing(office.phone, "k2"), Withdrawn(office.phone, "k2"))

    assert office.state == (State.TALKING, "")
    assert office.desk.of(office.olga.id).call_key == "k1"
    office.happen(Ended(office.phone, "k1", 10))
    office.desk.sum_up(office.olga.id, result="info", note="")
    assert office.state == (State.READY, "")
    assert office.rings() == [("ANSWERED", "info")]


def test_who_is_rung_by_a_colleague_before_he_has_summed_up_does_so_afterwards(office):
    office.come()
    office.happen(Ringing(office.phone, "k1"), Answered(office.phone, "k1", 3), Ended(office.phone, "k1", 10))

    office.happen(Ringing(office.phone, "k2"), Withdrawn(office.phone, "k2"))
    assert office.state == (State.WRAPUP, "")
    assert office.desk.of(office.olga.id).call_key == "k1"
    office.happen(Ringing(office.phone, "k3"), Answered(office.phone, "k3", 0), Ended(office.phone, "k3", 5))
    office.desk.sum_up(office.olga.id, result="other", note="")

    assert office.state == (State.WRAPUP, "")
    assert office.exchange.members[office.phone] == "wrapup"
    office.desk.sum_up(office.olga.id, result="info", note="")
    assert office.state == (State.READY, "")
    assert office.rings() == [("ANSWERED", "info"), ("WITHDRAWN", None), ("ANSWERED", "other")]


def test_a_break_asked_for_in_a_ring_begins_though_the_caller_leaves(office):
    office.come()
    office.happen(Ringing(office.phone, "k1"))

    office.desk.rest(office.olga.id, "lunch")
    office.happen(Withdrawn(office.phone, "k1"))

    assert office.state == (State.BREAK, "lunch")
    assert office.exchange.members[office.phone] == "lunch"


def test_a_talk_that_the_exchange_did_not_give_back_is_summed_up_as_any_other(office):
    office.come()
    office.happen(Ringing(office.phone, "call-1"), Answered(office.phone, "call-1", 0))
    office.exchange.down = True

    with pytest.raises(ExchangeDown):
        office.desk.requeue(office.olga.id, back_to_him=True)
    office.happen(Ended(office.phone, "call-1", 5, transferred=False))

    assert office.state == (State.WRAPUP, "")


def test_a_talk_that_outlives_the_site_is_its_operators_again_and_is_summed_up(office):
    office.come()
    office.happen(Ringing(office.phone, "call-1"), Answered(office.phone, "call-1", 7))
    office.start_anew()
    office.happen(
        Ringing(office.phone, "call-1"), Answered(office.phone, "call-1", 0), Connected(frozenset({office.phone}))
    )

    office.come(ready=False)
    assert office.state == (State.TALKING, "")
    office.happen(Ended(office.phone, "call-1", 5, transferred=False))
    office.desk.sum_up(office.olga.id, result="info", note="")

    assert office.rings() == [("ANSWERED", "info")]
    assert office.state == (State.READY, "")


def test_a_talk_that_ended_while_the_site_knew_nobody_is_over(office):
    office.start_anew()
    office.happen(Answered(office.phone, "call-1", 0), Ended(office.phone, "call-1", 5, transferred=False))

    office.come(ready=False)

    assert office.state == (State.BREAK, "begin")
