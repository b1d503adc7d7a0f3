"""Visits of the day: who came and who did not, marked by the hospital's own rules."""

from dataclasses import dataclass
from datetime import timedelta

from ivr.domain.booking import BookingStatus
from ivr.services import aftermath
from ivr.simulation.agenda import Process
from ivr.simulation.chance import Chance
from ivr.simulation.inbound import House

EVERY = timedelta(minutes=15)


@dataclass(slots=True)
class Reception:
    house: House

    def run(self) -> Process:
        """Mark the visits that are over, every quarter of an hour."""
        left = sorted(self.house.town.today, key=lambda visit: (visit.slot.ends_at, visit.id))
        chance = Chance(self.house.seed, "visits")
        while left:
            over = [visit for visit in left if visit.slot.ends_at <= self.house.agenda.now]
            left = left[len(over) :]
            if over:
                self._mark([visit.id for visit in over], chance)
            yield EVERY.total_seconds()

    def _mark(self, visits: list[int], chance: Chance) -> None:
        town, now, counted = self.house.town, self.house.agenda.now, self.house.tally.visits
        with town.work() as work:
            for visit_id in visits:
                came = not chance.happens(self.house.mix.no_show)
                visit = work.bookings.get(visit_id)
                status = BookingStatus.VISITED if came else BookingStatus.NO_SHOW
                closed = work.bookings.close(visit, status, key=None, now=now)
                (aftermath.visited if came else aftermath.missed)(work, closed, town.rules, now)
                counted[status.value] += 1
            work.commit()
