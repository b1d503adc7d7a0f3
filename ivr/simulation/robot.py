"""The robot rings patients up: the real book of tasks, pace and lines; only who answers is thrown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ivr.domain.booking import BookingStatus
from ivr.domain.dialling import Dial, Ended, Outcome, calling_hours
from ivr.domain.pacing import Pace
from ivr.domain.refusals import Refusal
from ivr.domain.tasks import TaskKind
from ivr.domain.worklist import TaskResult
from ivr.services import answers, outreach, slot_offers
from ivr.services.outreach import Briefing
from ivr.simulation.agenda import Process, Signal
from ivr.simulation.chance import Chance
from ivr.simulation.inbound import House
from ivr.simulation.mix import Answer, Seconds

NODE = "day"
LOOK = 60.0
"""Seconds between looks for work that has come due by itself; the real dialler looks twice a second."""
RENEW = 30.0
TIDY = timedelta(minutes=1)
SEEK_EVERY = timedelta(minutes=30)
"""How often free times are sought for who waits and legal deadlines are looked at; the real one does each minute."""
SPOILED = Seconds(15, 6, 5)
VAIN: Mapping[Answer, tuple[Outcome, int, float]] = {
    Answer.NO_ANSWER: (Outcome.NO_ANSWER, 19, 30),
    Answer.BUSY: (Outcome.BUSY, 17, 3),
    Answer.UNREACHABLE: (Outcome.UNREACHABLE, 20, 6),
}
"""Outcome, Q.850 cause, seconds on the line."""


@dataclass(slots=True)
class Robot:
    """The dialler of the day."""

    house: House
    pace: Pace
    _live: set[str] = field(default_factory=set)
    _wake: Signal | None = None

    def run(self) -> Process:
        """Begin one call after another, as long as there is a line and something due."""
        house, hours = self.house, calling_hours(self.house.town.rules)
        while True:
            now = house.agenda.now
            if not hours.allow(now):
                yield (hours.next(now) - now).total_seconds()
                continue
            wait = self.pace.wait(now).total_seconds()
            if wait > 0:
                yield wait
                continue
            dial = self._claimed() if house.trunk.has_room_for_robot() else None
            if dial is None:
                yield from self._rest()
                continue
            self.pace.started(now)
            house.agenda.start(self._ring(dial))

    def _claimed(self) -> Dial | None:
        town = self.house.town
        return outreach.claim(town.work(), node=NODE, rules=town.rules, now=self.house.agenda.now)

    def _rest(self) -> Process:
        """Until a line is free again or a time is freed, or for a while."""
        self._wake = self.house.agenda.signal()
        self.house.agenda.after(LOOK, self._wake.fire)
        yield self._wake

    def stir(self) -> None:
        """Something may be due now."""
        if self._wake is not None:
            self._wake.fire()

    def sweep(self) -> Process:
        """What the dialler does beside: leases, offers that have lapsed, free times, deadlines."""
        town, agenda = self.house.town, self.house.agenda
        hours = calling_hours(town.rules)
        tidy = seek = agenda.now
        while True:
            now = agenda.now
            if self._live:
                outreach.renew(town.work(), sorted(self._live), node=NODE, now=now)
            if now >= tidy:
                tidy = now + TIDY
                slot_offers.tidy(town.work, rules=town.rules, now=now)
            if now >= seek:
                seek = now + SEEK_EVERY
                slot_offers.seek(town.work, rules=town.rules, now=now)
                slot_offers.escalate(town.work, rules=town.rules, now=now)
            yield RENEW if hours.allow(now) or self._live else max(RENEW, (hours.next(now) - now).total_seconds())

    # --- one call

    def _ring(self, dial: Dial) -> Process:
        house, begun = self.house, self.house.agenda.now
        chance = Chance(house.seed, "answers", dial.task_id, dial.number)
        hour = house.tally.hour(begun)
        hour.robot += 1
        house.trunk.take_for_robot()
        self._live.add(dial.key)
        ended = yield from self._told(dial, chance)
        self._live.discard(dial.key)
        outreach.finish(house.town.work(), dial.key, ended, rules=house.town.rules, now=house.agenda.now)
        hour.robot_line_s += (house.agenda.now - begun).total_seconds()
        full = not house.trunk.has_room_for_robot()
        house.trunk.leave_by_robot()
        if full or dial.kind is TaskKind.OFFER:
            self.stir()

    def _told(self, dial: Dial, chance: Chance) -> Process:
        house = self.house
        answer = chance.of(house.mix.answers[dial.kind])
        if answer in VAIN:
            outcome, cause, seconds = VAIN[answer]
            yield seconds
            return Ended(outcome, cause)
        yield chance.lasts(house.mix.ring)
        answered_at = house.agenda.now
        about = outreach.briefing(house.town.work(), dial.key, rules=house.town.rules, now=answered_at)
        yield from self._talk(about, answer, chance)
        return Ended(Outcome.UNFINISHED, 16, answered_at=answered_at)

    def _talk(self, about: Briefing, answer: Answer, chance: Chance) -> Process:
        if not answers.is_needed(about, now=self.house.agenda.now):
            self._says(about, Outcome.NOT_NEEDED, TaskResult.NOT_NEEDED)
            yield chance.lasts(SPOILED)
        elif answer in (Answer.HANG_UP, Answer.MACHINE):
            yield chance.lasts(SPOILED)
            self._says(about, Outcome.MACHINE if answer is Answer.MACHINE else Outcome.UNFINISHED)
        else:
            yield chance.lasts(self.house.mix.told[about.kind])
            yield from self._answered(about, answer, chance)

    def _answered(self, about: Briefing, answer: Answer, chance: Chance) -> Process:
        if answer is Answer.PERSON:
            yield from self._person(about, chance)
        elif about.kind is TaskKind.OFFER:
            self._offered(about, answer)
        elif about.kind is TaskKind.NO_SHOW:
            yield from self._missed(about, answer, chance)
        else:
            yield from self._reminded(about, answer, chance)

    def _reminded(self, about: Briefing, answer: Answer, chance: Chance) -> Process:
        house = self.house
        assert about.booking is not None  # noqa: S101 - see answers.is_needed
        if answer is Answer.YES:
            self._says(about, Outcome.DONE, TaskResult.CONFIRMED)
        elif answer is Answer.NO:
            status, result = BookingStatus.CANCELLED_BY_PATIENT, TaskResult.CANCELLED
            self._does(about, lambda: self._cancelled(about, status, result))
        else:
            yield chance.lasts(house.mix.another_time)
            moved = house.desk.move(about.booking, about.key, "robot", house.agenda.now)
            self._says(about, Outcome.DONE if moved else Outcome.UNFINISHED, TaskResult.MOVED if moved else None)

    def _cancelled(self, about: Briefing, status: BookingStatus, result: TaskResult) -> None:
        town, now = self.house.town, self.house.agenda.now
        answers.cancel(town.work(), about, status=status, result=result, rules=town.rules, now=now)
        self.house.tally.done["robot.cancelled"] += 1
        self.stir()

    def _missed(self, about: Briefing, answer: Answer, chance: Chance) -> Process:
        house = self.house
        assert about.booking is not None  # noqa: S101 - see answers.is_needed
        booked = False
        if answer is Answer.YES:
            yield chance.lasts(house.mix.another_time)
            booked = house.desk.again(about.booking, about.key, "robot", house.agenda.now)
        self._says(about, Outcome.DONE, TaskResult.BOOKED if booked else TaskResult.REFUSED)

    def _offered(self, about: Briefing, answer: Answer) -> None:
        town, now = self.house.town, self.house.agenda.now
        says = {Answer.YES: answers.accept, Answer.LEAVE: answers.leave}.get(answer, answers.decline)
        if self._does(about, lambda: says(town.work(), about, rules=town.rules, now=now)):
            self.house.tally.done[f"robot.offer_{says.__name__}"] += 1
        else:
            answers.lose(town.work(), about, rules=town.rules, now=now)

    def _person(self, about: Briefing, chance: Chance) -> Process:
        town, now = self.house.town, self.house.agenda.now
        if about.kind is TaskKind.OFFER:
            answers.to_person(town.work(), about, rules=town.rules, now=now)
        else:
            self._says(about, Outcome.DONE)
        yield from self.house.person(chance)

    def _says(self, about: Briefing, outcome: Outcome, result: TaskResult | None = None) -> None:
        outreach.told(self.house.town.work(), about.key, outcome, result, now=self.house.agenda.now)

    def _does(self, about: Briefing, job: Callable[[], object]) -> bool:
        try:
            job()
        except Refusal as refusal:
            self.house.tally.refused[refusal.code] += 1
            return False
        return True
