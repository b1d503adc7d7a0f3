"""What people do, in shares and seconds: domain 1.6 and 6.3 where they say it, else an assumption that is named one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr.domain.tasks import TaskKind


class Aim(StrEnum):
    """Why somebody rings the hospital (6.3)."""

    BOOK = "BOOK"
    CHANGE = "CHANGE"
    """Cancel or move a visit."""
    LIST = "LIST"
    """The waiting list."""
    HOME = "HOME"
    INFO = "INFO"


class Answer(StrEnum):
    """What becomes of one ring of ours."""

    YES = "YES"
    """Comes; takes the time that is offered; books again."""
    NO = "NO"
    """Cancels; does not want the time; books no other."""
    MOVE = "MOVE"
    LEAVE = "LEAVE"
    """Waits no more."""
    PERSON = "PERSON"
    HANG_UP = "HANG_UP"
    MACHINE = "MACHINE"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    UNREACHABLE = "UNREACHABLE"


Shares = Mapping[Answer, float]

_NOBODY: Shares = {Answer.NO_ANSWER: 26, Answer.BUSY: 6, Answer.UNREACHABLE: 3}
"""35 % no answer or busy (1.6); how they divide is an assumption."""
_SPOILED: Shares = {Answer.HANG_UP: 6, Answer.MACHINE: 6}
"""12 % hang up or machine (1.6)."""

WEEKDAY = (4, 6, 16, 14, 12, 9, 7, 6, 6, 6, 5, 4, 3, 2)
MONDAY = (3, 8, 20, 17, 13, 9, 6, 5, 5, 4, 4, 3, 2, 1)
FIRST_HOUR = 7
"""Of the shares above the first is the night's, the second that of the hour from 7:00 on (6.3)."""
NIGHT = (20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Seconds:
    """A length of time: at least `least`, and spread around the mean like a gamma distribution."""

    mean: float
    spread: float
    """Standard deviation."""
    least: float = 5


@dataclass(frozen=True, slots=True)
class Mix:
    """One day's people."""

    calling: float = 120
    reminded: float = 165
    expected: float = 165
    """Of so many patients those ring in, those have a visit tomorrow, those one today: a normal day of Spassk (6.3)."""
    waiting: float = 0.25
    """Entries of the waiting list for each visit of tomorrow; an assumption."""

    aims: Mapping[Aim, float] = field(
        default_factory=lambda: {Aim.BOOK: 45, Aim.HOME: 15, Aim.CHANGE: 10, Aim.LIST: 10, Aim.INFO: 20}
    )
    moves: float = 0.5
    """Of those who change a visit so many move it; an assumption."""
    drops: float = 0.12
    """Hang up within the first 15 s (6.3)."""
    person_at_once: float = 0.20
    person_later: float = 0.17
    """Of the others, beside those who want a doctor at home: it makes 0.4 of all calls, as 6.3 has it."""
    takes_nearest: float = 0.6
    """Of those who book; the others choose a day. An assumption."""
    stories: Mapping[Aim, Seconds] = field(
        default_factory=lambda: {
            Aim.BOOK: Seconds(150, 40, 60),
            Aim.CHANGE: Seconds(50, 12, 25),
            Aim.LIST: Seconds(90, 25, 40),
            Aim.HOME: Seconds(25, 6, 10),
            Aim.INFO: Seconds(30, 8, 10),
        }
    )

    talk: Seconds = Seconds(120, 80, 15)
    """An operator's talk (6.3: two minutes)."""
    wrap_up: Seconds = Seconds(20, 10, 3)
    """What he writes down afterwards; an assumption."""
    patience_s: float = 180
    """Mean, exponential; an assumption."""

    no_show: float = 0.15
    """1.6 has 10 to 30 %."""
    answers: Mapping[TaskKind, Shares] = field(
        default_factory=lambda: {
            TaskKind.FEEDBACK: {
                Answer.YES: 47,
                Answer.NO: 3.5,
                Answer.MOVE: 1,
                Answer.PERSON: 1.5,
                **_SPOILED,
                **_NOBODY,
            },
            TaskKind.OFFER: {
                Answer.YES: 37,
                Answer.NO: 12,
                Answer.LEAVE: 2,
                Answer.PERSON: 2,
                **_SPOILED,
                **_NOBODY,
            },
            TaskKind.NO_SHOW: {Answer.YES: 15, Answer.NO: 37, Answer.PERSON: 1, **_SPOILED, **_NOBODY},
        }
    )
    """Of 100 rings. Reminders by 1.6; what people say to an offer or after a missed visit is an assumption."""
    ring: Seconds = Seconds(12, 6, 3)
    """Until somebody picks up."""
    told: Mapping[TaskKind, Seconds] = field(
        default_factory=lambda: {
            TaskKind.FEEDBACK: Seconds(40, 4, 25),
            TaskKind.OFFER: Seconds(55, 10, 30),
            TaskKind.NO_SHOW: Seconds(45, 8, 20),
        }
    )
    """A reminder that is answered lasts 35 to 45 s (6.3)."""
    another_time: Seconds = Seconds(80, 20, 40)
    """To find and book another time within such a call; an assumption."""
