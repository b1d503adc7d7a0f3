"""Who works at the desk, and what each role may do."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    OPERATOR = "OPERATOR"
    """Takes calls."""
    REGISTRAR = "REGISTRAR"
    """Serves people at the window."""
    SUPERVISOR = "SUPERVISOR"
    ADMINISTRATOR = "ADMINISTRATOR"
    DOCTOR = "DOCTOR"


class Right(StrEnum):
    TAKE_CALLS = "TAKE_CALLS"
    BOOK = "BOOK"
    """See patients, book, move, cancel."""
    ATTENDANCE = "ATTENDANCE"
    """Say who came and who did not: whoever sees the people, not whoever is on the telephone."""
    OVERRIDE = "OVERRIDE"
    """Overbook, book outside the horizon or against the age rule; always with a reason."""
    TASKS = "TASKS"
    WALL = "WALL"
    REPORTS = "REPORTS"
    SPY = "SPY"
    """Listen to a talk, whisper, break in, pause or log out an operator."""
    RECORDINGS = "RECORDINGS"
    SCHEDULE = "SCHEDULE"
    """Doctors, timetable, absences, holidays."""
    ADMINISTER = "ADMINISTER"
    AUDIT = "AUDIT"
    REFER = "REFER"
    """See one's own patients and say after a visit how they go on: repeat visit, referral (S4.2)."""


_DESK = frozenset({Right.BOOK, Right.TASKS})
_REGISTRAR = _DESK | {Right.ATTENDANCE}
_OPERATOR = _DESK | {Right.TAKE_CALLS, Right.WALL}

RIGHTS = {
    Role.OPERATOR: _OPERATOR,
    Role.REGISTRAR: _REGISTRAR,
    Role.SUPERVISOR: _OPERATOR | _REGISTRAR | {Right.OVERRIDE, Right.REPORTS, Right.SPY, Right.RECORDINGS, Right.AUDIT},
    Role.ADMINISTRATOR: frozenset(Right) - {Right.TAKE_CALLS, Right.REFER},
    Role.DOCTOR: frozenset({Right.REFER}),
}

LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,39}")
LEAST_PASSWORD = 10


@dataclass(frozen=True, slots=True)
class User:
    id: int
    login: str
    name: str
    """As colleagues see it."""
    role: Role
    active: bool = True
    must_change: bool = False
    """The password was made by somebody else: it is changed at the first log-in."""
    locked_until: datetime | None = None
    doctor_id: int | None = None
    """Who of the staff he is; without it the role DOCTOR sees no patients."""

    def may(self, right: Right) -> bool:
        return self.active and right in RIGHTS[self.role]

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until
