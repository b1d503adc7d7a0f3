"""Calls of the wallboard, on both databases."""

from datetime import timedelta

from ivr.domain.journal import LiveCall, StepRow
from ivr.domain.rules import STANDARD
from ivr.services import calls, wallboard
from tests.builders import NOW


def test_live_calls_are_told_with_their_last_question_the_longest_first(new_work):
    def begin(key, *steps, ago):
        begun = NOW - timedelta(seconds=ago)
        calls.begin(new_work(), call_key=key, caller=None, line="main", now=begun)
        rows = [StepRow(step, 1, "answered", 0, "v", begun + timedelta(seconds=1)) for step in steps]
        calls.keep(new_work(), key, rows)

    begin("short", ago=10)
    begin("long", "main", "oms", ago=90)
    begin("dead", "main", ago=600)
    begin("over", "main", ago=20)
    calls.finish(new_work(), "over", outcome="goodbye", detail=None, now=NOW)

    told = wallboard.live(new_work(), rules=STANDARD, now=NOW)

    begun = NOW - timedelta(seconds=90)
    assert told == [
        LiveCall("long", begun, "oms", begun + timedelta(seconds=1)),
        LiveCall("short", NOW - timedelta(seconds=10), None, None),
    ]


def test_an_empty_day_has_no_shares(new_work):
    told = wallboard.today(new_work(), rules=STANDARD, now=NOW)

    assert (told.service.level, told.talks.handled, told.alone) == (None, None, None)
