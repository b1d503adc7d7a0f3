"""Reports say what a patient count by hand says, over random days, on both databases."""

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import insert

from ivr.domain.user import Role, User
from ivr.services import access, reports
from ivr.services.reports import Days, Ending
from ivr.storage import tables
from tests.builders import MOSCOW, RULES, at

FIRST, LAST = date(2026, 4, 27), date(2026, 4, 29)
DAYS = Days(FIRST, LAST)
NOW = at("2026-05-10 12:00")
STEPS = ("main", "purpose", "oms", "birth", "time.menu", "queue.closed")
STEP_OUTCOMES = ("answered", "silence", "noise", "hangup", "operator", "error.oms.length")
ENDINGS = (
    ("goodbye", None),
    ("goodbye", "no_answer"),
    ("operator", "asked"),
    ("operator", "locked"),
    ("callback", "asked_in_queue"),
    ("hangup", None),
    ("trouble", "crash"),
    (None, None),
)


@pytest.fixture(params=[1, 7, 2026])
def chance(request):
    return random.Random(request.param)  # noqa: S311


def a_moment(chance, spread=timedelta(days=5)):
    """Some before the range, most within, some behind."""
    return at("2026-04-26 00:00") + chance.random() * spread


def within(moment: datetime) -> bool:
    return FIRST <= moment.astimezone(MOSCOW).date() <= LAST


def hour(moment):
    return moment.astimezone(MOSCOW).hour


def store(new_work, table, rows):
    with new_work() as work:
        if rows:
            work.connection.execute(insert(table), rows)
        work.commit()


@pytest.fixture
def users(new_work):
    return [
        access.add_user(new_work(), User(0, f"user{n}", f"Имя {n}", Role.OPERATOR), "long-word-77", who="t", now=NOW)
        for n in range(3)
    ]


@pytest.fixture
def rings(new_work, users, chance):
    rows = []
    for number in range(150):
        key, moment = f"call-{number}", a_moment(chance)
        for _ in range(chance.randrange(3)):
            rows.append(_ring(chance, key, moment, chance.choice(users), "MISSED"))
            moment += timedelta(seconds=20)
        if chance.random() < 0.3:
            rows.append(_ring(chance, key, moment, None, "ABANDONED"))
            continue
        for outcome in chance.choice((["ANSWERED"], ["TRANSFERRED", "ANSWERED"], ["RINGING"])):
            rows.append(_ring(chance, key, moment, chance.choice(users), outcome))
            moment += timedelta(minutes=2)
    store(new_work, tables.operator_calls, rows)
    return rows


def _ring(chance, key, moment, user_id, outcome):
    row = {"call_key": key, "user_id": user_id, "outcome": outcome, "rang_at": moment, "waited_s": chance.randrange(60)}
    answered = moment + timedelta(seconds=3) if outcome in ("ANSWERED", "TRANSFERRED") else None
    ended = (answered and chance.random() < 0.9 and answered + timedelta(seconds=chance.randrange(300))) or None
    wrapped = (ended and chance.random() < 0.9 and ended + timedelta(seconds=chance.randrange(60))) or None
    return row | {"answered_at": answered, "ended_at": ended, "wrapped_at": wrapped}


def callers(rings):
    """The row that decides about each caller: his first answer, or that he left."""
    told = {}
    for row in rings:
        if not within(row["rang_at"]) or row["outcome"] in ("MISSED", "RINGING"):
            continue
        told.setdefault(row["call_key"], row)
    return told.values()


def test_the_service_level_counts_each_caller_once(new_work, rings):
    told = sum(reports.service(new_work(), DAYS, rules=RULES).values(), start=reports.Service())

    answered = [row for row in callers(rings) if row["outcome"] != "ABANDONED"]
    assert told.answered == len(answered) > 30
    assert told.abandoned == len(callers(rings)) - len(answered) > 5
    assert told.in_time == sum(row["waited_s"] <= 20 for row in answered)
    assert told.waited_s == sum(row["waited_s"] for row in answered)
    assert told.level == pytest.approx(told.in_time / len(callers(rings)))


def test_every_day_of_the_range_is_there_and_belongs_to_the_hospitals_zone(new_work, rings):
    told = reports.service_by_day(new_work(), DAYS, rules=RULES)

    expected = Counter(row["rang_at"].astimezone(MOSCOW).date() for row in callers(rings))
    assert list(told) == list(DAYS)
    assert {day: one.offered for day, one in told.items()} == dict(expected)


def test_operators_are_told_apart_and_their_times_are_means(new_work, rings, users):
    told = {one.user_id: one for one in reports.operators(new_work(), DAYS, rules=RULES, now=NOW)}

    for user_id in users:
        own = [row for row in rings if row["user_id"] == user_id and within(row["rang_at"])]
        over = [row for row in own if row["ended_at"] and row["answered_at"]]
        talks = told[user_id].talks
        assert (talks.talks, talks.missed) == (len(over), sum(row["outcome"] == "MISSED" for row in own))
        assert talks.talked == pytest.approx(
            sum((row["ended_at"] - row["answered_at"]).total_seconds() for row in over) / len(over), abs=0.01
        )
        wrapped = [(row["wrapped_at"] - row["ended_at"]).total_seconds() for row in over if row["wrapped_at"]]
        assert talks.wrap_up == pytest.approx(sum(wrapped) / len(wrapped), abs=0.01)
        assert talks.waited == pytest.approx(sum(row["waited_s"] for row in over) / len(over))
        assert talks.handled == pytest.approx(talks.talked + talks.wrap_up)


def test_hours_of_talks_add_up_to_the_operators(new_work, rings):
    by_hour = reports.talks_by_hour(new_work(), DAYS, rules=RULES)
    by_operator = reports.operators(new_work(), DAYS, rules=RULES, now=NOW)

    assert sum(one.talks for one in by_hour.values()) == sum(one.talks.talks for one in by_operator)
    expected = Counter(
        hour(row["rang_at"]) for row in rings if row["ended_at"] and row["user_id"] and within(row["rang_at"])
    )
    assert {number: one.talks for number, one in by_hour.items() if one.talks} == dict(expected)


def test_states_count_only_within_the_range(new_work, users, chance):
    rows = []
    for user_id in users:
        moment = at("2026-04-26 20:00")
        while moment < at("2026-04-30 04:00"):
            until = moment + timedelta(seconds=chance.randrange(60, 20_000))
            rows.append(
                {
                    "user_id": user_id,
                    "state": chance.choice(("READY", "BREAK")),
                    "reason": "",
                    "since": moment,
                    "until": until,
                }
            )
            moment = until
        rows.append({"user_id": user_id, "state": "READY", "reason": "", "since": moment, "until": None})
    store(new_work, tables.operator_states, rows)
    since, before = DAYS.span(RULES)

    told = {one.user_id: one.states for one in reports.operators(new_work(), DAYS, rules=RULES, now=NOW)}

    for user_id in users:
        expected = Counter()
        for row in rows:
            if row["user_id"] == user_id:
                part = min(row["until"] or before, before) - max(row["since"], since)
                expected[row["state"]] += max(0.0, part.total_seconds())
        assert told[user_id] == pytest.approx(dict(expected), abs=0.1)


@pytest.fixture
def calls(new_work, chance):
    rows, steps = [], []
    for number in range(150):
        key, moment = f"call-{number}", a_moment(chance)
        outcome, detail = chance.choice(ENDINGS)
        ended = None if outcome is None else moment + timedelta(minutes=3)
        row = {
            "call_key": key,
            "caller": None,
            "line": "x",
            "node": "n",
            "begun_at": moment,
            "seen_at": moment,
            "progress": {},
        }
        rows.append(row | {"outcome": outcome, "detail": detail, "ended_at": ended})
        for count in range(chance.randrange(8)):
            step = {
                "call_key": key,
                "step": chance.choice(STEPS),
                "attempt": count,
                "outcome": chance.choice(STEP_OUTCOMES),
            }
            steps.append(step | {"waited_ms": 100, "wording": "v", "at": moment})
    store(new_work, tables.calls, rows)
    store(new_work, tables.steps, steps)
    return {row["call_key"]: row | {"steps": [s for s in steps if s["call_key"] == row["call_key"]]} for row in rows}


def counted(calls):
    return [call for call in calls.values() if within(call["begun_at"])]


def test_the_funnel_says_how_many_came_to_a_question_and_where_they_left(new_work, calls):
    told = {one.step: one for one in reports.funnel(new_work(), DAYS, rules=RULES)}

    for step in STEPS:
        there = [call for call in counted(calls) if any(row["step"] == step for row in call["steps"])]
        rows = [row for call in there for row in call["steps"] if row["step"] == step]
        last = [call for call in there if call["steps"][-1]["step"] == step]
        gone = [call for call in last if call["outcome"] in ("hangup", "trouble")]
        person = [call for call in last if call["outcome"] in ("operator", "callback")]
        assert (told[step].calls, told[step].asked) == (len(there), len(rows))
        assert told[step].failed == sum(r["outcome"] in ("silence", "noise", "error.oms.length") for r in rows)
        assert (told[step].left, told[step].to_person) == (len(gone), len(person))
        assert told[step].why == dict(Counter(call["steps"][-1]["outcome"] for call in gone + person))


def test_endings_and_reasons_cover_every_finished_call(new_work, calls):
    told = reports.endings(new_work(), DAYS, rules=RULES)

    over = [call for call in counted(calls) if call["outcome"]]
    by_outcome = Counter(call["outcome"] for call in over)
    solved = [
        call
        for call in over
        if call["outcome"] == "goodbye"
        and call["detail"] is None
        and all(row["step"] != "queue.closed" for row in call["steps"])
    ]
    assert sum(told.values()) == len(over)
    assert told[Ending.SOLVED] == len(solved)
    assert told[Ending.OPERATOR] == by_outcome["operator"]
    assert told[Ending.LEFT] == by_outcome["hangup"]
    why = Counter(call["detail"] for call in over if call["outcome"] in ("operator", "callback"))
    assert reports.reasons(new_work(), DAYS, rules=RULES) == dict(why)


def test_endings_of_days_add_up_to_those_of_the_range(new_work, calls):
    by_day = reports.endings_by_day(new_work(), DAYS, rules=RULES)

    total = sum((Counter(one) for one in by_day.values()), start=Counter())
    assert total == +Counter(reports.endings(new_work(), DAYS, rules=RULES))
    assert list(by_day) == list(DAYS)


def test_the_load_is_by_the_hospitals_hours(new_work, calls, rings):
    told = reports.load(new_work(), DAYS, rules=RULES)

    expected = Counter(hour(call["begun_at"]) for call in counted(calls))
    queued = Counter(hour(row["rang_at"]) for row in callers(rings))
    assert {number: one.calls for number, one in told.items() if one.calls} == dict(expected)
    assert {number: one.queued for number, one in told.items() if one.queued} == dict(queued)


def test_a_caller_who_hangs_up_after_he_was_booked_is_served(new_work, clinic):
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), at("2026-04-28 10:00"))
    call = {"caller": None, "line": "x", "node": "n", "begun_at": at("08:00"), "seen_at": at("08:00"), "progress": {}}
    store(new_work, tables.calls, [call | {"call_key": "call-1", "outcome": "hangup", "ended_at": at("08:03")}])
    clinic.book(slot, clinic.patient(), call_key="call-1")

    assert reports.endings(new_work(), DAYS, rules=RULES)[Ending.SOLVED] == 1


def test_bookings_are_counted_by_channel_speciality_and_status(new_work, clinic):
    clinic.speciality()
    clinic.speciality("surgeon")
    doctors = {key: clinic.doctor(key) for key in ("therapist", "surgeon")}
    for hour_of_day in range(9, 13):
        for key in doctors:
            slot = clinic.slot(doctors[key], at(f"2026-04-28 {hour_of_day:02}:00"))
            clinic.book(slot, clinic.patient())

    told = reports.bookings(new_work(), DAYS, rules=RULES)

    assert told == {("CC", "surgeon"): {"BOOKED": 4}, ("CC", "therapist"): {"BOOKED": 4}}


def test_the_no_show_rate_leaves_out_visits_nobody_has_marked(new_work, clinic):
    clinic.speciality()
    doctor = clinic.doctor()
    slots = clinic.slots(doctor, [at(f"2026-04-28 {hour:02}:00") for hour in range(9, 15)])
    booked = [clinic.book(slot, clinic.patient()) for slot in slots]
    with new_work() as work:
        for booking, status in zip(booked, ("VISITED", "VISITED", "NO_SHOW", "PASSED"), strict=False):
            own = tables.bookings.c.id == booking.id
            work.connection.execute(tables.bookings.update().where(own).values(status=status))
        work.commit()

    (told,) = reports.visits(new_work(), DAYS, rules=RULES, now=at("2026-04-28 13:30"))

    assert (told.visited, told.missed, told.unknown) == (2, 1, 2)
    assert told.no_show == pytest.approx(1 / 3)


def test_promises_and_legal_limits_are_kept_late_or_overdue_1_4(new_work, clinic, chance):
    clinic.speciality()
    clinic.speciality("surgeon")
    patient = clinic.patient()
    now = at("2026-04-28 12:00")
    callbacks, entries = [], []
    for number in range(80):
        due = a_moment(chance)
        done = chance.choice((None, due - timedelta(minutes=1), due + timedelta(minutes=1)))
        status = chance.choice(("OPEN", "DROPPED")) if done is None else "DONE"
        row = {"key": f"k{number}", "kind": "CALLBACK", "owner": "CALL_CENTRE", "status": status, "due_at": due}
        callbacks.append(row | {"created_at": due, "tried_at": done, "payload": {}})
        closed = chance.choice(("CLOSED_OTHER_BOOKING", "BOOKED", "CANCELLED_BY_PATIENT")) if done else None
        row = {"key": f"k{number}", "patient_id": patient.id, "part_of_day": "ANY", "reason": "NO_SLOTS"}
        # One open entry of a speciality is what the database allows.
        if closed is None and len(entries) > 1:
            continue
        kind = "surgeon" if closed is None and entries else chance.choice(("therapist", "surgeon"))
        row |= {"speciality": kind if closed else ("therapist", "surgeon")[len(entries)], "status": closed or "ACTIVE"}
        entries.append(row | {"entered_at": due, "deadline": due, "window_until": LAST, "closed_at": done})
    store(new_work, tables.tasks, callbacks)
    store(new_work, tables.waiting_entries, entries)

    told = reports.promises(new_work(), DAYS, rules=RULES, now=now)

    own = [row for row in callbacks if within(row["due_at"])]
    expected = Counter(_kept(row["tried_at"], row["due_at"], row["status"] == "DROPPED", now) for row in own)
    assert {state: getattr(told["CALLBACK"], state) for state in expected} == dict(expected)
    for what, speciality in (("DISTRICT", "therapist"), ("SPECIALIST", "surgeon")):
        own = [row for row in entries if row["speciality"] == speciality and within(row["deadline"])]
        gone = "CANCELLED_BY_PATIENT"
        expected = Counter(_kept(row["closed_at"], row["deadline"], row["status"] == gone, now) for row in own)
        assert {state: getattr(told[what], state) for state in expected} == dict(expected)


def _kept(done, limit, dropped, now):
    if dropped:
        return "dropped"
    if done is None:
        return "overdue" if limit < now else "open"
    return "in_time" if done <= limit else "late"


def test_nothing_is_divided_by_nothing(new_work):
    assert sum(reports.service(new_work(), DAYS, rules=RULES).values(), start=reports.Service()).level is None
    assert reports.operators(new_work(), DAYS, rules=RULES, now=NOW) == []
    assert reports.visits(new_work(), DAYS, rules=RULES, now=NOW) == []
    assert reports.funnel(new_work(), DAYS, rules=RULES) == []


@pytest.mark.parametrize(("first", "last"), [(LAST, FIRST), (date(2020, 1, 1), LAST)])
def test_a_range_that_is_none_or_too_long_is_refused(new_work, first, last):
    with pytest.raises(ValueError, match="day"):
        reports.service(new_work(), Days(first, last), rules=RULES)
