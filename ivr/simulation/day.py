"""One day from midnight to midnight: who rings, who is rung, who comes; and what was counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.pacing import Lines, Pace
from ivr.services.campaign import Campaign, campaign
from ivr.services.reports import Days
from ivr.simulation.agenda import Agenda
from ivr.simulation.desk import Desk
from ivr.simulation.inbound import House, expect
from ivr.simulation.mix import Mix
from ivr.simulation.reception import Reception
from ivr.simulation.robot import Robot
from ivr.simulation.switchboard import Operators, Trunk
from ivr.simulation.tally import Tally
from ivr.simulation.town import Town

Watch = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Means:
    """What the hospital has."""

    operators: int
    lines: Lines
    per_minute: float
    """Calls that the robot begins."""


@dataclass(frozen=True, slots=True)
class Day:
    """What happened."""

    town: Town
    means: Means
    tally: Tally
    trunk: Trunk
    operators: Operators
    campaign: Campaign


def live(town: Town, means: Means, mix: Mix, seed: str, watch: Watch | None = None) -> Day:
    """Let the day go by. The same seed, town and means give the same day."""
    agenda = Agenda(town.at(0))
    tally = Tally(town.local)
    house = House(
        town,
        mix,
        agenda,
        Trunk(agenda, means.lines),
        Operators(agenda, means.operators),
        Desk(town, mix, tally),
        tally,
        seed,
    )
    robot = Robot(house, Pace(means.per_minute))
    house.desk.freed = robot.stir
    agenda.start(robot.run())
    agenda.start(robot.sweep())
    agenda.start(Reception(house).run())
    expect(house, town.callers)
    agenda.run(town.at(24), watch)
    for usage in (house.trunk.usage, house.trunk.robot, house.operators.usage):
        usage.settle()
    told = campaign(town.work(), Days(town.day, town.day), rules=town.rules)
    return Day(town, means, tally, house.trunk, house.operators, told)
