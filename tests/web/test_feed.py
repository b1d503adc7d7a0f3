"""What any process changes reaches every open page, once."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from ivr.domain.rules import STANDARD
from ivr.services import booking
from ivr.storage.tables import changes
from ivr.web import hub as hubs
from ivr.web.feed import BEHIND, Feed
from ivr.web.hub import BACKLOG, Hub

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Reader:
    """An open page: collects what it is told."""

    def __init__(self, hub: Hub, user_id: int = 1) -> None:
        self.events: list[tuple[str, dict]] = []
        self.page = hub.join(user_id)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for text in self.page.stream(lambda: True):
            if text.startswith("event:"):
                kind, data = text.split("\n")[:2]
                self.events.append((kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))))

    def until(self, kind: str) -> dict:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            found = [data for name, data in self.events if name == kind]
            if found:
                return found[-1]
            time.sleep(0.005)
        raise AssertionError(f"no {kind} in {self.events}")


@pytest.fixture
def feed(new_work) -> Iterator[tuple[Feed, Hub]]:
    hub = Hub()
    opened = Feed(new_work, hub)
    opened.start()
    time.sleep(0.1)  # it begins with what comes from now on
    yield opened, hub
    opened.close()


def test_a_slot_held_by_a_call_is_told_to_every_page(feed, clinic):
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), NOW + timedelta(days=1))
    readers = [Reader(feed[1], user) for user in (1, 1, 2)]

    booking.hold(clinic.new_work(), slot, patient_id=clinic.patient().id, call_key="k", rules=STANDARD, now=NOW)

    assert [reader.until("slots") for reader in readers] == [{"refs": [str(slot)]}] * 3


def test_what_is_undone_is_told_to_nobody(feed, clinic):
    reader = Reader(feed[1])

    with clinic.new_work() as work:
        work.changes.add("slots", [1])
    with clinic.new_work() as work:
        work.changes.add("waiting", [2])
        work.commit()

    reader.until("waiting")
    assert "slots" not in dict(reader.events)


def test_a_change_that_commits_after_a_later_one_is_not_lost(feed, clinic):
    reader = Reader(feed[1])

    # As two transactions of PostgreSQL may end: the one with the greater id first.
    for change_id, ref in ((BEHIND, "late"), (BEHIND - 1, "early")):
        with clinic.new_work() as work:
            work.connection.execute(insert(changes).values(id=change_id, kind="slots", ref=ref))
            work.commit()
        time.sleep(0.1)

    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and len([kind for kind, _ in reader.events if kind == "slots"]) < 2:
        time.sleep(0.01)
    told = [data["refs"] for kind, data in reader.events if kind == "slots"]
    assert told == [["late"], ["early"]]


def test_a_page_that_sleeps_is_told_to_look_at_everything_again():
    hub = Hub()
    page = hub.join(1)

    for number in range(BACKLOG + 10):
        hub.tell("slots", {"refs": [number]})

    stream = page.stream(lambda: True)
    assert "hello" in next(stream)
    assert "event: again" in next(stream)


def test_events_for_one_user_reach_his_pages_only():
    hub = Hub()
    own, other = Reader(hub, 1), Reader(hub, 2)

    hub.tell_user(1, "ring", {"call": "k1"})
    hub.tell("queue", {})

    assert own.until("ring") == {"call": "k1"}
    other.until("queue")
    assert "ring" not in dict(other.events)


def test_the_last_page_of_a_user_is_known():
    hub = Hub()
    first, second = hub.join(1), hub.join(1)

    assert not hub.leave(first)
    assert hub.is_here(1)
    assert hub.leave(second)
    assert not hub.is_here(1)


def test_a_site_that_ends_sends_nobody_to_the_log_in_but_a_closed_session_does():
    hub = Hub()
    ended, thrown_out = hub.join(1), hub.join(2)

    hub.throw_out(2)
    hub.close()

    assert "bye" not in "".join(ended.stream(lambda: True))
    assert "bye" in "".join(thrown_out.stream(lambda: True))


def test_a_session_that_is_over_is_found_out_even_where_events_never_cease(monkeypatch):
    monkeypatch.setattr(hubs, "PING_SECONDS", 0.0)
    hub = Hub()
    page = hub.join(1)
    for number in range(3):
        hub.tell("slots", {"refs": [number]})

    told = list(page.stream(lambda: False))

    assert "bye" in told[-1]
    assert "slots" not in "".join(told)
