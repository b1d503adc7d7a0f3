"""Somebody rings the hospital: a line, the assistant, perhaps an operator."""

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.domain.slot import Slot
from ivr.domain.waiting_list import WaitingReason
from ivr.services import calls
from ivr.services.reports import WITHIN_S
from ivr.simulation.agenda import Agenda, Process
from ivr.simulation.chance import Chance
from ivr.simulation.desk import Desk
from ivr.simulation.mix import FIRST_HOUR, MONDAY, NIGHT, WEEKDAY, Aim, Mix, Seconds
from ivr.simulation.switchboard import Operators, Trunk
from ivr.simulation.tally import Tally
from ivr.simulation.town import Person, Town

LINE = "main"
CHOSEN_AT = 0.6
"""Part of a booking's story after which the time is chosen, and held until it ends."""
DROP = Seconds(8, 4, 2)
AT_ONCE = Seconds(12, 4, 5)
CLOSED = Seconds(15, 3, 8)


class Ending:
    LOST = "lost"
    DROPPED = "dropped"
    SOLVED = "solved"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    CLOSED = "closed"


@dataclass(slots=True)
class House:
    """What calls of either direction share."""

    town: Town
    mix: Mix
    agenda: Agenda
    trunk: Trunk
    operators: Operators
    desk: Desk
    tally: Tally
    seed: str

    def operators_work(self) -> bool:
        local, calendar = self.town.local(self.agenda.now), self.town.rules.calendar
        return self.town.clinic.hospital.operators_open(local, calendar)

    def person(self, chance: Chance) -> Process:
        """Wait for an operator and talk with him; returns how that ended. The operator is freed by himself."""
        if not self.operators_work():
            yield chance.lasts(CLOSED)
            return Ending.CLOSED
        asked = self.agenda.now
        hour = self.tally.hour(asked)
        hour.queued += 1
        answered = yield from self.operators.answer(chance.expovariate(1 / self.mix.patience_s))
        waited = (self.agenda.now - asked).total_seconds()
        hour.waited_s += waited
        hour.waited += waited > 0
        if not answered:
            hour.abandoned += 1
            return Ending.ABANDONED
        hour.answered += 1
        hour.in_time += waited <= WITHIN_S
        self.tally.waits.append(waited)
        talk, wrap_up = chance.lasts(self.mix.talk), chance.lasts(self.mix.wrap_up)
        hour.handled_s += talk + wrap_up
        self.agenda.after(talk, lambda: self.operators.free_after(wrap_up))
        yield talk
        return Ending.ANSWERED


@dataclass(slots=True)
class Caller:
    """One call of one person."""

    house: House
    person: Person
    key: str
    chance: Chance

    def call(self) -> Process:
        """The whole call; who finds no line does not try again that day."""
        house, begun = self.house, self.house.agenda.now
        hour = house.tally.hour(begun)
        hour.offered += 1
        if not house.trunk.take():
            hour.lost += 1
            house.tally.ended[Ending.LOST] += 1
            return
        calls.begin(house.town.work(), call_key=self.key, caller=self.person.phone, line=LINE, now=begun, node="day")
        ending = yield from self._story()
        house.tally.ended[ending] += 1
        outcome = {Ending.SOLVED: "goodbye", Ending.CLOSED: "goodbye", Ending.ANSWERED: "operator"}.get(
            ending, "hangup"
        )
        calls.finish(house.town.work(), self.key, outcome=outcome, detail=None, now=house.agenda.now)
        hour.line_s += (house.agenda.now - begun).total_seconds()
        house.trunk.leave()

    def _story(self) -> Process:
        mix, chance = self.house.mix, self.chance
        if chance.happens(mix.drops):
            yield chance.lasts(DROP)
            return Ending.DROPPED
        aim = chance.of(mix.aims)
        if chance.happens(mix.person_at_once / (1 - mix.drops)):
            yield chance.lasts(AT_ONCE)
            return (yield from self._with_person(aim))
        length = chance.lasts(mix.stories[aim])
        if aim is Aim.HOME:  # always a person's work
            yield length
            return (yield from self._with_person(aim))
        if chance.happens(mix.person_later):
            yield length * chance.uniform(0.2, CHOSEN_AT)
            return (yield from self._with_person(aim))
        return (yield from self._alone(aim, length))

    def _alone(self, aim: Aim, length: float) -> Process:
        desk, agenda = self.house.desk, self.house.agenda
        if aim is Aim.BOOK:
            yield length * CHOSEN_AT
            slot = desk.find(self.person, self.key, self.chance, agenda.now)
            yield length * (1 - CHOSEN_AT)
            self._booked(slot, "ivr")
        else:
            yield length
            self._changed(aim, "ivr")
        return Ending.SOLVED

    def _with_person(self, aim: Aim) -> Process:
        ending = yield from self.house.person(self.chance)
        if ending == Ending.ANSWERED:
            if aim is Aim.BOOK:
                slot = self.house.desk.find(self.person, self.key, self.chance, self.house.agenda.now)
                self._booked(slot, "operator")
            else:
                self._changed(aim, "operator")
        return ending

    def _booked(self, slot: Slot | None, by: str) -> None:
        if slot is not None:
            self.house.desk.book(self.person, slot, self.key, by, self.house.agenda.now)

    def _changed(self, aim: Aim, by: str) -> None:
        desk, now, town = self.house.desk, self.house.agenda.now, self.house.town
        if aim is Aim.LIST:
            desk.join(self.person, WaitingReason.NO_SUITABLE_TIME, self.key, now)
        if aim is Aim.CHANGE and town.tomorrow:
            visit = self.chance.choice(town.tomorrow)
            change = desk.move if self.chance.happens(self.house.mix.moves) else desk.cancel
            change(visit, self.key, by, now)


def expect(house: House, callers: Sequence[Person]) -> None:
    """Put all calls of the day into the agenda, by the hours of 6.3."""
    chance = Chance(house.seed, "hours")
    night, *by_hour = MONDAY if house.town.day.weekday() == 0 else WEEKDAY
    shares = {FIRST_HOUR + number: share for number, share in enumerate(by_hour)} | {-1: night}
    for number, person in enumerate(callers):
        hour = chance.of(shares)
        at = house.town.at((chance.choice(NIGHT) if hour < 0 else hour) + chance.random())
        caller = Caller(house, person, f"call-{number}", Chance(house.seed, "caller", number))
        house.agenda.start(caller.call(), at=at)
