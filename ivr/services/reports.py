"""Reports over days of the hospital: the queue, operators, what callers do, load, bookings, visits missed.

A report is a table of plain values; pages give it words, charts and files.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ivr.domain.booking import BookingStatus
from ivr.domain.rules import Rules
from ivr.services.ports import Work
from ivr.services.report_ports import CallHour, QueueHour, StateTime, TalkHour

WITHIN_S = 20
"""Service level 80/20: four of five callers of the queue are answered within 20 seconds."""
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Days:
    """Local days, both inclusive."""

    first: date
    last: date

    def span(self, rules: Rules) -> tuple[datetime, datetime]:
        """First moment, and the first one behind. Raises ValueError for a range that is none, or too long."""
        if self.last < self.first:
            raise ValueError("the last day is before the first one")
        if (self.last - self.first).days >= MOST_DAYS:
            raise ValueError(f"at most {MOST_DAYS} days in a report")
        return rules.span(self.first)[0], rules.span(self.last)[1]

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Service:
    """The queue of operators."""

    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    waited_s: int = 0

    @property
    def offered(self) -> int:
        return self.answered + self.abandoned

    @property
    def level(self) -> float | None:
        """Share answered within 20 s of all who waited; None where nobody did."""
        return share(self.in_time, self.offered)

    @property
    def lost(self) -> float | None:
        return share(self.abandoned, self.offered)

    @property
    def waited(self) -> float | None:
        """Mean seconds until the answer."""
        return share(self.waited_s, self.answered)

    def __add__(self, other: "Service") -> "Service":
        return Service(*(a + b for a, b in zip(_fields(self), _fields(other), strict=True)))


def _fields(one: Service) -> tuple[int, int, int, int]:
    return one.answered, one.in_time, one.abandoned, one.waited_s


@dataclass(frozen=True, slots=True)
class Talks:
    """What operators did with the callers; seconds together."""

    talks: int = 0
    missed: int = 0
    waited_s: float = 0
    talked_s: float = 0
    wrapped: int = 0
    wrapped_s: float = 0

    @property
    def waited(self) -> float | None:
        return share(self.waited_s, self.talks)

    @property
    def talked(self) -> float | None:
        return share(self.talked_s, self.talks)

    @property
    def wrap_up(self) -> float | None:
        return share(self.wrapped_s, self.wrapped)

    @property
    def handled(self) -> float | None:
        """Mean handling: the talk and what is written after it."""
        return None if self.talked is None else self.talked + (self.wrap_up or 0)

    def __add__(self, other: "Talks") -> "Talks":
        return Talks(
            self.talks + other.talks,
            self.missed + other.missed,
            self.waited_s + other.waited_s,
            self.talked_s + other.talked_s,
            self.wrapped + other.wrapped,
            self.wrapped_s + other.wrapped_s,
        )


@dataclass(frozen=True, slots=True)
class Operator:
    user_id: int
    name: str
    talks: Talks
    states: Mapping[str, float]
    """Seconds in each state."""


@dataclass(frozen=True, slots=True)
class Step:
    """One question of the funnel."""

    step: str
    calls: int
    asked: int
    failed: int
    """Silence, noise, a wrong entry."""
    left: int
    """Hung up here, or the call broke off."""
    to_person: int
    """Went from here to an operator or asked to be rung back."""
    solved: int
    """Ended here well."""
    why: Mapping[str, int]
    """Last outcome of the question, for those who left or went to a person."""


class Ending:
    """How a call with the IVR ended for its caller."""

    SOLVED = "SOLVED"
    """Without a person."""
    OPERATOR = "OPERATOR"
    CALLBACK = "CALLBACK"
    LEFT = "LEFT"
    """Hung up before anything was done."""
    UNSOLVED = "UNSOLVED"
    """Silence, nobody there, a database that was down."""
    FAILED = "FAILED"
    """The call broke off by our fault."""
    ALL = (SOLVED, OPERATOR, CALLBACK, LEFT, UNSOLVED, FAILED)


def ending(one: CallHour) -> str | None:
    """None while the call goes on."""
    match one.outcome:
        case None:
            return None
        case "operator":
            return Ending.OPERATOR
        case "callback":
            return Ending.CALLBACK
        case "goodbye":
            return Ending.SOLVED if one.booked or not (one.detail or one.closed) else Ending.UNSOLVED
        case "hangup":  # many hang up as soon as they are told that they are booked
            return Ending.SOLVED if one.booked else Ending.LEFT
        case _:
            return Ending.SOLVED if one.booked else Ending.FAILED


@dataclass(frozen=True, slots=True)
class Load:
    """An hour of the day, over all days of the range."""

    calls: int = 0
    queued: int = 0


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of one speciality whose time has come."""

    speciality: str
    visited: int
    missed: int
    unknown: int
    """Nobody has said whether the patient came."""
    cancelled: int

    @property
    def no_show(self) -> float | None:
        return share(self.missed, self.missed + self.visited)


def share(part: float, whole: float) -> float | None:
    return None if whole == 0 else part / whole


# --- the reports


def service(work: Work, days: Days, *, rules: Rules) -> dict[datetime, Service]:
    """The queue by hours, local; hours without callers are not in it."""
    with work.reading():
        hours = work.reports.queue(*days.span(rules), WITHIN_S)
    return {one.hour.astimezone(rules.zone): _service(one) for one in hours}


def service_by_day(work: Work, days: Days, *, rules: Rules) -> dict[date, Service]:
    """Every day of the range."""
    told = dict.fromkeys(days, Service())
    for hour, one in service(work, days, rules=rules).items():
        told[hour.date()] += one
    return told


def operators(work: Work, days: Days, *, rules: Rules, now: datetime) -> list[Operator]:
    """Everybody who was at work, by name."""
    since, before = days.span(rules)
    with work.reading():
        names = {user.id: user.name for user in work.users.all()}
        talks = work.reports.talks(since, before)
        states = work.reports.states(since, max(since, min(before, now)))
    by_user: dict[int, Talks] = defaultdict(Talks)
    for one in talks:
        by_user[one.user_id] += _talks(one)
    times = _times(states)
    there = [user_id for user_id in names if user_id in by_user or user_id in times]
    told = [Operator(one, names[one], by_user[one], times.get(one, {})) for one in there]
    return sorted(told, key=lambda operator: (operator.name, operator.user_id))


def talks_by_hour(work: Work, days: Days, *, rules: Rules) -> dict[int, Talks]:
    """By the hour of the day, 0 to 23."""
    with work.reading():
        rows = work.reports.talks(*days.span(rules))
    told: dict[int, Talks] = {hour: Talks() for hour in range(24)}
    for one in rows:
        told[one.hour.astimezone(rules.zone).hour] += _talks(one)
    return told


def funnel(work: Work, days: Days, *, rules: Rules) -> list[Step]:
    """Every question that was asked, those that most calls came to first."""
    since, before = days.span(rules)
    with work.reading():
        counts = work.reports.steps(since, before)
        ends = work.reports.ends(since, before)
    left: dict[str, int] = defaultdict(int)
    person: dict[str, int] = defaultdict(int)
    solved: dict[str, int] = defaultdict(int)
    why: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in ends:
        kind = {"goodbye": solved, "operator": person, "callback": person}.get(one.ended, left)
        kind[one.step] += one.calls
        if kind is not solved:
            why[one.step][one.outcome] += one.calls
    return [
        Step(
            one.step,
            one.calls,
            one.asked,
            one.failed,
            left[one.step],
            person[one.step],
            solved[one.step],
            dict(sorted(why[one.step].items(), key=lambda pair: -pair[1])),
        )
        for one in counts
    ]


def endings(work: Work, days: Days, *, rules: Rules) -> dict[str, int]:
    """Calls by how they ended."""
    told = dict.fromkeys(Ending.ALL, 0)
    for one in _calls(work, days, rules):
        if (how := ending(one)) is not None:
            told[how] += one.calls
    return told


def endings_by_day(work: Work, days: Days, *, rules: Rules) -> dict[date, dict[str, int]]:
    told = {day: dict.fromkeys(Ending.ALL, 0) for day in days}
    for one in _calls(work, days, rules):
        if (how := ending(one)) is not None:
            told[one.hour.astimezone(rules.zone).date()][how] += one.calls
    return told


def reasons(work: Work, days: Days, *, rules: Rules) -> dict[str, int]:
    """Why callers came to a person, the most frequent first."""
    told: dict[str, int] = defaultdict(int)
    for one in _calls(work, days, rules):
        if one.outcome in ("operator", "callback"):
            told[one.detail or ""] += one.calls
    return dict(sorted(told.items(), key=lambda pair: (-pair[1], pair[0])))


def load(work: Work, days: Days, *, rules: Rules) -> dict[int, Load]:
    """By the hour of the day, 0 to 23, all days together."""
    calls: dict[int, int] = defaultdict(int)
    queued: dict[int, int] = defaultdict(int)
    for one in _calls(work, days, rules):
        calls[one.hour.astimezone(rules.zone).hour] += one.calls
    for hour, served in service(work, days, rules=rules).items():
        queued[hour.hour] += served.offered
    return {hour: Load(calls[hour], queued[hour]) for hour in range(24)}


def bookings(work: Work, days: Days, *, rules: Rules) -> dict[tuple[str, str], dict[str, int]]:
    """Made in these days: by channel and speciality, how many are in which status."""
    with work.reading():
        rows = work.reports.bookings(*days.span(rules))
    told: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for one in rows:
        told[one.channel, one.speciality][one.status] = one.bookings
    return dict(told)


def visits(work: Work, days: Days, *, rules: Rules, now: datetime) -> list[Visits]:
    """Of these days, as far as their time has come; by speciality."""
    since, before = days.span(rules)
    with work.reading():
        rows = work.reports.visits(since, max(since, min(before, now)))
    by: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in rows:
        by[one.speciality][one.status] += one.visits
    return [_visits(speciality, by[speciality]) for speciality in sorted(by)]


@dataclass(frozen=True, slots=True)
class Kept:
    """Promises and legal limits of one kind."""

    in_time: int = 0
    late: int = 0
    overdue: int = 0
    """Open still, the limit is over."""
    open: int = 0
    dropped: int = 0
    """No longer wanted."""

    @property
    def level(self) -> float | None:
        """Share kept in time of all whose limit is over or that are done."""
        return share(self.in_time, self.in_time + self.late + self.overdue)


PROMISES = ("CALLBACK", "DISTRICT", "SPECIALIST")


def promises(work: Work, days: Days, *, rules: Rules, now: datetime) -> dict[str, Kept]:
    """Callbacks promised and legal limits of the waiting list that lie in these days, and how they were kept (1.4)."""
    with work.reading():
        rows = work.reports.promises(*days.span(rules), now)
    by: dict[str, dict[str, int]] = {what: {} for what in PROMISES}
    for one in rows:
        by[one.what][one.state.lower()] = one.number
    return {what: Kept(**states) for what, states in by.items()}


# --- parts


def _calls(work: Work, days: Days, rules: Rules) -> list[CallHour]:
    with work.reading():
        return work.reports.calls(*days.span(rules))


def _service(one: QueueHour) -> Service:
    return Service(one.answered, one.in_time, one.abandoned, one.waited_s)


def _talks(one: TalkHour) -> Talks:
    return Talks(one.talks, one.missed, one.waited_s, one.talked_s, one.wrapped, one.wrapped_s)


def _times(states: Iterable[StateTime]) -> dict[int, dict[str, float]]:
    told: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for one in states:
        told[one.user_id][one.state] += one.seconds
    return {user_id: dict(times) for user_id, times in told.items()}


def _visits(speciality: str, by: Mapping[str, int]) -> Visits:
    def number(*statuses: BookingStatus) -> int:
        return sum(by.get(status.value, 0) for status in statuses)

    return Visits(
        speciality,
        visited=number(BookingStatus.VISITED),
        missed=number(BookingStatus.NO_SHOW),
        unknown=number(BookingStatus.BOOKED, BookingStatus.PASSED),
        cancelled=number(BookingStatus.CANCELLED_BY_PATIENT, BookingStatus.CANCELLED_BY_CLINIC, BookingStatus.MOVED),
    )
