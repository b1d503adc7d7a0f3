"""What other systems are told: once it is kept, signed, until it is taken, and nothing personal in it."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ivr.domain.booking import BookingStatus
from ivr.domain.client import Client, Scope
from ivr.domain.event import OF_BOOKING, PAUSES, EventKind, pause_after
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Channel
from ivr.notices.webhooks import Courier, signed
from ivr.services import booking, clients, events, forgetting
from ivr.services.events import BadAddress
from ivr.storage import tables
from tests.builders import NOW, RULES, at
from tests.drip import dripping

SLOT, NEXT = at("2026-04-28 09:00"), at("2026-04-28 10:00")
SETTLED = timedelta(minutes=1)
COURIER_SECONDS = 2


@dataclass
class Subscriber:
    """A server of another hospital's system: takes what it is told to take."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    """Statuses of the next answers; then 204."""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def told(self):
        return [json.loads(body) for _, body in self.heard]


@contextmanager
def listening() -> Iterator[Subscriber]:
    own = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            own.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(own.answers.pop(0) if own.answers else 204)
            self.send_header("Location", own.url)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    own.url = f"http://127.0.0.1:{server.server_port}/events"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield own
    server.shutdown()
    server.server_close()


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with listening() as own:
        yield own


@pytest.fixture
def told(towns, subscriber):
    """A hospital whose events a system of its own staff has asked for."""
    towns.clinic.speciality()
    towns.slots = towns.clinic.slots(towns.clinic.doctor(), [SLOT, NEXT])
    towns.reader = towns.system((Scope.EVENTS, Scope.REGISTRY), hosts=["127.0.0.1"])
    towns.asked = towns.reader.post("/subscriptions", {"url": subscriber.url})
    assert towns.asked.status_code == 201, towns.asked.text
    with courier_of(towns) as towns.courier:
        yield towns


@contextmanager
def courier_of(town) -> Iterator[Courier]:
    own = Courier(town.new_work, now=lambda: town.clock[0], seconds=COURIER_SECONDS)
    yield own
    own.close()


def test_what_happens_to_a_visit_is_told_by_ids_alone(told, subscriber):
    patient = told.clinic.patient(surname="Тайнова")
    made = told.clinic.book(told.slots[0], patient)
    moved = told.clinic.book(told.slots[1], patient, moves=made.id, key="move")
    booking.cancel(told.new_work(), moved.id, patient_id=patient.id, key="k", rules=RULES, now=NOW)

    while told.courier.turn():
        pass

    assert sorted((one["kind"], one["booking"]) for one in subscriber.told) == [
        ("booking.cancelled", moved.id),
        ("booking.made", made.id),
        ("booking.moved", moved.id),
    ]
    known = {"id", "kind", "at", "booking", "slot", "patient", "replaces"}
    assert all(set(one) <= known for one in subscriber.told)
    assert not any("Тайнова" in body.decode() or "therapist" in body.decode() for _, body in subscriber.heard)


def test_the_waiting_list_is_told_step_by_step(told, subscriber):
    system = told.system((Scope.IDENTIFY, Scope.WAITING), name="бот")
    patient = system.names(told.clinic.patient())
    entry = system.post("/waiting", {"patient": patient, "speciality": "therapist"}).json["id"]
    system.post(f"/waiting/{entry}/leave")
    system.post(f"/waiting/{entry}/leave")

    while told.courier.turn():
        pass

    in_order = sorted(subscriber.told, key=lambda one: one["id"])  # on the way one may overtake another
    assert [(one["kind"], one["entry"]) for one in in_order] == [
        ("waiting.entered", entry),
        ("waiting.left", entry),
    ]


def test_each_message_is_signed_so_that_another_library_believes_it(told, subscriber):
    """Standard Webhooks; a changed body is not believed. The library looks at the real clock."""
    told.clinic.book(told.slots[0], told.clinic.patient())
    told.clock[0] = datetime.now(UTC)
    with told.new_work() as work:
        work.connection.execute(tables.deliveries.update().values(expires_at=told.clock[0] + timedelta(days=1)))
        work.commit()
    told.courier.turn()
    (headers, body), secret = subscriber.heard[0], told.asked.json["secret"]

    assert Webhook(secret).verify(body, headers)["kind"] == "booking.made"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)


def test_a_message_that_was_not_taken_comes_again_with_its_id_after_a_growing_pause(told, subscriber):
    subscriber.answers = [500, 302, 500]
    told.clinic.book(told.slots[0], told.clinic.patient())

    tried = []
    for seconds in (0, PAUSES[0] - 1, 1, PAUSES[1], PAUSES[2] - 1, 1, 60):
        told.later(seconds=seconds)
        tried.append(told.courier.turn())

    assert tried == [1, 0, 1, 1, 0, 1, 0]
    assert len({headers["webhook-id"] for headers, _ in subscriber.heard}) == 1
    assert len(subscriber.heard) == 4  # a redirect is no way on
    assert told.reader.get("/subscriptions").json["subscriptions"][0]["failures"] == 0


def test_a_crash_between_sending_and_keeping_sends_again_with_the_same_id(told, subscriber, monkeypatch):
    """At least once: the subscriber knows the id."""
    told.clinic.book(told.slots[0], told.clinic.patient())

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(events, "sent", _crash)
        told.courier.turn()
    assert told.courier.turn() == 0  # the lease of the dead one
    told.later(seconds=61)
    told.courier.turn()

    ids = [headers["webhook-id"] for headers, _ in subscriber.heard]
    assert len(ids) == 2 and len(set(ids)) == 1
    assert told.courier.turn() == 0


def _crash(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_two_couriers_never_bring_the_same_message(told, subscriber):
    for slot in told.slots:
        told.clinic.book(slot, told.clinic.patient())

    with courier_of(told) as other:
        threads = [threading.Thread(target=one.turn) for one in (told.courier, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

    ids = [headers["webhook-id"] for headers, _ in subscriber.heard]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == 2


def test_a_subscriber_that_is_down_keeps_no_other_waiting(told, subscriber):
    other = told.system((Scope.EVENTS, Scope.REGISTRY), name="глухая", hosts=["localhost"])
    other.post("/subscriptions", {"url": "http://localhost:1/nobody"})
    for slot in told.slots:
        told.clinic.book(slot, told.clinic.patient())

    told.courier.turn()
    told.courier.turn()

    assert len(subscriber.heard) == 2
    (deaf,) = other.get("/subscriptions").json["subscriptions"]
    assert (deaf["failures"] >= 1, deaf["problem"]) == (True, "ConnectionRefusedError")


def test_a_subscriber_whose_answer_drips_is_left_in_time(told, subscriber):
    slow = told.system((Scope.EVENTS, Scope.REGISTRY), name="медленная", hosts=["127.0.0.1"])
    with dripping() as address:
        slow.post("/subscriptions", {"url": address})
        told.clinic.book(told.slots[0], told.clinic.patient())
        began = time.monotonic()

        told.courier.turn()

        assert time.monotonic() - began < 2 * COURIER_SECONDS
    (own,) = slow.get("/subscriptions").json["subscriptions"]
    assert (own["failures"], own["problem"]) == (1, "TimeoutError")
    assert len(subscriber.heard) == 1


def test_what_nobody_took_for_three_days_is_given_up_and_is_still_in_the_feed(told, subscriber):
    subscriber.answers = [500]
    told.clinic.book(told.slots[0], told.clinic.patient())
    told.courier.turn()

    told.later(days=3)

    assert told.courier.turn() == 0
    assert len(subscriber.heard) == 1
    assert [one["kind"] for one in told.reader.get("/events").json["events"]] == ["booking.made"]


def test_a_subscriber_that_says_410_is_told_no_more(told, subscriber):
    subscriber.answers = [410]
    for slot in told.slots:
        told.clinic.book(slot, told.clinic.patient())
        told.courier.turn()

    assert len(subscriber.heard) == 1
    assert told.reader.get("/subscriptions").json["subscriptions"] == []


def test_nothing_is_sent_to_a_client_that_was_revoked_or_has_unsubscribed(told, subscriber):
    other = told.system((Scope.EVENTS, Scope.REGISTRY), name="вторая", hosts=["127.0.0.1"])
    other.post("/subscriptions", {"url": subscriber.url})
    told.clinic.book(told.slots[0], told.clinic.patient())

    assert told.reader.delete(f"/subscriptions/{told.asked.json['id']}").status_code == 204
    clients.revoke(told.new_work(), "вторая", who="test", now=NOW)

    assert told.courier.turn() == 0
    assert subscriber.heard == []
    assert told.reader.delete(f"/subscriptions/{told.asked.json['id']}").status_code == 404


def test_a_client_hears_of_its_own_visits_and_only_the_hospitals_staff_of_all(told, subscriber):
    """4.2: who has once named a patient must not learn what he books elsewhere."""
    personal = told.system((Scope.IDENTIFY, Scope.BOOK, Scope.EVENTS), name="бот", hosts=["127.0.0.1"])
    with listening() as own:
        personal.post("/subscriptions", {"url": own.url, "kinds": ["booking.made"]})
        told.clinic.book(told.slots[0], told.clinic.patient())
        patient = personal.names(told.clinic.patient())
        mine = personal.post("/bookings", {"patient": patient, "slot": told.slots[1], "purpose": "ILLNESS"}).json["id"]
        personal.post(f"/bookings/{mine}/cancel")
        while told.courier.turn():
            pass
        heard = [(one["kind"], one["booking"]) for one in own.told]
    told.later(minutes=1)

    fed = personal.get("/events").json["events"]

    assert heard == [("booking.made", mine)]
    assert [(one["kind"], one["booking"]) for one in fed] == [("booking.made", mine), ("booking.cancelled", mine)]
    assert len(subscriber.heard) == 3


def test_the_feed_goes_on_where_it_was_left_and_shows_nothing_that_is_too_young(told):
    """A transaction may commit after one with a greater id."""
    made = [told.clinic.book(slot, told.clinic.patient()).id for slot in told.slots]
    assert told.reader.get("/events").json == {"events": [], "next": 0}

    told.later(seconds=31)
    first = told.reader.get("/events", limit=1).json
    second = told.reader.get("/events", after=first["next"]).json

    assert [one["booking"] for one in first["events"] + second["events"]] == made
    assert told.reader.get("/events", after=second["next"]).json == {"events": [], "next": second["next"]}


def test_a_rolled_back_booking_is_told_to_nobody(told, subscriber):
    patient = told.clinic.patient()
    command = booking.BookingCommand("k", told.slots[0], patient.id, Purpose.ILLNESS, "call-1")
    with told.new_work() as work:
        work.patients.lock(patient.id)
        booking.book_within(work, command, RULES, NOW)

    assert told.courier.turn() == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/x",
        "https://other.example.org/x",
        "https://hooks.example.org.evil.test/x",
        "https://user:password@hooks.example.org/x",
        "https://evil.test\\@hooks.example.org/x",
        "https://evil.test#@hooks.example.org/",
        "https://hooks.example.org:port/x",
        "ftp://hooks.example.org/x",
        "file:///etc/passwd",
        "http://127.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://hooks.example.org/a b",
        "https://hooks.example.org/\r\nX: y",
        "https:///x",
    ],
)
def test_events_go_only_to_hosts_that_the_hospital_has_named_and_never_in_the_clear(url):
    """Nobody makes the hospital's server call whom he likes."""
    client = Client(1, "МИС", Channel.REG, frozenset(Scope), 600, True, NOW, hosts=("hooks.example.org",))

    with pytest.raises(BadAddress):
        events.must_be_ours(client, url)

    events.must_be_ours(client, "https://Hooks.example.org:8443/x?y=1")


def test_a_bad_subscription_is_refused_with_its_field(told):
    url, known = told.asked.json["url"], told.reader

    strange = known.post("/subscriptions", {"url": url, "kinds": ["booking.dreamt"]})
    elsewhere = known.post("/subscriptions", {"url": "https://example.org/x"})

    assert [(one.status_code, one.json["errors"][0]["field"]) for one in (strange, elsewhere)] == [
        (422, "kinds"),
        (422, "url"),
    ]


def test_a_repeated_subscription_is_the_first_one_and_its_secret_is_shown_to_nobody_else(told, subscriber):
    first, again = (told.reader.post("/subscriptions", {"url": subscriber.url}, key="hook-0001") for _ in range(2))

    assert first.json == again.json
    assert "secret" not in told.reader.get("/subscriptions").text


@pytest.mark.parametrize("by", ["the client", "410 of the subscriber"])
def test_the_key_of_a_subscription_that_has_ended_is_used_up(told, subscriber, by):
    """No late repeat revives it, and nobody takes it for one that stands."""
    wish = {"url": subscriber.url}
    made = told.reader.post("/subscriptions", wish, key="hook-0001").json
    if by == "the client":
        told.reader.delete(f"/subscriptions/{made['id']}")
    else:
        subscriber.answers = [410, 410]
        told.clinic.book(told.slots[0], told.clinic.patient())
        told.courier.turn()

    again = told.reader.post("/subscriptions", wish, key="hook-0001")
    standing = [one["id"] for one in told.reader.get("/subscriptions").json["subscriptions"]]
    anew = told.reader.post("/subscriptions", wish, key="hook-0002")

    assert (again.status_code, again.json["code"]) == (409, "subscription_ended")
    assert made["id"] not in standing
    assert (anew.status_code, anew.json["secret"] == made["secret"]) == (201, False)


def test_a_key_that_came_with_another_address_is_refused_also_when_its_first_command_is_forgotten(told, subscriber):
    told.reader.post("/subscriptions", {"url": subscriber.url}, key="hook-0001")
    told.later(days=31)
    forgetting.forget(told.new_work(), now=told.clock[0])

    elsewhere = told.reader.post("/subscriptions", {"url": f"{subscriber.url}/2"}, key="hook-0001")
    fewer = told.reader.post("/subscriptions", {"url": subscriber.url, "kinds": ["booking.made"]}, key="hook-0001")

    assert {(one.status_code, one.json["code"]) for one in (elsewhere, fewer)} == {(422, "key_reused")}


def test_the_last_subscription_that_a_client_may_have_can_be_repeated_and_no_other_is_added(towns):
    client, _ = clients.add(towns.new_work(), "бот", [Scope.EVENTS], who="user:1", now=NOW, hosts=["127.0.0.1"])

    def subscribe(number):
        return events.subscribe(towns.new_work(), client, "http://127.0.0.1/x", [], key=f"hook-{number}", now=NOW)

    made = [subscribe(number) for number in range(events.MOST_SUBSCRIPTIONS)]
    with pytest.raises(BadAddress):
        subscribe(events.MOST_SUBSCRIPTIONS)

    assert subscribe(events.MOST_SUBSCRIPTIONS - 1) == made[-1]  # its answer was lost on the way
    with towns.new_work().reading() as work:
        assert len(work.events.subscriptions(client.id)) == events.MOST_SUBSCRIPTIONS


def test_where_the_hospital_sends_no_events_nobody_subscribes(town, subscriber):
    town.app.extensions["ivr"].extras["webhooks"] = False
    system = town.system((Scope.EVENTS,), hosts=["127.0.0.1"])

    answer = system.post("/subscriptions", {"url": subscriber.url})

    assert (answer.status_code, answer.json["code"]) == (409, "webhooks_off")


def test_each_pause_is_longer_than_the_one_before():
    pauses = [pause_after(failures) for failures in range(1, 12)]

    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=10)


def test_a_signature_holds_id_time_and_body():
    known = "whsec_" + base64.b64encode(b"a key of twenty-four byte").decode()
    one = signed(5, b"{}", known, NOW)

    others = [signed(6, b"{}", known, NOW), signed(5, b"{ }", known, NOW), signed(5, b"{}", known, NOW + SETTLED)]

    assert one["webhook-signature"] not in [other["webhook-signature"] for other in others]


def test_every_end_of_a_booking_that_patients_feel_has_an_event():
    told_by_the_new_one_or_by_nobody = {
        BookingStatus.PENDING,  # the answer says so, and its repeat what became of it
        BookingStatus.NOT_MADE,
        BookingStatus.BOOKED,
        BookingStatus.MOVED,
        BookingStatus.NOT_MADE,
        BookingStatus.PENDING,
        BookingStatus.PASSED,
        BookingStatus.VISITED,
        BookingStatus.NO_SHOW,
    }
    assert set(BookingStatus) - told_by_the_new_one_or_by_nobody == set(OF_BOOKING)
    assert set(OF_BOOKING.values()) == {EventKind.CANCELLED}
