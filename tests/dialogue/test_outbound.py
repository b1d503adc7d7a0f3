"""Calls that the hospital makes: before the proof nothing changes and nothing is told, and no hang-up leaves a half."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.dialogue.tape import HANGS_UP, SILENT, TapeLine, read_tape
from ivr.domain.identifiers import PhoneNumber
from ivr.services import answers, outreach
from tests.dialogue import facts
from tests.dialogue.ringing import KEY
from tests.dialogue.test_transcripts import FOLDER

YEAR = "1985"
"""Of the patient who is rung up."""
MAY_BE_SAID = {
    *("outbound.hello", "outbound.person", "outbound.hand_over", "outbound.waiting", "outbound.year"),
    *("outbound.year_wrong", "outbound.sorry", "outbound.call_back", "queue.position", "queue.recorded"),
    *("greeting.repeat_key", "greeting.operator_key", "emergency.notice", "emergency.person"),
    *("error.not_heard", "error.no_answer", "error.wrong_key", "error.not_understood", "error.keys_only"),
    *("error.group_length", "error.another_way"),
}
"""All that a stranger may hear (4.2): no speciality, no doctor, no day, no time, not even that there is a visit."""
KINDS = ("FEEDBACK", "REFERRAL_NOTICE", "CLINIC_CANCELLED", "CLINIC_MOVED", "SURVEY", "NO_SHOW", "OFFER")

WORDS = ["да", "нет", "алло", "отменить", "приду", "запишите", "пять", "восемь", "скорая", "[unk] [unk]", "перенести"]
spoken_or_not = st.sampled_from([SILENT, HANGS_UP, "(неясно)", "(сбой речи)", *(f'"{words}"' for words in WORDS)])
pressed = st.one_of(
    st.sampled_from("1112233045789*#"),
    spoken_or_not,
    st.text("0123456789*#", min_size=2, max_size=6).filter(lambda keys: YEAR not in keys),
    st.integers(1900, 2026).map(str).filter(lambda year: year != YEAR),
)


def given_of(kind: str, *marks: str) -> list[str]:
    return [
        "Звоним.",
        "",
        "@ now 2026-11-24 10:00",
        f"@ given ringing {kind} +70000000101 therapist 1 {' '.join(marks)}",
    ]


async def played(world, kind: str, keyed: list[str], *marks: str, story: str = "outbound"):
    """The line, the outcome, and what changed."""
    caller = await world.arrange(read_tape("\n".join(given_of(kind, *marks))))
    before = facts.snapshot(world.engine)
    line = TapeLine(keyed)
    outcome = await world.converse(line, caller, story)
    return line, outcome, facts.changes(world.engine, before, world.rules.zone)


def said(line: TapeLine) -> list[str]:
    return [spoken.split()[1] for spoken in line.talk if spoken.startswith(">> ")]


@given(st.sampled_from(KINDS), st.booleans(), st.lists(pressed, max_size=14))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_keyed_or_said_before_the_proof_changes_and_tells_nothing(new_world, kind, last, typed):
    with new_world() as world:
        line, outcome, changed = await played(world, kind, typed, *(["last"] if last else []))

        assert outcome in {"goodbye", "operator", "hangup"}
        assert set(said(line)) <= MAY_BE_SAID
        # Where a third person answers an offer, no second call would come in time.
        assert said(line).count("outbound.call_back") <= (last or kind == "OFFER")
        assert [fact for fact in changed if fact not in ("attempt UNFINISHED", "attempt WRONG_PERSON")] == []


@given(st.sampled_from(KINDS), st.lists(spoken_or_not, min_size=1, max_size=14))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_words_alone_change_nothing_even_after_the_proof(new_world, kind, spoken):
    with new_world() as world:
        _, _, changed = await played(world, kind, ["1", YEAR, *spoken])

        assert [fact for fact in changed if fact not in ("attempt UNFINISHED", "attempt DONE")] == []


@given(st.sampled_from(KINDS), st.lists(pressed, max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_right_person_may_key_anything_and_comes_to_one_whole_result(new_world, kind, typed):
    with new_world() as world:
        line, outcome, changed = await played(world, kind, ["1", YEAR, *typed])

        assert outcome in {"goodbye", "operator", "callback", "hangup"}
        assert line.ended is not None
        assert_whole(world, changed, may_hold=outcome == "operator" or kind == "OFFER")


def assert_whole(world, changed: list[str], *, may_hold: bool) -> None:
    """What happened to a visit or an offer is what the attempt says; no slot is kept for a call that is over."""
    about = [fact for fact in changed if fact.startswith(("booking", "offer"))]
    attempt = next((fact for fact in changed if fact.startswith("attempt")), "attempt")
    if about:
        assert attempt.startswith("attempt DONE ")
    assert may_hold or not any(fact.startswith("held") for fact in changed)
    with world.new_work().reading() as work:
        assert work.calls.get(KEY).ended_at is not None


def questions(name: str) -> int:
    return len(_tape(name).keyed)


def _tape(name: str):
    return read_tape((FOLDER / f"outbound_{name}.txt").read_text(encoding="utf-8"))


STORIES = (
    *("reminder_confirmed", "reminder_cancelled_another_day", "reminder_moved", "reminder_move_waiting_list"),
    *("referred", "child_by_mother", "offer_accepted", "offer_declined_often", "offer_left"),
    *("clinic_cancelled_waits", "clinic_cancelled_other_time", "clinic_cancelled_none"),
    *("clinic_moved_suits", "clinic_moved_other_time", "survey_rated", "no_show_booked", "no_show_refused"),
    *("opt_out", "opt_out_operator"),
)
"""Together they come to every question of every story."""


def test_every_story_is_hung_up_on():
    given = [value.split() for name in STORIES for key, value in _tape(name).settings if key == "given"]
    told = {words[1] for words in given if words[0] == "ringing"}

    assert told == set(KINDS)


@pytest.mark.parametrize(("name", "step"), [(name, step) for name in STORIES for step in range(questions(name))])
async def test_a_hang_up_at_any_question_leaves_nothing_half_done(name, step, new_world):
    tape = _tape(name)
    with new_world(tape.setting("now")) as world:
        caller = await world.arrange(tape)
        before = facts.snapshot(world.engine)
        line = TapeLine([*tape.keyed[:step], HANGS_UP])

        outcome = await world.converse(line, caller, "outbound")

        assert outcome == "hangup"
        assert_whole(world, facts.changes(world.engine, before, world.rules.zone), may_hold=False)


async def test_a_talon_cut_off_is_a_visit_that_was_moved_or_made_all_the_same(new_world):
    with new_world() as world:
        _, _, changed = await played(world, "NO_SHOW", ["1", YEAR, "1", "1", "1", HANGS_UP])

    assert "attempt DONE BOOKED" in changed
    assert "task NO_SHOW CALL_CENTRE BOOKED" in changed


async def test_an_accepted_offer_is_booked_once_however_often_it_is_sent(new_world):
    with new_world() as world:
        await world.arrange(read_tape("\n".join(given_of("OFFER"))))
        about = await world.do(outreach.briefing, KEY, rules=world.rules, now=world.clock)
        first, second = [await world.do(answers.accept, about, rules=world.rules, now=world.clock) for _ in "12"]

    assert first == second


async def test_who_answers_late_still_has_five_minutes_for_his_offer(new_world):
    with new_world() as world:
        await world.arrange(read_tape("\n".join(given_of("OFFER"))))
        world.clock += timedelta(minutes=26)  # of twenty-eight; who listens has at least five
        line = TapeLine(["1", YEAR, HANGS_UP])
        await world.converse(line, None, "outbound")

    assert any("ещё пять минут" in spoken for spoken in line.talk)


async def test_a_call_of_which_nothing_is_known_is_ended_with_an_apology(new_world):
    with new_world() as world:
        line = TapeLine([])
        outcome = await world.converse(line, None, "outbound")

    assert outcome == "goodbye"
    assert said(line) == ["outbound.hello", "outbound.sorry"]


async def test_whom_we_have_rung_up_is_known_by_his_own_number_on_every_route(new_world):
    with new_world() as world:
        await world.arrange(read_tape("\n".join(given_of("FEEDBACK"))))

        assert await world.do(answers.rung, KEY) == PhoneNumber("+70000000101")
        assert await world.do(answers.rung, "somebody-called") is None
