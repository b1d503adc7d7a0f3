"""The report on the hospital's own calls says what a patient count by hand says, on both databases."""

import time
from datetime import date
from itertools import count

import pytest
from sqlalchemy import insert

from ivr.domain.offer import OfferStatus
from ivr.domain.tasks import TaskKind
from ivr.services.booking import cancel
from ivr.services.campaign import GOES_ON, Speed, campaign
from ivr.services.reports import Days
from ivr.storage import tables
from tests.builders import RULES, at, every

DAY = date(2026, 4, 27)
DAYS = Days(DAY, DAY)
NUMBERS = count(1)


def store(new_work, table, rows):
    with new_work() as work:
        work.connection.execute(insert(table), rows)
        work.commit()


def task(new_work, kind="FEEDBACK"):
    number = next(NUMBERS)
    row = {"key": f"task-{number}", "kind": kind, "owner": "CALL_CENTRE", "status": "OPEN", "due_at": at("08:00")}
    with new_work() as work:
        added = work.connection.execute(insert(tables.tasks).values(**row, created_at=at("08:00"), payload={}))
        work.commit()
    return added.inserted_primary_key[0]


def rung(new_work, task_id, number, when, outcome, result=None):
    begun = at(when)
    row = {"key": f"call-{next(NUMBERS)}", "task_id": task_id, "number": number, "phone": f"+7900{next(NUMBERS):07}"}
    row |= {"node": "n", "begun_at": begun, "leased_until": begun, "ended_at": outcome and begun, "outcome": outcome}
    store(new_work, tables.dial_attempts, [row | {"result": result}])


@pytest.fixture
def morning(new_work):
    """Six attempts for three reminders, one for a survey; one the day before."""
    first, second, third, survey = (task(new_work, kind) for kind in ("FEEDBACK",) * 3 + ("SURVEY",))
    rung(new_work, first, 1, "10:05", "NO_ANSWER")
    rung(new_work, first, 2, "14:10", "DONE", "CONFIRMED")
    rung(new_work, second, 1, "10:20", "TRUNK")
    rung(new_work, second, 2, "10:25", "DONE", "CANCELLED")
    rung(new_work, third, 4, "14:30", "BUSY")
    rung(new_work, third, 5, "14:40", None)
    rung(new_work, survey, 1, "10:30", "DONE")
    rung(new_work, third, 1, "2026-04-26 23:59", "DONE", "MOVED")


def test_attempts_are_counted_by_what_they_were_for(new_work, morning):
    told = campaign(new_work(), DAYS, rules=RULES)

    assert list(told.kinds) == [TaskKind.FEEDBACK, TaskKind.SURVEY]
    reminders = told.kinds[TaskKind.FEEDBACK]
    assert (reminders.attempts, reminders.reached) == (6, 2)
    assert dict(reminders.results) == {"CONFIRMED": 1, "CANCELLED": 1}
    assert dict(reminders.outcomes) == {"NO_ANSWER": 1, "DONE": 2, "TRUNK": 1, "BUSY": 1, GOES_ON: 1}
    assert (told.total.attempts, told.total.reached) == (7, 3)


def test_what_our_own_line_spoiled_says_nothing_of_patients(new_work, morning):
    reminders = campaign(new_work(), DAYS, rules=RULES).kinds[TaskKind.FEEDBACK]

    assert reminders.share == 2 / 4  # of six one fell to the trunk, one goes on


def test_hours_are_those_of_the_hospital_and_attempts_are_numbered(new_work, morning):
    told = campaign(new_work(), DAYS, rules=RULES)

    assert {hour: (one.attempts, one.reached) for hour, one in told.hours.items()} == {10: (4, 2), 14: (3, 1)}
    assert {number: one.attempts for number, one in told.tries.items()} == {1: 3, 2: 2, 4: 2}


def test_a_freed_time_is_taken_by_the_list_by_others_or_by_nobody(new_work, clinic):
    clinic.speciality()
    slots = clinic.slots(clinic.doctor(), every(30, at("2026-04-29 12:00"), 4))
    visits = [clinic.book(slot, clinic.patient()) for slot in slots]
    for visit, when in zip(visits, ("09:00", "09:10", "09:20"), strict=False):
        cancel(new_work(), visit.id, patient_id=visit.patient_id, key=f"c{visit.id}", rules=RULES, now=at(when))
    clinic.book(slots[0], clinic.patient(), now=at("09:40"))
    clinic.book(slots[1], clinic.patient(), now=at("09:20"))
    offers = [(slots[0], "09:00", "DECLINED", "09:20"), (slots[0], "09:20", "ACCEPTED", "09:40")]
    offers += [(slots[2], "09:20", "LAPSED", "09:50"), (slots[3], "2026-04-26 10:00", "ACCEPTED", "2026-04-26 10:05")]
    _offered(new_work, clinic, offers)

    told = campaign(new_work(), DAYS, rules=RULES)

    own = told.freed
    assert (own.all.number, own.by_list.number, own.otherwise.number, own.by_nobody.number) == (3, 1, 1, 1)
    assert (own.all.offered, own.by_list.offered, own.otherwise.offered, own.by_nobody.offered) == (2, 1, 0, 1)
    assert (own.refilled, own.share) == (2, pytest.approx(2 / 3))
    assert own.by_list.speed == Speed(40, 40)
    assert own.all.speed == Speed(25, 40)
    assert told.offers == {OfferStatus.DECLINED: 1, OfferStatus.ACCEPTED: 1, OfferStatus.LAPSED: 1}


def test_a_time_that_is_freed_twice_is_counted_twice(new_work, clinic):
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), at("2026-04-29 12:00"))
    for hour in (9, 10):
        visit = clinic.book(slot, clinic.patient(), now=at(f"{hour:02}:00"))
        cancel(new_work(), visit.id, patient_id=visit.patient_id, key=f"c{hour}", rules=RULES, now=at(f"{hour:02}:30"))

    own = campaign(new_work(), DAYS, rules=RULES).freed

    assert (own.all.number, own.otherwise.number, own.by_nobody.number) == (2, 1, 1)
    assert own.otherwise.speed.median == 30


def _offered(new_work, clinic, offers):
    rows = []
    for slot_id, made, status, ended in offers:
        patient = clinic.patient()
        entry = {"key": f"e{patient.id}", "patient_id": patient.id, "speciality": "therapist", "part_of_day": "ANY"}
        entry |= {"reason": "NO_SLOTS", "status": "ACTIVE", "entered_at": at(made), "deadline": at(made)}
        with new_work() as work:
            added = work.connection.execute(insert(tables.waiting_entries).values(**entry, window_until=DAY))
            work.commit()
        row = {"slot_id": slot_id, "entry_id": added.inserted_primary_key[0], "made_at": at(made), "until": at(made)}
        rows.append(row | {"status": status, "ended_at": at(ended)})
    store(new_work, tables.slot_offers, rows)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [([], Speed()), ([7], Speed(7, 7)), (range(1, 11), Speed(5.5, 9)), (range(1, 12), Speed(6, 10))],
)
def test_nine_of_ten_do_not_exceed_the_90th_percentile(minutes, told):
    assert Speed.of(minutes) == told


def test_days_without_calls_are_told_as_nothing(new_work):
    told = campaign(new_work(), DAYS, rules=RULES)

    assert (told.total.attempts, told.total.share, told.freed.share, told.kinds) == (0, None, None, {})


MANY = "WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) INSERT INTO {into}"
TASKS = """tasks (key, kind, owner, status, due_at, created_at, payload)
SELECT 't' || n, 'FEEDBACK', 'CALL_CENTRE', 'DONE', '{day}', '{day}', '{{}}' FROM numbers"""
ATTEMPTS = """dial_attempts (key, task_id, number, phone, node, begun_at, leased_until, ended_at, outcome)
SELECT 'a' || n, n / 3 + 1, n % 3 + 1, '+79000000001', 'n', datetime('{day}', (n % 28000) || ' seconds') || '.000000',
'{day}', '{day}', CASE n % 3 WHEN 0 THEN 'NO_ANSWER' WHEN 1 THEN 'BUSY' ELSE 'DONE' END FROM numbers"""


def test_a_hundred_thousand_attempts_are_counted_at_once(sqlite_database):
    new_work = sqlite_database.new_work
    with new_work() as work:
        for last, into in ((33_333, TASKS), (99_999, ATTEMPTS)):
            many = MANY.format(last=last, into=into.format(day="2026-04-27 07:00:00.000000"))
            work.connection.exec_driver_sql(many)
        work.commit()

    begun = time.perf_counter()
    told = campaign(new_work(), DAYS, rules=RULES)

    assert (told.total.attempts, told.tries[1].attempts, told.tries[3].reached) == (100_000, 33_334, 33_333)
    assert time.perf_counter() - begun < 2
