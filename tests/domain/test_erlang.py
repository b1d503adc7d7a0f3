"""The formulas of Erlang and Palm against published tables, another library, and each other."""

from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyworkforce.queuing import ErlangC

from ivr.domain import erlang

LOADS = st.floats(0.05, 120)
SECONDS = st.floats(20, 600)


@pytest.mark.parametrize(
    ("load", "lines", "lost"),
    # Every published table of Erlang B has these: load offered at 1 % and at 0.1 % loss.
    [
        (0.0101, 1, 0.01),
        (1.3608, 5, 0.01),
        (4.4612, 10, 0.01),
        (12.031, 20, 0.01),
        (84.064, 100, 0.01),
        (3.0920, 10, 0.001),
    ],
)
def test_the_loss_is_that_of_the_published_tables(load, lines, lost):
    assert erlang.loss(load, lines) == pytest.approx(lost, rel=2e-3)
    assert erlang.lines_for(load * 0.99, lost) == lines


@pytest.mark.parametrize(("load", "lines"), [(0.8, 4), (1.7, 6), (5.5, 12), (21.9, 32), (42, 55), (210, 232)])
def test_lines_for_one_per_cent_of_loss_are_those_of_6_3(load, lines):
    assert erlang.lines_for(load, 0.01) == lines


@given(load=LOADS, spare=st.integers(1, 60), handling=SECONDS, within=st.floats(1, 120))
def test_erlang_c_is_what_pyworkforce_says(load, spare, handling, within):
    operators = int(load) + spare
    theirs = ErlangC(transactions=load * 3600 / handling, aht=handling / 60, asa=within / 60, interval=60)

    ours = erlang.patient(load, operators, handling_s=handling, within_s=within)

    assert ours.waiting == pytest.approx(theirs.waiting_probability(operators), abs=1e-9)
    assert ours.level == pytest.approx(theirs.service_level(operators), abs=1e-9)
    assert ours.occupancy == pytest.approx(theirs.achieved_occupancy(operators))


@given(load=LOADS, handling=SECONDS, level=st.floats(0.5, 0.99))
def test_as_many_operators_are_needed_as_pyworkforce_says(load, handling, level):
    theirs = ErlangC(transactions=load * 3600 / handling, aht=handling / 60, asa=20 / 60, interval=60)

    ours = erlang.operators_for(load, handling_s=handling, within_s=20, level=level)

    # They begin to look behind the load, we at it.
    assert max(ours, round(theirs.intensity + 1)) == theirs.required_positions(service_level=level)["raw_positions"]


def by_states(load, operators, giving_up):
    """Erlang A the long way: the chances of each number of callers, one after another."""
    chances, callers = [1.0], 0
    while callers < operators or chances[-1] > 1e-18 * sum(chances):
        callers += 1
        chances.append(chances[-1] * load / (min(callers, operators) + max(0, callers - operators) * giving_up))
    whole = sum(chances)
    queue = sum(max(0, number - operators) * chance for number, chance in enumerate(chances)) / whole
    return sum(chances[operators:]) / whole, queue * giving_up / load


@settings(max_examples=40, deadline=None)
@given(load=st.floats(0.1, 60), operators=st.integers(1, 70), handling=SECONDS, patience=SECONDS)
def test_erlang_a_is_what_counting_its_states_says(load, operators, handling, patience):
    waiting, abandoned = by_states(load, operators, handling / patience)

    ours = erlang.impatient(load, operators, handling_s=handling, patience_s=patience, within_s=20)

    assert ours.waiting == pytest.approx(waiting, abs=1e-6)
    assert ours.abandoned == pytest.approx(abandoned, abs=1e-6)
    assert 1 - ours.waiting - 1e-9 <= ours.level <= 1 - ours.abandoned + 1e-6
    assert ours.occupancy <= 1 + 1e-6


@settings(max_examples=25, deadline=None)
@example(load=13.96875, spare=2)
@given(load=st.floats(0.5, 30), spare=st.integers(2, 8))
def test_endless_patience_makes_erlang_a_erlang_c(load, spare):
    """With an operator to spare: a queue that grows without end is shortened by any patience that has one."""
    same = {"handling_s": 120.0, "within_s": 20.0}
    operators = int(load) + spare

    a = erlang.impatient(load, operators, patience_s=1e7, **same)
    c = erlang.patient(load, operators, **same)

    assert (a.waiting, a.level) == (pytest.approx(c.waiting, abs=2e-3), pytest.approx(c.level, abs=2e-3))


@settings(max_examples=25, deadline=None)
@given(load=LOADS, operators=st.integers(1, 60))
def test_more_operators_never_make_it_worse(load, operators):
    same = {"handling_s": 120.0, "patience_s": 180.0, "within_s": 20.0}

    less, more = (erlang.impatient(load, number, **same) for number in (operators, operators + 1))

    assert more.level >= less.level - 1e-9
    assert more.abandoned <= less.abandoned + 1e-9


def test_too_few_operators_leave_a_queue_that_only_grows():
    told = erlang.patient(5, 5, handling_s=120, within_s=20)

    assert (told.waiting, told.wait_s, told.level) == (1, inf, 0)
    assert erlang.impatient(50, 5, handling_s=120, patience_s=60, within_s=20).abandoned == pytest.approx(0.9, abs=0.01)


def test_without_callers_nobody_waits():
    assert erlang.loss(0, 1) == 0
    assert erlang.patient(0, 1, handling_s=120, within_s=20).level == 1


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: erlang.loss(-1, 3), "erlangs"),
        (lambda: erlang.loss(1, -3), "lines"),
        (lambda: erlang.lines_for(1, 0), "lost"),
        (lambda: erlang.operators_for(1, handling_s=60, within_s=20, level=1), "level"),
        (lambda: erlang.patient(1, 2, handling_s=0, within_s=20), "handling"),
    ],
)
def test_what_cannot_be_is_refused_in_words(call, word):
    with pytest.raises(ValueError, match=word):
        call()
