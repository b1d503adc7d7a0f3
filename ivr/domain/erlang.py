"""How many lines and operators a load needs: the formulas of Erlang (B, C) and of Palm (A), in plain arithmetic.

A load is in erlangs: calls in an hour times their length in hours. Calls come independently of each other and last
exponentially long; what differs is what a call does that finds everything busy: it is lost (B), it waits for ever
(C), or it waits as long as its patience lasts (A).
"""

from dataclasses import dataclass
from math import ceil, exp, inf, log

STEPS = 4_000
"""Of an integral, even."""
NEGLIGIBLE = 40.0
"""A part of e to the minus this is nothing."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What those who ask for an operator meet."""

    waiting: float
    """Share who have to wait at all."""
    wait_s: float
    """Mean wait of all, those included who gave up; infinite where the queue only grows."""
    level: float
    """Share of all who are answered within the limit."""
    abandoned: float
    """Share who give up."""
    occupancy: float
    """Share of their time that operators are busy."""


def loss(load: float, lines: int) -> float:
    """Erlang B: the share of calls that find all lines taken. Raises ValueError."""
    return 1 / _inverse_b(_checked(load, lines), lines)


def lines_for(load: float, most_lost: float) -> int:
    """The fewest lines on which no greater share of calls is lost. Raises ValueError."""
    if not 0 < most_lost < 1:
        raise ValueError(f"a share of lost calls lies between 0 and 1, not {most_lost}")
    lines = 0
    while loss(load, lines) > most_lost:
        lines += 1
    return lines


def patient(load: float, operators: int, *, handling_s: float, within_s: float) -> Queue:
    """Erlang C: everybody waits until he is answered. Raises ValueError."""
    _checked(load, operators)
    _positive(handling_s, "handling")
    spare = operators - load
    if spare <= 0:
        return Queue(waiting=1, wait_s=inf, level=0, abandoned=0, occupancy=1)
    lost = loss(load, operators)
    waiting = lost / (1 - load / operators * (1 - lost)) if load else 0.0
    level = 1 - waiting * exp(-spare * within_s / handling_s)
    return Queue(waiting, waiting * handling_s / spare, level, 0, load / operators)


def impatient(load: float, operators: int, *, handling_s: float, patience_s: float, within_s: float) -> Queue:
    """Erlang A: who waits gives up after an exponential time of that mean (M/M/n+M). Raises ValueError.

    The formulas are those of Mandelbaum and Zeltyn; time is counted in handlings.
    """
    _checked(load, operators)
    _positive(handling_s, "handling")
    _positive(patience_s, "patience")
    if operators == 0 or load == 0:
        return Queue(waiting=float(load > 0), wait_s=patience_s if load else 0, level=0, abandoned=1, occupancy=0)
    falling = _Falling(load, operators, handling_s / patience_s)
    # Both are scaled by e to the minus peak, which is lost in the quotients.
    busy, free = load * falling.integral(), _inverse_b(load, operators - 1) * exp(-falling.peak)
    waiting = busy / (busy + free)
    abandoned = (exp(-falling.peak) + (load - operators) * busy / load) / (busy + free)
    abandoned = min(1.0, max(0.0, abandoned))
    in_time = load * falling.integral(within_s / handling_s, stays=True) / (busy + free)
    level = min(1.0, 1 - waiting + in_time)
    return Queue(waiting, abandoned * patience_s, level, abandoned, load * (1 - abandoned) / operators)


def operators_for(
    load: float, *, handling_s: float, within_s: float, level: float, patience_s: float | None = None
) -> int:
    """The fewest operators who answer that share within the limit; without patience by Erlang C. Raises ValueError."""
    if not 0 < level < 1:
        raise ValueError(f"a service level lies between 0 and 1, not {level}")
    operators = 1 if patience_s else max(1, ceil(load))
    while _queue(load, operators, handling_s, within_s, patience_s).level < level and load > 0:
        operators += 1
    return operators


def _queue(load: float, operators: int, handling_s: float, within_s: float, patience_s: float | None) -> Queue:
    if patience_s is None:
        return patient(load, operators, handling_s=handling_s, within_s=within_s)
    return impatient(load, operators, handling_s=handling_s, patience_s=patience_s, within_s=within_s)


def _inverse_b(load: float, lines: int) -> float:
    """Infinite where nobody is ever lost."""
    if load == 0:
        return inf if lines else 1.0
    inverse = 1.0
    for line in range(1, lines + 1):
        inverse = 1 + inverse * line / load
    return inverse


class _Falling:
    """How the virtual wait is spread: e to the power of load (1 - e^-ax) / a - nx, over its highest value."""

    def __init__(self, load: float, operators: int, giving_up: float) -> None:
        self._load, self._operators, self._giving_up = load, operators, giving_up
        self._top = log(load / operators) / giving_up if load > operators else 0.0
        self.peak = self._power(self._top)
        self._end = self._negligible_from()

    def _power(self, x: float) -> float:
        return self._load * (1 - exp(-self._giving_up * x)) / self._giving_up - self._operators * x

    def _negligible_from(self) -> float:
        step = 1 / self._operators
        while self._power(self._top + step) > self.peak - NEGLIGIBLE:
            step *= 1.5
        return self._top + step

    def integral(self, until: float = inf, *, stays: bool = False) -> float:
        """By Simpson's rule; with `stays` only of those whose patience lasts so long."""
        end = min(until, self._end)
        width = end / STEPS
        total = 0.0
        for number in range(STEPS + 1):
            x = number * width
            weight = 1 if number in (0, STEPS) else 4 if number % 2 else 2
            stay = -self._giving_up * x if stays else 0.0
            total += weight * exp(self._power(x) - self.peak + stay)
        return total * width / 3


def _checked(load: float, servers: int) -> float:
    if not 0 <= load < inf:
        raise ValueError(f"a load is a number of erlangs from 0 on, not {load}")
    if servers < 0:
        raise ValueError(f"there cannot be {servers} lines or operators")
    return load


def _positive(seconds: float, what: str) -> None:
    if not 0 < seconds < inf:
        raise ValueError(f"{what} takes more than 0 seconds, not {seconds}")
