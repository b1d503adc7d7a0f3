"""Who came and who did not: what is asked afterwards, what taking it back undoes, what reports make of it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ivr.domain.dialling import Ended, Outcome
from ivr.domain.refusals import AlreadyBooked, TooEarly, WrongTurn
from ivr.domain.slot import Channel
from ivr.domain.worklist import TaskResult
from ivr.services import attendance, booking, outreach, reports
from ivr.services.reports import Days
from tests.builders import CALLER, NOW, RULES, at, every

ROBOT = replace(RULES, robot_calls=True, surveys=True)
START = at("2026-04-28 10:00")
OVER = at("2026-04-28 10:15")
DAY = date(2026, 4, 28)


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


@pytest.fixture
def visit(clinic, doctor):
    return clinic.book(clinic.slot(doctor, START), clinic.patient(), rules=ROBOT, contact=CALLER)


def came(new_work, visit, now=OVER, rules=ROBOT):
    return attendance.came(new_work(), visit.id, who="user:7", rules=rules, now=now)


def stayed_away(new_work, visit, now=OVER, rules=ROBOT):
    return attendance.stayed_away(new_work(), visit.id, who="user:7", rules=rules, now=now)


def take_back(new_work, visit, now=OVER):
    return attendance.take_back(new_work(), visit.id, who="user:7", now=now)


def tasks(clinic, *kinds):
    return [(row.kind, row.status) for row in clinic.rows("tasks") if row.kind in (kinds or ("SURVEY", "NO_SHOW"))]


def claim(new_work, now):
    return outreach.claim(new_work(), node="dial", rules=ROBOT, now=now)


def test_who_came_is_asked_two_questions_and_who_did_not_whether_he_wants_another_time(clinic, new_work, doctor):
    slots = clinic.slots(doctor, every(15, START, 2))
    here, away = (clinic.book(slot, clinic.patient(), rules=ROBOT, contact=CALLER) for slot in slots)

    assert came(new_work, here, now=OVER).status == "VISITED"
    assert stayed_away(new_work, away, now=OVER).status == "NO_SHOW"

    assert tasks(clinic) == [("SURVEY", "OPEN"), ("NO_SHOW", "OPEN")]
    assert [row.detail["ended"] for row in clinic.rows("audit")] == ["VISITED", "NO_SHOW"]
    assert [row.who for row in clinic.rows("audit")] == ["user:7"] * 2


def test_a_repeat_changes_nothing(clinic, new_work, visit):
    for _ in range(2):
        came(new_work, visit)

    assert tasks(clinic) == [("SURVEY", "OPEN")]
    assert len(clinic.rows("audit")) == 1


def test_where_the_hospital_asks_nothing_only_the_visit_is_marked(clinic, new_work, visit):
    came(new_work, visit, rules=replace(ROBOT, surveys=False))

    assert tasks(clinic) == []


def test_who_comes_early_has_come_and_nobody_has_stayed_away_before_his_time(new_work, visit):
    with pytest.raises(TooEarly):
        stayed_away(new_work, visit, now=START - timedelta(seconds=1))
    with pytest.raises(TooEarly):
        came(new_work, visit, now=at("2026-04-27 23:59"))

    assert came(new_work, visit, now=at("2026-04-28 00:00")).status == "VISITED"


def test_a_mark_that_is_taken_back_takes_its_task_along_and_a_new_one_brings_it_back(clinic, new_work, visit):
    stayed_away(new_work, visit)

    assert take_back(new_work, visit).status == "PASSED"
    assert tasks(clinic) == [("NO_SHOW", "DROPPED")]
    assert claim(new_work, OVER) is None
    stayed_away(new_work, visit)

    assert tasks(clinic) == [("NO_SHOW", "OPEN")]
    assert claim(new_work, OVER).kind == "NO_SHOW"


def test_a_mark_is_corrected_at_once_and_the_right_question_is_asked(clinic, new_work, visit):
    stayed_away(new_work, visit)
    came(new_work, visit)

    assert tasks(clinic) == [("NO_SHOW", "DROPPED"), ("SURVEY", "OPEN")]


def test_who_was_rung_already_is_not_rung_again_for_a_corrected_mark(clinic, new_work, visit):
    came(new_work, visit)
    dial = claim(new_work, OVER)
    with new_work() as work:
        outreach.told_within(work, dial.key, Outcome.DONE, TaskResult.RATED, now=OVER)
        work.commit()
    outreach.finish(new_work(), dial.key, Ended(Outcome.DONE), rules=ROBOT, now=OVER)

    take_back(new_work, visit)
    came(new_work, visit)

    assert tasks(clinic) == [("SURVEY", "DONE")]


def test_taken_back_before_its_end_a_visit_stands_again_unless_another_stands_in_its_place(clinic, new_work, doctor):
    patient = clinic.patient()
    first, second = clinic.slots(doctor, [START, at("2026-04-29 10:00")])
    visit = clinic.book(first, patient, rules=ROBOT)
    came(new_work, visit, now=START)

    assert take_back(new_work, visit, now=START).status == "BOOKED"
    came(new_work, visit, now=START)
    clinic.book(second, patient, rules=ROBOT, now=START, key="second")

    with pytest.raises(AlreadyBooked):
        take_back(new_work, visit, now=START)


def test_a_cancelled_visit_has_nobody_who_came(new_work, visit):
    booking.cancel(new_work(), visit.id, patient_id=visit.patient_id, key="c", rules=ROBOT, now=NOW)

    for act in (came, stayed_away, take_back):
        with pytest.raises(WrongTurn):
            act(new_work, visit)


def test_nobody_is_asked_about_a_visit_that_he_has_forgotten(clinic, new_work, visit):
    came(new_work, visit, now=OVER + timedelta(days=5))

    assert tasks(clinic) == []


def test_the_day_of_a_doctor_has_all_but_cancelled_visits_and_that_it_was_looked_at_is_kept(clinic, new_work, doctor):
    patients = [clinic.patient() for _ in range(3)]
    slots = clinic.slots(doctor, every(15, START, 3))
    made = [clinic.book(slot, one, rules=ROBOT) for slot, one in zip(slots, patients, strict=True)]
    booking.cancel(new_work(), made[1].id, patient_id=patients[1].id, key="c", rules=ROBOT, now=NOW)
    came(new_work, made[0])

    seen = attendance.day_of(new_work(), doctor, DAY, who="user:7", rules=RULES, now=OVER)

    assert [(visit.status, patient.id) for visit, patient in seen.visits] == [
        ("VISITED", patients[0].id),
        ("BOOKED", patients[2].id),
    ]
    assert clinic.rows("audit", action="day shown")[0].detail["found"] == [patients[0].id, patients[2].id]


def test_the_no_show_rate_counts_what_the_registry_marks(clinic, new_work, doctor):
    slots = clinic.slots(doctor, every(15, START, 4))
    made = [clinic.book(slot, clinic.patient(), channel=Channel.REG) for slot in slots]
    came(new_work, made[0], now=at("2026-04-28 12:00"))
    for one in made[1:]:
        stayed_away(new_work, one, now=at("2026-04-28 12:00"))
    take_back(new_work, made[3], now=at("2026-04-28 12:00"))

    (told,) = reports.visits(new_work(), Days(DAY, DAY), rules=RULES, now=at("2026-04-28 13:00"))

    assert (told.visited, told.missed, told.unknown) == (1, 2, 1)
    assert told.no_show == pytest.approx(2 / 3)
