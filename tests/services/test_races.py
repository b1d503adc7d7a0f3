"""Real threads race for the same thing, on both databases: the database, not luck, decides."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from ivr.domain.client import Scope
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyBooked,
    AlreadyWaiting,
    CallerLocked,
    NotIdentified,
    Refusal,
    SlotTaken,
    TooManyBookings,
)
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.services import booking, clients, events, identification, search, waiting
from ivr.services.booking import BookingCommand
from ivr.services.events import MOST_SUBSCRIPTIONS, BadAddress
from ivr.services.search import SlotQuery
from ivr.services.waiting import Wish
from tests.builders import CALLER, NOW, RULES, an_oms, at, every

CALLERS = 50


def race(actions):
    """Do all at the same moment; return results and refusals in the order of the actions."""
    barrier = Barrier(len(actions))

    def run(action):
        barrier.wait(timeout=30)
        try:
            return action()
        except (Refusal, BadAddress) as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


def test_of_50_callers_one_books_the_last_slot_and_49_are_offered_the_next_one(clinic, new_work, doctor):
    last, following = clinic.slots(doctor, every(15, at("10:00"), 2))
    patients = [clinic.patient() for _ in range(CALLERS)]

    def book(number, patient):
        def action():
            command = BookingCommand(f"key-{number}", last, patient.id, Purpose.ILLNESS, f"call-{number}")
            return booking.book(new_work(), command, rules=RULES, now=NOW)

        return action

    results = race([book(number, patient) for number, patient in enumerate(patients)])

    losers = [patient for patient, result in zip(patients, results, strict=True) if isinstance(result, SlotTaken)]
    assert len(losers) == CALLERS - 1
    assert len(clinic.rows("bookings")) == len(clinic.rows("tasks")) == 1
    assert {clinic.nearest(patient) for patient in losers} == {following}


def test_of_50_callers_one_holds_a_slot(clinic, new_work, doctor):
    slot = clinic.slot(doctor, at("10:00"))
    patient = clinic.patient()

    def hold(number):
        return lambda: booking.hold(
            new_work(), slot, patient_id=patient.id, call_key=f"call-{number}", rules=RULES, now=NOW
        )

    results = race([hold(number) for number in range(CALLERS)])

    assert Counter(type(result).__name__ for result in results) == {"Hold": 1, "SlotTaken": CALLERS - 1}


def test_callers_who_swap_lapsed_holds_do_not_wait_for_each_other(clinic, new_work, doctor):
    """Each takes the other's slot and lets go of his own: in a bad order that is a deadlock."""
    first, second = clinic.slots(doctor, every(60, at("10:00"), 2))
    one, two = clinic.patient(), clinic.patient()

    def swap(now):
        return race(
            [
                lambda: clinic.hold(second, one, "call-1", now=now),
                lambda: clinic.hold(first, two, "call-2", now=now),
            ]
        )

    for turn in range(10):
        now = NOW + turn * 2 * RULES.hold
        clinic.hold(first, one, "call-1", now=now)
        clinic.hold(second, two, "call-2", now=now)

        swap(now + RULES.hold)

        holders = [row.held_by for row in clinic.rows("slots") if row.held_by]
        assert len(holders) == len(set(holders))


def test_two_calls_about_one_patient_book_a_speciality_once(clinic, new_work, doctor):
    slots = clinic.slots(doctor, every(60, at("10:00"), 8))
    patient = clinic.patient()

    results = race([lambda slot=slot: clinic.book(slot, patient) for slot in slots])

    assert Counter(type(result) for result in results)[AlreadyBooked] == 7
    assert [row.state for row in clinic.rows("slots")].count("BOOKED") == 1


def test_two_calls_about_one_patient_do_not_pass_the_limit_of_four(clinic, new_work):
    slots = []
    for number in range(8):
        key = clinic.speciality(f"speciality-{number}")
        slots.append(clinic.slot(clinic.doctor(key), every(60, at("09:00"), 8)[number]))
    patient = clinic.patient()

    results = race([lambda slot=slot: clinic.book(slot, patient) for slot in slots])

    assert Counter(type(result) for result in results)[TooManyBookings] == 4
    assert len(clinic.rows("bookings")) == 4


def test_one_command_sent_eight_times_at_once_books_once(clinic, new_work, doctor):
    slot = clinic.slot(doctor, at("10:00"))
    patient = clinic.patient()

    results = race([lambda: clinic.book(slot, patient, key="same")] * 8)

    assert len({result.id for result in results}) == 1
    assert len(clinic.rows("bookings")) == 1


def test_a_move_and_a_cancel_at_once_leave_one_of_the_two(clinic, new_work, doctor):
    for _ in range(5):
        patient = clinic.patient()
        first, second = clinic.slots(doctor, every(15, at("10:00"), 2))
        visit = clinic.book(first, patient)

        race(
            [
                lambda: clinic.book(second, patient, moves=visit.id),  # noqa: B023
                lambda: booking.cancel(new_work(), visit.id, patient_id=patient.id, key="c", rules=RULES, now=NOW),  # noqa: B023
            ]
        )

        active = booking.upcoming(new_work(), patient.id, now=NOW)
        assert len(clinic.rows("slots", state="BOOKED")) == len(active)
        for left in active:
            booking.cancel(new_work(), left.id, patient_id=patient.id, key=f"end-{left.id}", rules=RULES, now=NOW)


def test_a_patient_who_joins_the_list_on_two_lines_waits_once(clinic, new_work, doctor):
    patient = clinic.patient()
    wish = Wish(patient.id, "therapist", None, PartOfDay.ANY, WaitingReason.NO_SLOTS, None, "")

    results = race(
        [lambda key=key: waiting.join(new_work(), replace(wish, key=key), rules=RULES, now=NOW) for key in "abcdefgh"]
    )

    assert Counter(type(result) for result in results)[AlreadyWaiting] == 7


def test_looking_for_time_does_not_wait_for_who_is_booking(clinic, new_work, doctor):
    clinic.slot(doctor, at("10:00"))
    patient = clinic.patient()

    with new_work() as writer:
        writer.patients.lock(patient.id)
        writer.attempts.add(patient.phone, NOW)

        found = search.nearest(new_work(), SlotQuery("therapist", patient.id), rules=RULES, now=NOW)

    assert found.starts_at == at("10:00")


def test_d06_guesses_from_one_telephone_are_counted_one_after_another(clinic, new_work, doctor):
    patient = clinic.patient()

    def guess():
        return identification.identify(
            new_work(), an_oms(patient.id + 7), patient.birth_date, caller=CALLER, rules=RULES, now=NOW
        )

    refusals = Counter(type(refusal) for refusal in race([guess] * 30))

    assert refusals == {NotIdentified: RULES.lock_after, CallerLocked: 30 - RULES.lock_after}
    assert len(clinic.rows("failed_identifications")) == RULES.lock_after


def test_a_client_that_subscribes_from_many_threads_at_once_has_ten_subscriptions_and_no_more(new_work):
    client, _ = clients.add(new_work(), "бот", [Scope.EVENTS], who="test", now=NOW, hosts=["127.0.0.1"])

    def subscribe(number):
        return lambda: events.subscribe(new_work(), client, "http://127.0.0.1/x", [], key=f"hook-{number}", now=NOW)

    for number in range(MOST_SUBSCRIPTIONS - 1):
        subscribe(number)()
    results = race([subscribe(number) for number in range(MOST_SUBSCRIPTIONS, 3 * MOST_SUBSCRIPTIONS)])

    assert Counter(type(result).__name__ for result in results) == {"Subscription": 1, "BadAddress": len(results) - 1}
    assert len(events.subscriptions(new_work(), client)) == MOST_SUBSCRIPTIONS
