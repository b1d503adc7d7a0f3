"""The figures of a day, as one object of plain values: what is printed, and what machines get."""

from collections.abc import Callable
from math import ceil, isinf
from typing import Any

from ivr.domain import erlang
from ivr.domain.erlang import Queue
from ivr.services.reports import share
from ivr.simulation.day import Day
from ivr.simulation.inbound import Ending
from ivr.simulation.mix import Mix
from ivr.simulation.sizing import MOST_LOST, formulas, handling_s
from ivr.simulation.tally import Hour

HOUR_S = 3600


def figures(day: Day, mix: Mix, *, patients: int, seed: str) -> dict[str, Any]:
    """Shares are from 0 to 1, times in seconds unless the key says minutes; None: there was nothing to divide."""
    town, means = day.town, day.means
    return {
        "day": town.day.isoformat(),
        "seed": seed,
        "patients": patients,
        "town": {
            "hospitals": town.hospitals,
            "callers": len(town.callers),
            "visits_today": len(town.today),
            "visits_tomorrow": len(town.tomorrow),
            "waiting": town.waiting,
        },
        "means": {
            "operators": means.operators,
            "lines": means.lines.trunk,
            "robot_lines": means.lines.most,
            "reserve": means.lines.reserve,
            "robot_per_minute": means.per_minute,
        },
        "calls": _calls(day),
        "lines": _lines(day),
        "operators": _operators(day, mix),
        "visits": dict(sorted(day.tally.visits.items())),
        "robot": _robot(day),
        "freed": _freed(day),
        "done": dict(sorted(day.tally.done.items())),
        "refused": dict(sorted(day.tally.refused.items())),
        "hours": {str(number): _hour(day.tally.hours[number]) for number in sorted(day.tally.hours)},
    }


def _calls(day: Day) -> dict[str, Any]:
    ended = day.tally.ended
    offered = ended.total()
    return {
        "offered": offered,
        "answered": offered - ended[Ending.LOST],
        "lost": ended[Ending.LOST],
        "dropped": ended[Ending.DROPPED],
        "solved": ended[Ending.SOLVED],
        "talked": ended[Ending.ANSWERED],
        "abandoned": ended[Ending.ABANDONED],
        "closed": ended[Ending.CLOSED],
    }


def _lines(day: Day) -> dict[str, Any]:
    hours = day.tally.hours
    return {
        "peak": day.trunk.usage.peak,
        "robot_peak": day.trunk.robot.peak,
        "lost": _share(sum(each.lost for each in hours.values()), day.tally.ended.total()),
        "callers": _busiest(day, _callers_load),
        "with_robot": _busiest(day, lambda one: _callers_load(one) + one.robot_line_s / HOUR_S),
    }


def _busiest(day: Day, load_of: Callable[[Hour], float]) -> dict[str, Any]:
    """The hour of the greatest load, what happened in it, and Erlang B for that load on all lines."""
    hour, one = max(day.tally.hours.items(), key=lambda pair: (load_of(pair[1]), -pair[0]), default=(0, Hour()))
    load, lines = load_of(one), day.means.lines.trunk
    return {
        "hour": hour,
        "calls": one.offered,
        "robot": one.robot,
        "lost": _share(one.lost, one.offered),
        "load": _round(load),
        "erlang_b": _round(erlang.loss(load, lines)),
        "needed": erlang.lines_for(load, MOST_LOST),
    }


def _callers_load(one: Hour) -> float:
    """What the callers of the hour would have kept busy, had all of them found a line."""
    carried = one.offered - one.lost
    return one.line_s / HOUR_S * one.offered / carried if carried else 0.0


def _operators(day: Day, mix: Mix) -> dict[str, Any]:
    hours, waits = day.tally.hours, sorted(day.tally.waits)
    whole = _sum(hours.values())
    hour, one = max(hours.items(), key=lambda pair: (pair[1].queued, -pair[0]), default=(0, Hour()))
    handling = whole.handled_s / whole.answered if whole.answered else handling_s(mix)
    told = formulas(one.queued * handling / HOUR_S, day.means.operators, handling, mix.patience_s)
    worked = sum(seconds for _, seconds in _worked(day))
    return {
        "occupancy": _share(sum(busy for busy, _ in _worked(day)), worked),
        "handling_s": _round(handling),
        "wait_p90_s": _round(waits[ceil(0.9 * len(waits)) - 1]) if waits else None,
        "wait_longest_s": _round(waits[-1]) if waits else None,
        "day": _queue_of(whole),
        "busiest_hour": hour,
        "load": _round(told.load),
        "busiest": _queue_of(one) | {"occupancy": _share(_busy(day, hour), day.means.operators * HOUR_S)},
        "erlang_c": _queue(told.patient),
        "erlang_a": _queue(told.impatient),
        "needed": {"erlang_c": told.needed, "erlang_a": told.needed_impatient},
    }


def _worked(day: Day) -> list[tuple[float, float]]:
    """Of each hour in which operators were at work: how long they were busy, and how long they were there."""
    at_work = [hour for hour in range(24) if _open(day, hour)]
    return [(_busy(day, hour), day.means.operators * HOUR_S) for hour in at_work]


def _open(day: Day, hour: int) -> bool:
    town = day.town
    return town.clinic.hospital.operators_open(town.local(town.at(hour)), town.rules.calendar)


def _busy(day: Day, hour: int) -> float:
    return day.operators.usage.seconds.get(day.town.at(hour), 0.0)


def _sum(hours: Any) -> Hour:
    whole = Hour()
    for one in hours:
        for name in Hour.__slots__:
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
    return whole


def _queue_of(one: Hour) -> dict[str, Any]:
    return {
        "asked": one.queued,
        "answered": one.answered,
        "waiting": _share(one.waited, one.queued),
        "wait_s": _share(one.waited_s, one.queued),
        "level": _share(one.in_time, one.queued),
        "abandoned": _share(one.abandoned, one.queued),
    }


def _queue(one: Queue) -> dict[str, Any]:
    return {
        "waiting": _round(one.waiting),
        "wait_s": None if isinf(one.wait_s) else _round(one.wait_s),
        "level": _round(one.level),
        "abandoned": _round(one.abandoned),
        "occupancy": _round(one.occupancy),
    }


def _robot(day: Day) -> dict[str, Any]:
    told = day.campaign
    return {
        "attempts": told.total.attempts,
        "reached": told.total.reached,
        "share": _round(told.total.share),
        "kinds": {
            kind.value: {
                "attempts": one.attempts,
                "reached": one.reached,
                "results": dict(sorted(one.results.items())),
                "outcomes": dict(sorted(one.outcomes.items())),
            }
            for kind, one in told.kinds.items()
        },
    }


def _freed(day: Day) -> dict[str, Any]:
    own = day.campaign.freed
    return {
        "freed": own.all.number,
        "offered": own.all.offered,
        "by_list": own.by_list.number,
        "otherwise": own.otherwise.number,
        "minutes_median": _round(own.all.speed.median),
        "minutes_p90": _round(own.all.speed.p90),
    }


def _hour(one: Hour) -> dict[str, Any]:
    names = ("offered", "lost", "queued", "answered", "in_time", "abandoned", "robot")
    return {name: getattr(one, name) for name in names}


def _share(part: float, whole: float) -> float | None:
    return _round(share(part, whole))


def _round(value: float | None) -> float | None:
    """More digits would say nothing, and differ between processors."""
    return None if value is None else round(value, 4)
