"""From a booking to what the patient reads: rows, leases, retries, receipts; letters by a real server."""

from collections import deque
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import ONE_PART, Letterhead, Method, NewNotice, NoticeKind, NoticeStatus, text_of
from ivr.notices.delivery import NotTaken, Receipt
from ivr.notices.mail import Mail, MailServer
from ivr.notices.worker import UNKNOWN_FOR, Worker
from ivr.services import booking, consent, notices, outreach
from tests.builders import MOSCOW, NOW, RULES, at
from tests.notices.test_mail import Postbox, _calendar, _served

HEAD = Letterhead("Спасская РБ", "80000002020", MOSCOW)
MOBILE = PhoneNumber("+79000000101")
ROBOT = replace(RULES, robot_calls=True, sends_sms=True)
DAY = "2026-04-29"
SETTLED = NOW + timedelta(days=1)


class Provider:
    """A gateway of the tests: takes what it is told to take, and tells what it is told to tell."""

    def __init__(self):
        self.taken = []
        self.refusals = deque()
        self.told = []
        self.confirmed = []

    def send(self, message, now):
        if self.refusals:
            raise self.refusals.popleft()
        self.taken.append(message)
        return f"id-{len(self.taken)}"

    def receipts(self):
        return list(self.told)

    def kept(self, receipts):
        self.confirmed += receipts

    def close(self):
        pass


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def worker(new_work, provider, clock):
    return Worker(new_work, {Method.SMS: provider}, head=lambda: HEAD, place="Больница", now=clock)


def a_visit(clinic, doctor, when=f"{DAY} 15:00", **changes):
    return clinic.book(clinic.slot(doctor, at(when)), clinic.patient(), rules=ROBOT, contact=MOBILE, **changes)


def agrees(new_work, visit, method="SMS", purpose="SMS_TALON", given=True, **changes):
    consent.record(
        new_work(),
        patient_id=visit.patient_id,
        booking_id=visit.id,
        purpose=purpose,
        given=given,
        method=method,
        phone=MOBILE,
        wording="w1",
        call_key="call-1",
        now=NOW,
        **changes,
    )


def cancel(new_work, visit):
    booking.cancel(new_work(), visit.id, patient_id=visit.patient_id, key=f"c-{visit.id}", rules=ROBOT, now=NOW)


def states(clinic):
    return [(row.kind, row.status) for row in clinic.rows("notices")]


def test_who_agrees_to_a_message_gets_his_talon_and_each_change_by_the_chosen_method(
    clinic, new_work, doctor, worker, provider
):
    visit = a_visit(clinic, doctor)
    assert states(clinic) == []
    agrees(new_work, visit)
    worker.turn()
    cancel(new_work, visit)
    worker.turn()

    assert [message.text for message in provider.taken] == [
        "Запись: 29.04 15:00, каб. 21. Отмена: 80000002020. Спасская РБ",
        "Запись на 29.04 15:00 отменена. Спасская РБ",
    ]
    assert {message.address for message in provider.taken} == {MOBILE.e164}


@pytest.mark.parametrize("choice", [None, {"given": False}, {"method": "CALL", "purpose": "NOTICE"}])
def test_who_has_not_chosen_messages_gets_none(clinic, new_work, doctor, worker, provider, choice):
    visit = a_visit(clinic, doctor)
    if choice is not None:
        agrees(new_work, visit, **choice)
    cancel(new_work, visit)
    worker.turn()

    assert provider.taken == []


def test_a_moved_visit_is_told_once_and_by_the_choice_that_was_made_for_the_first(
    clinic, new_work, doctor, worker, provider
):
    visit = a_visit(clinic, doctor)
    agrees(new_work, visit)
    with new_work().reading() as work:
        patient = work.patients.get(visit.patient_id)
    clinic.book(clinic.slot(doctor, at(f"{DAY} 16:00")), patient, rules=ROBOT, moves=visit.id, contact=MOBILE)
    worker.turn()

    assert [message.text for message in provider.taken] == ["Запись перенесена: 29.04 16:00, каб. 21. Спасская РБ"]
    assert states(clinic) == [("BOOKED", "EXPIRED"), ("MOVED", "SENT")]


class Slow(Provider):
    """Something happens while it takes a message."""

    def __init__(self, meanwhile):
        super().__init__()
        self._meanwhile = meanwhile

    def send(self, message, now):
        self._meanwhile()
        return super().send(message, now)


def test_a_consent_that_is_taken_back_while_another_message_is_sent_is_heeded(clinic, new_work, doctor, clock):
    first, second = a_visit(clinic, doctor), a_visit(clinic, doctor, f"{DAY} 16:00")
    agrees(new_work, first)
    agrees(new_work, second)
    provider = Slow(lambda: agrees(new_work, second, given=False))

    Worker(new_work, {Method.SMS: provider}, head=lambda: HEAD, place="Больница", now=clock).turn()

    assert [message.key for message in provider.taken] == [f"booked-{first.id}"]
    assert [status for _, status in states(clinic)] == ["SENT", "EXPIRED"]


def test_what_waits_behind_a_slow_provider_is_not_sent_by_another_worker_too(clinic, new_work, doctor, clock):
    def half_a_minute():
        clock.now += timedelta(seconds=30)
        other.turn()

    slow, quick = Slow(half_a_minute), Provider()
    one, other = (
        Worker(new_work, {Method.SMS: each}, head=lambda: HEAD, place="Больница", now=clock) for each in (slow, quick)
    )
    for number in range(12):
        agrees(new_work, a_visit(clinic, doctor, f"{DAY} {9 + number // 3:02}:{number % 3 * 20:02}"))

    while one.turn():
        pass

    keys = [message.key for message in (*slow.taken, *quick.taken)]
    assert len(keys) == len(set(keys)) == 12


def test_what_a_provider_does_not_take_is_tried_again_after_growing_pauses(
    clinic, new_work, doctor, worker, provider, clock
):
    provider.refusals += [NotTaken("busy"), NotTaken("busy")]
    agrees(new_work, a_visit(clinic, doctor))
    tries = []
    for _ in range(10):
        if worker.turn():
            tries.append((clock.now - NOW) // timedelta(minutes=1))
        clock.now += timedelta(minutes=1)

    assert tries == [0, 1, 6]
    assert states(clinic) == [("BOOKED", "SENT")]


def test_what_is_of_no_use_any_more_is_not_sent(clinic, new_work, doctor, worker, provider, clock):
    agrees(new_work, a_visit(clinic, doctor))
    clock.now = at(f"{DAY} 15:00")
    worker.turn()

    assert (provider.taken, states(clinic)) == ([], [("BOOKED", "EXPIRED")])


def test_a_crash_between_two_workers_sends_again_under_the_same_key(clinic, new_work, doctor, worker, provider, clock):
    agrees(new_work, a_visit(clinic, doctor))
    leased = notices.lease(new_work(), [Method.SMS], now=NOW)  # and the worker dies here
    assert worker.turn() == 0
    clock.now += notices.LEASE

    assert worker.turn() == 1
    assert provider.taken[0].key == leased.wanted.key


def test_a_receipt_is_kept_once_and_an_early_one_is_asked_for_again(clinic, new_work, doctor, worker, provider, clock):
    provider.told = [Receipt("id-1", delivered=True)]
    worker.turn()
    assert provider.confirmed == []

    agrees(new_work, a_visit(clinic, doctor))
    worker.turn()
    assert states(clinic) == [("BOOKED", "DELIVERED")]
    assert provider.confirmed == provider.told


def test_a_receipt_of_nobody_is_let_go_after_a_while(worker, provider, clock):
    provider.told = [Receipt("stranger", delivered=True)]
    worker.turn()
    clock.now += UNKNOWN_FOR + timedelta(seconds=1)
    worker.turn()

    assert provider.confirmed == provider.told


def test_who_cannot_be_rung_gets_a_message_and_if_that_fails_a_person_rings_him(
    clinic, new_work, doctor, worker, provider
):
    a_visit(clinic, doctor, when="2026-04-27 18:00")  # less than a day ahead: no call, a message at once (1.6)
    ringing = at("2026-04-27 10:00")
    assert outreach.claim(new_work(), node="dial", rules=ROBOT, now=ringing) is None
    assert states(clinic) == [("REMINDER", "WAITING")]
    assert [row.status for row in clinic.rows("tasks", kind="FEEDBACK")] == ["DONE"]

    provider.refusals.append(NotTaken("no such number", final=True))
    worker = Worker(new_work, {Method.SMS: provider}, head=lambda: HEAD, place="Больница", now=lambda: ringing)
    worker.turn()

    (task,) = clinic.rows("tasks", kind="FEEDBACK")
    assert states(clinic) == [("REMINDER", "FAILED")]
    assert (task.status, task.owner, task.robot) == ("OPEN", "REGISTRY", False)


def test_who_wants_to_be_reminded_by_a_message_is_not_rung_up_s3_5(clinic, new_work, doctor):
    visit = a_visit(clinic, doctor)
    agrees(new_work, visit, purpose="REMINDER")

    assert outreach.claim(new_work(), node="dial", rules=ROBOT, now=at("2026-04-28 11:00")) is None
    assert states(clinic) == [("REMINDER", "WAITING")]
    assert clinic.rows("dial_attempts") == []


def test_the_feed_is_read_in_order_and_from_where_one_left_off(clinic, new_work, doctor):
    visit = a_visit(clinic, doctor)
    agrees(new_work, visit, method="FEED", purpose="NOTICE")
    cancel(new_work, visit)
    first, second = notices.feed(new_work(), after=0, now=SETTLED)

    assert [one.wanted.kind for one in (first, second)] == [NoticeKind.BOOKED, NoticeKind.CANCELLED]
    assert notices.feed(new_work(), after=first.id, now=SETTLED) == [second]


def test_a_reader_of_the_feed_sees_nothing_behind_a_message_that_is_still_being_written(clinic, new_work, doctor):
    """The first one is numbered first and committed last: whoever read the second alone would never see it."""
    booked = NewNotice("booked-1", NoticeKind.BOOKED, Method.FEED, "", NOW, NOW)
    with new_work() as work:
        work.notices.add(booked, NoticeStatus.DELIVERED, NOW)
        work.notices.add(replace(booked, key="booked-2"), NoticeStatus.DELIVERED, NOW - notices.UNSETTLED)
        work.commit()

    assert notices.feed(new_work(), after=0, now=NOW) == []
    assert len(notices.feed(new_work(), after=0, now=NOW + notices.UNSETTLED)) == 2


def test_a_letter_has_the_visit_for_the_calendar_and_takes_it_away_again(clinic, new_work, doctor, clock):
    postbox = Postbox()
    serving = _served(postbox)
    port = next(serving)
    mail = Mail(MailServer("127.0.0.1", port, "talon@rb.example", "Спасская РБ", tls="none", seconds=5))
    worker = Worker(new_work, {Method.EMAIL: mail}, head=lambda: HEAD, place="Больница", now=clock)
    visit = a_visit(clinic, doctor)
    agrees(new_work, visit, method="EMAIL", purpose="NOTICE", email="anna@example.org")
    worker.turn()
    cancel(new_work, visit)
    worker.turn()
    next(serving, None)

    calendars = [_calendar(letter) for letter in postbox.letters]
    assert [method for _, method in calendars] == ["PUBLISH", "CANCEL"]
    events = [calendar.events[0] for calendar, _ in calendars]
    assert len({event.uid for event in events}) == 1
    assert events[0].sequence < events[1].sequence


@given(st.sampled_from(NoticeKind), st.datetimes(), st.sampled_from(["21", "114а", "3"]))
def test_every_short_message_is_one_part(kind, when, room):
    facts = {"starts_at": when.replace(tzinfo=MOSCOW).isoformat(), "minutes": "15", "room": room, "uid": "visit-1"}
    notice = NewNotice("k", kind, Method.SMS, MOBILE.e164, NOW, NOW, facts=facts)

    assert len(text_of(notice, HEAD, NOW)) <= ONE_PART
