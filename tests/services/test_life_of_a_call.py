"""The life of a call, what it leaves for later, and small records, on both databases."""

from datetime import timedelta

import pytest

from ivr.domain.journal import StepRow
from ivr.domain.refusals import NotFound
from ivr.services import audit, calls, consent, tasks
from tests.builders import CALLER, NOW, RULES, STRANGER, at, every


@pytest.fixture
def held_slot(clinic):
    clinic.speciality()
    slot = clinic.slot(clinic.doctor(), at("10:00"))
    clinic.hold(slot, clinic.patient(), "call-1")
    return slot


def begin(new_work, key="call-1", caller=CALLER, now=NOW, node=""):
    calls.begin(new_work(), call_key=key, caller=caller, line="inbound", now=now, node=node)


def cut_off(new_work, key="call-1", outcome="hangup", progress=None, now=NOW):
    begin(new_work, key, now=now)
    calls.keep(new_work(), key, entered={"patient_id": 1, "purpose": "ILLNESS"} if progress is None else progress)
    if outcome:
        calls.finish(new_work(), key, outcome=outcome, detail=None, now=now)


def unfinished(new_work, caller=CALLER, now=NOW):
    record = calls.unfinished(new_work(), caller, rules=RULES, now=now)
    return record and record.progress


def test_a_call_is_kept_from_its_beginning_to_its_end(new_work):
    begin(new_work)
    begin(new_work, now=NOW + timedelta(hours=1))
    calls.keep(new_work(), "call-1", entered={"purpose": "ILLNESS"})
    calls.finish(new_work(), "call-1", outcome="goodbye", detail="served", now=at("08:03"))

    record = calls.of_key(new_work(), "call-1")

    assert (record.caller, record.begun_at, record.ended_at) == (CALLER, NOW, at("08:03"))
    assert (record.outcome, record.detail, record.progress) == ("goodbye", "served", {"purpose": "ILLNESS"})
    with pytest.raises(NotFound):
        calls.of_key(new_work(), "call-2")


def test_steps_are_kept_in_order_even_of_a_call_that_could_not_be_begun(new_work):
    rows = [StepRow(name, 1, "answered", 900, "v1", NOW) for name in ("main", "purpose")]

    calls.keep(new_work(), "call-9", rows)
    calls.keep(new_work(), "call-9", [StepRow("oms", 2, "silence", 8000, "v1", NOW)])

    assert [row.step for row in calls.journal(new_work(), "call-9")] == ["main", "purpose", "oms"]


@pytest.mark.parametrize(("outcome", "held_by"), [("hangup", None), ("goodbye", None), ("operator", "call-1")])
def test_the_hold_ends_with_the_call_unless_it_travels_to_an_operator(new_work, clinic, held_slot, outcome, held_by):
    begin(new_work)

    calls.finish(new_work(), "call-1", outcome=outcome, detail=None, now=NOW)

    assert clinic.rows("slots")[0].held_by == held_by


def test_a_caller_cut_off_goes_on_within_ten_minutes_once(new_work):
    cut_off(new_work, progress={"patient_id": 7, "purpose": "ILLNESS"})

    assert unfinished(new_work, STRANGER) is None
    assert unfinished(new_work, now=NOW + timedelta(minutes=10)) is None
    assert unfinished(new_work, now=NOW + timedelta(minutes=9)) == {"patient_id": 7, "purpose": "ILLNESS"}
    assert unfinished(new_work, now=NOW + timedelta(minutes=9)) is None


@pytest.mark.parametrize("outcome", ["goodbye", "operator", "callback"])
def test_a_call_that_ended_as_it_should_is_not_resumed(new_work, outcome):
    cut_off(new_work, outcome=outcome)

    assert unfinished(new_work) is None


def test_a_caller_who_was_not_identified_starts_anew(new_work):
    cut_off(new_work, progress={"purpose": "ILLNESS"})

    assert unfinished(new_work) is None


def test_a_call_that_may_still_be_running_is_not_given_to_another_at_the_same_number(new_work):
    cut_off(new_work, outcome=None)
    calls.keep(new_work(), "call-1", [StepRow("main", 1, "answered", 1, "v1", NOW + timedelta(minutes=2))])

    assert unfinished(new_work, now=NOW + timedelta(minutes=2) + RULES.lost_after - timedelta(seconds=1)) is None
    assert unfinished(new_work, now=NOW + timedelta(minutes=2) + RULES.lost_after)


def test_a_process_that_starts_closes_the_calls_it_left_when_it_died(new_work, clinic, held_slot):
    begin(new_work, "call-1", node="here")
    calls.keep(new_work(), "call-1", entered={"patient_id": 1, "purpose": "ILLNESS"})
    begin(new_work, "call-2", caller=STRANGER, node="elsewhere")

    assert calls.close_crashed(new_work(), "here", now=NOW + timedelta(seconds=5)) == 1

    assert calls.of_key(new_work(), "call-1").outcome == "crash"
    assert calls.of_key(new_work(), "call-2").outcome is None
    assert clinic.rows("slots")[0].held_by is None
    assert unfinished(new_work, now=NOW + timedelta(seconds=6)) == {"patient_id": 1, "purpose": "ILLNESS"}


def test_a_callback_is_noted_once(new_work, clinic):
    def ask():
        return tasks.ask_callback(
            new_work(),
            call_key="call-1",
            caller=CALLER,
            reason="queue",
            promised_until=at("10:00"),
            patient_id=None,
            key="call-1-callback",
            now=NOW,
        )

    assert ask() == ask()

    (row,) = clinic.rows("tasks")
    assert (row.kind, row.owner, row.phone, row.due_at) == ("CALLBACK", "CALL_CENTRE", CALLER.e164, at("10:00"))
    assert row.payload == {"reason": "queue"}


def test_s3_5_the_newest_answer_is_the_consent_that_holds_for_a_visit_and_for_where_it_is_moved(new_work, clinic):
    clinic.speciality()
    clinic.speciality("ent")
    patient = clinic.patient()
    first, moved_to = clinic.slots(clinic.doctor(), every(30, at("10:00"), 2))
    visit = clinic.book(first, patient)
    other = clinic.book(clinic.slot(clinic.doctor("ent"), at("12:00")), patient, key="other")

    def answer(given, now, **changes):
        told = {"purpose": "REMINDER", "method": "CALL", "phone": CALLER, "wording": "v1", "call_key": "call-1"}
        about = {"patient_id": patient.id, "booking_id": visit.id}
        consent.record(new_work(), given=given, now=now, **(about | told | changes))

    assert consent.given(new_work(), visit, "REMINDER") is None
    answer(True, NOW)
    moved = clinic.book(moved_to, patient, key="moved", moves=visit.id)
    for each in (visit, moved):
        held = consent.given(new_work(), each, "REMINDER")
        assert (held.phone, held.wording, held.at) == (CALLER, "v1", NOW)
    assert consent.given(new_work(), other, "REMINDER") is None
    answer(False, NOW + timedelta(minutes=1), booking_id=moved.id)
    assert consent.given(new_work(), moved, "REMINDER") is None
    assert len(clinic.rows("consents")) == 2
    with pytest.raises(ValueError, match="a consent is to one of"):
        answer(True, NOW, purpose="MARKETING")


def test_the_audit_log_keeps_who_did_what(new_work, clinic):
    audit.record(new_work(), who="admin", action="reveal", detail={"what": "bookings"}, now=NOW)

    (row,) = clinic.rows("audit")
    assert (row.who, row.action, row.detail, row.at) == ("admin", "reveal", {"what": "bookings"}, NOW)


def test_a_call_begun_after_the_start_is_not_taken_for_one_left_by_the_crash(new_work):
    calls.begin(new_work(), call_key="left", caller=None, line="inbound", now=at("09:59"), node="one")
    calls.begin(new_work(), call_key="new", caller=None, line="inbound", now=at("10:01"), node="one")

    assert calls.close_crashed(new_work(), "one", now=at("10:00")) == 1

    assert calls.of_key(new_work(), "left").outcome == "crash"
    assert calls.of_key(new_work(), "new").outcome is None
