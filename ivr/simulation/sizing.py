"""What the formulas say of a load: before the day, to choose lines and operators; after it, beside what happened."""

from dataclasses import dataclass
from math import ceil

from ivr.domain import erlang
from ivr.domain.erlang import Queue
from ivr.domain.pacing import Lines
from ivr.services.reports import WITHIN_S
from ivr.simulation.day import Means
from ivr.simulation.inbound import AT_ONCE, DROP
from ivr.simulation.mix import MONDAY, WEEKDAY, Aim, Mix

LEVEL = 0.8
MOST_LOST = 0.01
ROBOT_CALL_S = 30.0
"""A call of ours, answered or not, holds its line about so long."""
A_LINE_BEGINS = 5.0
"""Calls a minute that the robot begins on each of its lines."""


@dataclass(frozen=True, slots=True)
class Load:
    """Of the busiest hour of a day, in erlangs."""

    callers: float
    operators: float


def handling_s(mix: Mix) -> float:
    """Mean seconds that a caller keeps an operator."""
    return mix.talk.mean + mix.wrap_up.mean


def expected(callers: int, mix: Mix, *, monday: bool) -> Load:
    """What the mix lets us expect."""
    calls_per_second = callers * max(MONDAY if monday else WEEKDAY) / 100 / 3600
    alone = 1 - mix.drops - mix.person_at_once
    whole = sum(mix.aims.values())
    story = sum(share / whole * mix.stories[aim].mean for aim, share in mix.aims.items())
    home = mix.aims.get(Aim.HOME, 0) / whole
    persons = mix.person_at_once + alone * (home + (1 - home) * mix.person_later)
    line_s = mix.drops * DROP.mean + mix.person_at_once * AT_ONCE.mean + alone * story + persons * mix.talk.mean
    return Load(calls_per_second * line_s, calls_per_second * persons * handling_s(mix))


def enough(load: Load, reminded: int, mix: Mix, *, operators: int | None, lines: int | None, pace: float) -> Means:
    """What is not given is chosen: lines for 1 % of loss and the robot beside, operators for 80/20 by Erlang C."""
    robot = max(1, ceil(reminded * ROBOT_CALL_S / 3600))
    if lines is None:
        lines = erlang.lines_for(load.callers, MOST_LOST) + robot
    else:
        robot = max(1, min(robot, lines // 3))
    if operators is None:
        operators = erlang.operators_for(load.operators, handling_s=handling_s(mix), within_s=WITHIN_S, level=LEVEL)
    reserve = ceil(lines / 3) if lines > 1 else 0
    return Means(operators, Lines(robot, lines, reserve), max(pace, A_LINE_BEGINS * robot))


@dataclass(frozen=True, slots=True)
class Formulas:
    """Erlang C and A for one load of the operators, and how many it needs."""

    load: float
    patient: Queue
    impatient: Queue
    needed: int
    """For 80/20 by Erlang C."""
    needed_impatient: int
    """And by Erlang A."""


def formulas(load: float, operators: int, handling: float, patience: float) -> Formulas:
    same = {"handling_s": handling, "within_s": float(WITHIN_S)}
    return Formulas(
        load,
        erlang.patient(load, operators, **same),
        erlang.impatient(load, operators, patience_s=patience, **same),
        erlang.operators_for(load, level=LEVEL, **same),
        erlang.operators_for(load, level=LEVEL, patience_s=patience, **same),
    )
