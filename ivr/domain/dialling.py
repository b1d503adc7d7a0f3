"""Calls that the hospital makes: when it may ring, what became of an attempt, when to try again (1.6, section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules
from ivr.domain.tasks import TaskKind

EARLIEST, LATEST = time(9), time(20)
"""Hard limits of any calling hours, local time of the patient (section 4)."""


class Outcome(StrEnum):
    """What became of one attempt."""

    DONE = "DONE"
    """The right person answered and said what is to be."""
    UNFINISHED = "UNFINISHED"
    """Answered, and ended before anything was settled."""
    WRONG_PERSON = "WRONG_PERSON"
    MACHINE = "MACHINE"
    BUSY = "BUSY"
    NO_ANSWER = "NO_ANSWER"
    REJECTED = "REJECTED"
    UNREACHABLE = "UNREACHABLE"
    NO_SUCH_NUMBER = "NO_SUCH_NUMBER"
    TRUNK = "TRUNK"
    """Our line, not the patient: it costs him no attempt."""
    LOST = "LOST"
    """A crash: nobody knows whether it rang, so it counts."""
    NOT_NEEDED = "NOT_NEEDED"
    """What it was about was settled otherwise while it rang."""


UNCOUNTED = frozenset({Outcome.TRUNK, Outcome.NOT_NEEDED})
"""What costs the patient no attempt."""
ANSWERED = frozenset({Outcome.DONE, Outcome.UNFINISHED, Outcome.WRONG_PERSON, Outcome.MACHINE})

_CAUSES: Mapping[Outcome, tuple[int, ...]] = {
    Outcome.BUSY: (17,),
    Outcome.NO_ANSWER: (18, 19),
    Outcome.REJECTED: (21, 55, 87),
    Outcome.UNREACHABLE: (2, 3, 16, 20, 27, 31),
    Outcome.NO_SUCH_NUMBER: (1, 22, 28),
}
_OUTCOME_OF = {cause: outcome for outcome, causes in _CAUSES.items() for cause in causes}
_REFUSED_BY_NETWORK = frozenset({"603", "607", "608"})
"""Said by the patient, or by an operator that takes us for spam."""


def failed(cause: int, *, tech_cause: str = "", rang: bool) -> Outcome:
    """What a call was that nobody answered, by its Q.850 cause, its SIP status where known, and whether it rang."""
    if tech_cause in _REFUSED_BY_NETWORK:
        return Outcome.REJECTED
    outcome = _OUTCOME_OF.get(cause, Outcome.TRUNK)
    # A line on which nothing at all is heard until we give up is our line's trouble, not a patient who is out.
    return Outcome.TRUNK if outcome is Outcome.NO_ANSWER and not rang else outcome


@dataclass(frozen=True, slots=True)
class Again:
    """When the next attempt may follow one that failed so."""

    after: timedelta
    other_half: bool = False
    """In the other half of the calling hours: who is out in the morning may be at home in the afternoon."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How often and when a kind of task is tried."""

    tries: int
    again: Mapping[Outcome, Again]
    """An outcome that is missing here is final."""


def _minutes(number: int, *, other_half: bool = False) -> Again:
    return Again(timedelta(minutes=number), other_half)


_PATIENT = Plan(
    3,
    {
        Outcome.BUSY: _minutes(90),
        Outcome.UNFINISHED: _minutes(90),
        Outcome.LOST: _minutes(90),
        Outcome.NO_ANSWER: _minutes(90, other_half=True),
        Outcome.UNREACHABLE: _minutes(120, other_half=True),
        Outcome.MACHINE: _minutes(180, other_half=True),
        Outcome.WRONG_PERSON: _minutes(180, other_half=True),
        Outcome.REJECTED: _minutes(180, other_half=True),
    },
)
_QUICK = Plan(
    2,
    {
        Outcome.BUSY: _minutes(5),
        Outcome.UNFINISHED: _minutes(3),
        Outcome.LOST: _minutes(5),
        Outcome.NO_ANSWER: _minutes(10),
        Outcome.UNREACHABLE: _minutes(10),
        Outcome.MACHINE: _minutes(10),
    },
)
_CURTEOUS = Plan(2, {Outcome.BUSY: _minutes(90), Outcome.NO_ANSWER: _minutes(120, other_half=True)})
TRUNK_AGAIN = timedelta(minutes=5)

PLANS: Mapping[TaskKind, Plan] = {
    TaskKind.FEEDBACK: _PATIENT,
    TaskKind.CLINIC_CANCELLED: _PATIENT,
    TaskKind.CLINIC_MOVED: _PATIENT,
    TaskKind.REFERRAL_NOTICE: _PATIENT,
    TaskKind.OFFER: _QUICK,
    TaskKind.SURVEY: _CURTEOUS,
    TaskKind.NO_SHOW: _CURTEOUS,
}
"""What the robot rings up for. The slot of an offer is held for half an hour, so it is tried twice within it."""
BY_ROBOT = tuple(PLANS)


@dataclass(frozen=True, slots=True)
class CallingHours:
    """Local hours of working days in which a robot may ring (1.6). Raises ValueError outside the hard limits."""

    opens: time = time(10)
    closes: time = time(18)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)

    def __post_init__(self) -> None:
        if not EARLIEST <= self.opens < self.closes <= LATEST:
            raise ValueError(
                f"calling hours lie between {EARLIEST:%H:%M} and {LATEST:%H:%M}, and open before they close"
            )

    def allow(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        return self.calendar.is_working(local.date()) and self.opens <= local.time() < self.closes

    def next(self, moment: datetime) -> datetime:
        """The moment itself where it may ring then, else the next opening. UTC."""
        if self.allow(moment):
            return moment.astimezone(UTC)
        local = moment.astimezone(self.zone)
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        while not self.calendar.is_working(day):
            day += timedelta(days=1)
        return self._at(day, self.opens)

    def other_half(self, tried: datetime, moment: datetime) -> datetime:
        """The first moment from `moment` on that lies in the half of the hours in which `tried` does not. UTC."""
        moment = self.next(moment)
        if self._is_late(tried) != self._is_late(moment):
            return moment
        day = moment.astimezone(self.zone).date()
        if not self._is_late(tried):
            return self._at(day, self._middle())
        return self.next(self._at(day, self.closes))

    def _is_late(self, moment: datetime) -> bool:
        return moment.astimezone(self.zone).time() >= self._middle()

    def _middle(self) -> time:
        minutes = (self.opens.hour * 60 + self.opens.minute + self.closes.hour * 60 + self.closes.minute) // 2
        return time(*divmod(minutes, 60))

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone).astimezone(UTC)


def calling_hours(rules: Rules, phone: PhoneNumber | None = None) -> CallingHours:
    """The hospital's, or those of the place where a telephone is (section 4: local time of the patient)."""
    zone = rules.zone if phone is None else rules.zone_of(phone)
    return CallingHours(rules.calls_from, rules.calls_until, zone, rules.calendar)


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt that is over."""

    number: int
    """Of the attempts that count, the first is 1."""
    outcome: Outcome
    ended_at: datetime


def next_try(kind: TaskKind, tried: Tried, hours: CallingHours, until: datetime | None) -> datetime | None:
    """When to ring again; None: never. Not later than `until`, the last moment at which a call is of use."""
    if tried.outcome is Outcome.TRUNK:
        moment = hours.next(tried.ended_at + TRUNK_AGAIN)
    else:
        plan = PLANS[kind]
        again = plan.again.get(tried.outcome)
        if again is None or tried.number >= plan.tries:
            return None
        earliest = tried.ended_at + again.after
        moment = hours.other_half(tried.ended_at, earliest) if again.other_half else hours.next(earliest)
    return None if until is not None and moment >= until else moment


@dataclass(frozen=True, slots=True)
class Dial:
    """One attempt that is to be made now. Its key is the call's own, known to nobody before."""

    key: str
    task_id: int
    kind: TaskKind
    number: int
    phone: str
    """E.164."""
    person_id: int
    """Who is called to the telephone: the patient, or his representative."""

    def __repr__(self) -> str:
        return f"Dial({self.key}, {self.kind}, …{self.phone[-4:]})"


@dataclass(frozen=True, slots=True)
class Ended:
    """What the telephone side knows of an attempt that is over."""

    outcome: Outcome
    """UNFINISHED for whatever was answered; a story that came to a result knows better."""
    cause: int | None = None
    tech_cause: str | None = None
    answered_at: datetime | None = None
