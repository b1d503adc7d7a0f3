"""No bursts, callers first, no hammering of a line that is out of order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.pacing import FAILURES, LONGEST_REST, SHORTEST_REST, Breaker, Lines, Pace

NOW = datetime(2026, 4, 28, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20), st.integers(1, 30), st.integers(0, 30))
def test_callers_keep_their_lines_whatever_the_robot_does(own, others, most, trunk, reserve):
    free = Lines(most, trunk, reserve).free(own=own, others=others)

    assert free >= 0
    if free:
        assert own + free <= most
        assert own + free + others + reserve <= trunk


def test_calls_start_evenly_and_a_pause_is_not_made_up_for():
    pace = Pace(per_minute=6)
    assert pace.wait(NOW) == timedelta(0)
    pace.started(NOW)
    assert pace.wait(NOW) == 10 * SECOND
    assert pace.wait(NOW + 9 * SECOND) == SECOND

    later = NOW + timedelta(hours=1)
    assert pace.wait(later) == timedelta(0)
    pace.started(later)
    assert pace.wait(later) == 10 * SECOND


def test_a_clock_that_is_put_back_does_not_stop_the_robot():
    pace, breaker = Pace(per_minute=6), Breaker()
    pace.started(NOW)
    for _ in range(FAILURES):
        broken(breaker, NOW)

    assert pace.wait(NOW - timedelta(hours=1)) == 10 * SECOND
    assert breaker.allows(NOW - timedelta(hours=1))


def broken(breaker, now):
    breaker.started()
    return breaker.ended(failed=True, now=now)


def test_a_trunk_that_fails_again_and_again_is_left_alone():
    breaker = Breaker()
    rests = [broken(breaker, NOW) for _ in range(FAILURES)]

    assert rests == [False] * (FAILURES - 1) + [True]
    assert not breaker.allows(NOW + SHORTEST_REST - SECOND)
    assert breaker.allows(NOW + SHORTEST_REST)


def test_a_resting_trunk_is_tried_by_one_call_and_rests_longer_if_that_fails():
    breaker = Breaker()
    for _ in range(FAILURES):
        broken(breaker, NOW)
    moment = NOW + SHORTEST_REST
    breaker.started()

    assert not breaker.allows(moment)
    assert breaker.ended(failed=True, now=moment)
    assert not breaker.allows(moment + 2 * SHORTEST_REST - SECOND)
    assert breaker.allows(moment + 2 * SHORTEST_REST)


def test_one_call_that_goes_through_makes_everything_well():
    breaker = Breaker()
    for _ in range(FAILURES):
        broken(breaker, NOW)
    breaker.started()
    breaker.ended(failed=False, now=NOW + SHORTEST_REST)

    assert breaker.allows(NOW + SHORTEST_REST)
    assert [broken(breaker, NOW) for _ in range(FAILURES - 1)] == [False] * (FAILURES - 1)


def test_no_rest_is_longer_than_ten_minutes():
    breaker, now = Breaker(), NOW
    for _ in range(50):
        if broken(breaker, now):
            rests_until = breaker.rests_until
            assert rests_until is not None
            assert rests_until - now <= LONGEST_REST
            now = rests_until
