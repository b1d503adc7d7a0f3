"""What came of the calls that the hospital makes, and of the times that patients give back (1.6, 1.5).

A patient is reached where the right person answered and said what is to be. Calls that never rang for our own line's
sake, or that were not needed any more, say nothing of patients: they are counted, and left out of every share.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import TypeVar

from ivr.domain.dialling import Outcome
from ivr.domain.offer import OfferStatus
from ivr.domain.rules import Rules
from ivr.domain.tasks import TaskKind
from ivr.services.campaign_ports import DialCount, FreedTime, OfferSpan
from ivr.services.ports import Work
from ivr.services.reports import Days, share

Key = TypeVar("Key", int, TaskKind)

GOES_ON = "GOES_ON"
"""Stands for the outcome of an attempt that is not over."""
SAYS_NOTHING = (Outcome.TRUNK, Outcome.NOT_NEEDED, GOES_ON)
MOST_TRIES = 4
"""Attempts are told apart up to the third; the fourth and all behind it, which only a failing trunk makes, are one."""


@dataclass(slots=True)
class Reach:
    """Attempts of one kind, hour or number, by what came of them."""

    outcomes: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    """Of those who were reached."""

    def add(self, one: DialCount) -> None:
        self.outcomes[one.outcome or GOES_ON] += one.attempts
        if one.outcome == Outcome.DONE and one.result is not None:
            self.results[one.result] += one.attempts

    @property
    def attempts(self) -> int:
        return self.outcomes.total()

    @property
    def reached(self) -> int:
        return self.outcomes[Outcome.DONE]

    @property
    def share(self) -> float | None:
        """Reached of all that could tell; None where there were none."""
        return share(self.reached, self.attempts - self.came(*SAYS_NOTHING))

    def came(self, *outcomes: str) -> int:
        return sum(self.outcomes[one] for one in outcomes)

    def said(self, *results: str) -> int:
        return sum(self.results[one] for one in results)


@dataclass(frozen=True, slots=True)
class Speed:
    """Minutes from when a time was freed until somebody was booked there; None where nobody was."""

    median: float | None = None
    p90: float | None = None

    @classmethod
    def of(cls, minutes: Iterable[float]) -> "Speed":
        """The 90th percentile is the smallest figure that nine of ten do not exceed."""
        row = sorted(minutes)
        return cls(median(row), row[ceil(0.9 * len(row)) - 1]) if row else cls()


@dataclass(frozen=True, slots=True)
class Times:
    """Freed times that ended alike."""

    number: int = 0
    offered: int = 0
    """To the waiting list at least once."""
    speed: Speed = Speed()


@dataclass(frozen=True, slots=True)
class Freed:
    """Times that patients gave back, by who took them."""

    by_list: Times = Times()
    """By whom it was offered to."""
    otherwise: Times = Times()
    """By somebody who asked for a time himself."""
    by_nobody: Times = Times()
    all: Times = Times()
    """Its speed is that of all that were taken."""

    @property
    def refilled(self) -> int:
        return self.by_list.number + self.otherwise.number

    @property
    def share(self) -> float | None:
        return share(self.refilled, self.all.number)


@dataclass(frozen=True, slots=True)
class Campaign:
    kinds: Mapping[TaskKind, Reach]
    """What the robot rang for."""
    hours: Mapping[int, Reach]
    """By the local hour of the day."""
    tries: Mapping[int, Reach]
    """By the number of the attempt, 1 to MOST_TRIES."""
    freed: Freed
    offers: Mapping[OfferStatus, int]
    """Offers made in these days, by what became of them."""

    @property
    def total(self) -> Reach:
        whole = Reach()
        for one in self.kinds.values():
            whole.outcomes += one.outcomes
            whole.results += one.results
        return whole


def campaign(work: Work, days: Days, *, rules: Rules) -> Campaign:
    """The figures of these local days; attempts count on the day they began. Raises ValueError for a bad range."""
    since, before = days.span(rules)
    with work.reading():
        dials = work.campaign.dials(since, before, MOST_TRIES)
        freed = work.campaign.freed(since, before)
        offers = work.campaign.offers(since, before)
    return Campaign(
        kinds=_by(dials, lambda one: TaskKind(one.kind)),
        hours=_by(dials, lambda one: one.hour.astimezone(rules.zone).hour),
        tries=_by(dials, lambda one: one.number),
        freed=what_became(freed, offers),
        offers=Counter(OfferStatus(one.status) for one in offers if one.made_at < before),
    )


def what_became(freed: Iterable[FreedTime], offers: Iterable[OfferSpan]) -> Freed:
    """Which of the freed times were offered and taken, by whom and how fast."""
    of_slot: dict[int, list[OfferSpan]] = defaultdict(list)
    for offer in offers:
        of_slot[offer.slot_id].append(offer)
    times = list(freed)
    taken = [one for one in times if one.taken_at is not None]
    accepted = {one for one in taken if _accepted(one, of_slot[one.slot_id])}
    return Freed(
        by_list=_times([one for one in taken if one in accepted], of_slot),
        otherwise=_times([one for one in taken if one not in accepted], of_slot),
        by_nobody=_times([one for one in times if one.taken_at is None], of_slot),
        all=_times(times, of_slot),
    )


def _times(times: list[FreedTime], offers: Mapping[int, list[OfferSpan]]) -> Times:
    offered = sum(_offered(one, offers.get(one.slot_id, [])) for one in times)
    minutes = [(one.taken_at - one.freed_at).total_seconds() / 60 for one in times if one.taken_at is not None]
    return Times(len(times), offered, Speed.of(minutes))


def _by(dials: Iterable[DialCount], key: Callable[[DialCount], Key]) -> dict[Key, Reach]:
    told: dict[Key, Reach] = defaultdict(Reach)
    for one in dials:
        told[key(one)].add(one)
    return {each: told[each] for each in sorted(told)}


def _offered(time: FreedTime, offers: list[OfferSpan]) -> bool:
    """A time that was freed twice was offered each time, or not."""
    number = bisect_left([offer.made_at for offer in offers], time.freed_at)
    return number < len(offers) and (time.taken_at is None or offers[number].made_at <= time.taken_at)


def _accepted(time: FreedTime, offers: list[OfferSpan]) -> bool:
    # An offer is accepted in the transaction that books it.
    return any(offer.status == OfferStatus.ACCEPTED and offer.ended_at == time.taken_at for offer in offers)
