"""The ledger of consents: what is in it, what a withdrawal stops, and that nothing in it ever changes (S3.5)."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from ivr.domain.consent import METHODS, WORDINGS, ConsentPurpose, LineState, Wording
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method
from ivr.domain.refusals import NotFound, NotYours, WrongTurn
from ivr.domain.slot import Channel
from ivr.domain.tasks import TaskKind
from ivr.services import aftermath, consent, outreach, robot_calls
from ivr.services.consent import Agreement
from ivr.storage.tables import consents
from tests.builders import CALLER, NOW, RULES, STRANGER, at

ROBOT = replace(RULES, robot_calls=True, surveys=True, sends_sms=True)
MOBILE = PhoneNumber("+79000000101")
CALLING = at("2026-04-28 10:00")
LATER = at("2026-04-28 09:00")


@pytest.fixture
def doctor(clinic):
    clinic.speciality()
    return clinic.doctor()


@pytest.fixture
def visit(clinic, doctor):
    return clinic.book(clinic.slot(doctor, at("2026-04-29 12:00")), clinic.patient(), rules=ROBOT, contact=CALLER)


def agreed(purpose=ConsentPurpose.REMINDER, method=Method.CALL, phone=MOBILE, **changes):
    return replace(Agreement(purpose, method, phone, None, None, "desk:oral"), **changes)


def give(new_work, patient_id, *agreement, now=NOW, **changes):
    return consent.give(
        new_work(),
        patient_id,
        *(agreement or [agreed(**changes)]),
        channel=Channel.REG,
        call_key=None,
        who="u",
        now=now,
    )


def withdraw(new_work, row, patient_id, now=LATER):
    told = {"channel": Channel.REG, "proof": "desk:paper", "who": "user:7", "now": now}
    consent.withdraw(new_work(), row, patient_id=patient_id, **told)


def answer(new_work, visit, purpose="SMS_TALON", method="SMS", *, given=True, now=NOW):
    consent.record(
        new_work(),
        patient_id=visit.patient_id,
        booking_id=visit.id,
        purpose=purpose,
        given=given,
        method=method,
        phone=MOBILE,
        wording="w1",
        words="Отправить в СМС?",
        proof="key:talon.number",
        call_key="call-1",
        now=now,
    )


def claim(new_work, now=CALLING):
    return outreach.claim(new_work(), node="dial", rules=ROBOT, now=now)


def test_a_row_says_to_which_words_where_when_by_what_proof_and_who_wrote_it_down(clinic, new_work, visit):
    row = give(new_work, visit.patient_id, purpose=ConsentPurpose.NOTICE, method=Method.EMAIL, email="a@b.example")
    withdraw(new_work, row, visit.patient_id)

    (line,) = consent.lines(new_work(), visit.patient_id)
    said, ended = line.said, line.ended
    assert (said.purpose, said.method, said.email, said.booking_id) == ("NOTICE", "EMAIL", "a@b.example", None)
    assert (said.channel, said.at, said.proof, said.noted_by) == ("REG", NOW, "desk:oral", "u")
    assert (ended.channel, ended.at, ended.proof, ended.noted_by) == ("REG", LATER, "desk:paper", "user:7")
    assert line.state is LineState.WITHDRAWN
    (words,) = clinic.rows("consent_wordings")
    assert (words.version, words.text) == (said.wording, WORDINGS[ConsentPurpose.NOTICE].text)
    assert [row.action for row in clinic.rows("audit")] == ["consent.given", "consent.withdrawn"]


def test_other_words_are_another_version():
    one, other = (Wording.of_desk(ConsentPurpose.SURVEY, text) for text in ("Согласен.", "Согласен"))

    assert one.version != other.version
    assert len({wording.version for wording in WORDINGS.values()}) == len(WORDINGS)
    assert set(METHODS) < set(WORDINGS)


@pytest.mark.parametrize("change", [update(consents).values(given=False), delete(consents)])
def test_the_database_itself_refuses_to_change_or_delete_a_row(new_work, visit, change):
    give(new_work, visit.patient_id)

    with pytest.raises(Exception, match="consents only grow"), new_work() as work:
        work.connection.execute(change)


def test_a_second_withdrawal_changes_nothing_and_what_was_replaced_is_not_withdrawn(clinic, new_work, visit):
    first = give(new_work, visit.patient_id)
    second = give(new_work, visit.patient_id, method=Method.SMS, now=at("08:05"))
    withdraw(new_work, second, visit.patient_id)
    withdraw(new_work, second, visit.patient_id)

    states = [line.state for line in consent.lines(new_work(), visit.patient_id)]
    assert states == [LineState.WITHDRAWN, LineState.REPLACED]
    assert len(clinic.rows("consents")) == 3
    with pytest.raises(WrongTurn):
        withdraw(new_work, first, visit.patient_id)


def test_nobody_takes_back_the_consent_of_another_or_agrees_for_his_visit(clinic, new_work, visit):
    row, other = give(new_work, visit.patient_id), clinic.patient()

    with pytest.raises(NotFound):
        withdraw(new_work, row, other.id)
    with pytest.raises(NotYours):
        give(new_work, other.id, booking_id=visit.id)


def test_what_the_hospital_could_not_do_cannot_be_agreed_to(new_work, visit):
    with pytest.raises(ValueError, match="SURVEY by one of"):
        give(new_work, visit.patient_id, purpose=ConsentPurpose.SURVEY, method=Method.EMAIL)


def test_the_newest_word_holds_be_it_of_one_visit_or_of_all(new_work, visit):
    answer(new_work, visit, "REMINDER", "CALL")
    everywhere = give(new_work, visit.patient_id, method=Method.SMS, now=at("08:05"))
    assert consent.given(new_work(), visit, "REMINDER").method == "SMS"

    withdraw(new_work, everywhere, visit.patient_id)

    assert consent.given(new_work(), visit, "REMINDER") is None
    assert [line.state for line in consent.lines(new_work(), visit.patient_id)] == ["WITHDRAWN", "REPLACED"]


def test_a_no_in_a_later_call_is_a_withdrawal_and_a_no_from_the_start_a_line_of_its_own(new_work, visit):
    answer(new_work, visit, "REMINDER", "CALL")
    answer(new_work, visit, "REMINDER", "CALL", given=False, now=LATER)
    answer(new_work, visit, "NOTICE", "SMS", given=False)

    told = [(line.said.purpose, line.state) for line in consent.lines(new_work(), visit.patient_id)]

    assert told == [("NOTICE", "REFUSED"), ("REMINDER", "WITHDRAWN")]


def test_after_a_withdrawal_the_robot_does_not_ring_and_a_person_has_the_task(clinic, new_work, visit):
    row = give(new_work, visit.patient_id)
    withdraw(new_work, row, visit.patient_id)

    assert claim(new_work) is None
    assert [(task.robot, task.owner) for task in clinic.rows("tasks", kind="FEEDBACK")] == [(False, "REGISTRY")]
    assert clinic.rows("notices") == clinic.rows("dial_attempts") == []


def test_who_agrees_to_another_number_is_rung_there(new_work, visit):
    give(new_work, visit.patient_id, phone=STRANGER)

    assert claim(new_work).phone == STRANGER.e164


@pytest.mark.parametrize("purpose", ["SMS_TALON", "NOTICE"])
def test_a_withdrawal_takes_queued_messages_out_in_its_own_transaction(clinic, new_work, visit, purpose):
    answer(new_work, visit, purpose)
    assert [row.status for row in clinic.rows("notices")] == ["WAITING"]
    row = clinic.rows("consents")[0].id

    withdraw(new_work, row, visit.patient_id)

    assert [(row.status, row.problem) for row in clinic.rows("notices")] == [("EXPIRED", "withdrawn")]


def test_a_message_that_another_consent_still_wants_stays(clinic, new_work, visit):
    answer(new_work, visit, "SMS_TALON")
    give(new_work, visit.patient_id)

    withdraw(new_work, clinic.rows("consents", purpose="REMINDER")[0].id, visit.patient_id)

    assert [row.status for row in clinic.rows("notices")] == ["WAITING"]


def test_a_queued_reminder_is_taken_back_with_its_consent_and_its_task_goes_to_a_person(clinic, new_work, visit):
    row = give(new_work, visit.patient_id, method=Method.SMS)
    assert claim(new_work) is None
    assert [row.kind for row in clinic.rows("notices", status="WAITING")] == ["REMINDER"]

    withdraw(new_work, row, visit.patient_id, now=CALLING)

    assert clinic.rows("notices", status="WAITING") == []
    assert [(task.status, task.owner) for task in clinic.rows("tasks", kind="FEEDBACK")] == [("OPEN", "REGISTRY")]


def test_a_survey_is_an_aim_of_its_own(clinic, new_work, doctor):
    for said in (True, False):
        slot = clinic.slot(doctor, at("2026-04-28 09:00") if said else at("2026-04-28 09:15"))
        visit = clinic.book(slot, clinic.patient(), rules=ROBOT, contact=CALLER, key=f"survey-{said}")
        answer(new_work, visit, "REMINDER", "CALL")
        answer(new_work, visit, "SURVEY", "CALL", given=said)
        with new_work() as work:
            work.tasks.drop(visit.id, TaskKind.FEEDBACK)
            aftermath.visited(work, visit, ROBOT, CALLING)
            work.commit()

    dial = claim(new_work)

    assert (dial.kind, dial.phone) == ("SURVEY", MOBILE.e164)
    assert claim(new_work, CALLING) is None
    assert [task.status for task in clinic.rows("tasks", kind="SURVEY")] == ["OPEN", "DONE"]


def forbid(new_work, patient_id, phone=CALLER, *, allowed=False, now=NOW):
    told = {"channel": Channel.REG, "who": "user:7", "now": now}
    return robot_calls.change(new_work(), patient_id, phone, allowed=allowed, **told)


def test_a_number_is_shut_to_the_robot_at_the_desk_and_opened_again(clinic, new_work, visit):
    assert forbid(new_work, visit.patient_id)
    assert not forbid(new_work, visit.patient_id)
    assert [one.allowed for one in robot_calls.numbers(new_work(), visit.patient_id)] == [False]

    assert claim(new_work) is None
    assert [task.robot for task in clinic.rows("tasks", kind="FEEDBACK")] == [False]
    assert forbid(new_work, visit.patient_id, allowed=True, now=LATER)

    assert clinic.rows("opt_outs") == []
    lines = consent.lines(new_work(), visit.patient_id)
    assert [(line.state, line.said.at, line.said.noted_by) for line in lines] == [
        ("STANDING", LATER, "user:7"),
        ("REPLACED", NOW, "user:7"),
    ]
    assert [row.action for row in clinic.rows("audit")] == ["robot.forbidden", "robot.allowed"]


def test_only_a_number_of_the_patient_is_shut(new_work, visit):
    with pytest.raises(NotFound):
        forbid(new_work, visit.patient_id, STRANGER)
