"""What the wallboard shows beside the operators: calls of the automatic assistant, and figures of today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.journal import LiveCall
from ivr.domain.rules import Rules
from ivr.services import reports
from ivr.services.ports import Work
from ivr.services.reports import Days, Ending, Service, Talks, share


@dataclass(frozen=True, slots=True)
class Today:
    service: Service
    talks: Talks
    endings: Mapping[str, int]

    @property
    def alone(self) -> float | None:
        """Share of calls solved without a person; None before the first call ended."""
        return share(self.endings[Ending.SOLVED], sum(self.endings.values()))


def live(work: Work, *, rules: Rules, now: datetime) -> list[LiveCall]:
    """Calls that talk with the assistant now, the longest first; those of a dead process are left out."""
    with work.reading():
        return work.calls.live(now - rules.lost_after)


def today(work: Work, *, rules: Rules, now: datetime) -> Today:
    """Since midnight of the hospital."""
    day = Days(rules.today(now), rules.today(now))
    return Today(
        service=sum(reports.service(work, day, rules=rules).values(), start=Service()),
        talks=sum(reports.talks_by_hour(work, day, rules=rules).values(), start=Talks()),
        endings=reports.endings(work, day, rules=rules),
    )
