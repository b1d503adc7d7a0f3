"""The audit log: who looked at personal data, or changed what only a person may change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivr.services.ports import Work

PAGE = 100


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for in the log; what is None does not matter."""

    since: datetime
    until: datetime
    who: str | None = None
    action: str | None = None
    patient_id: int | None = None
    booking_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    id: int
    at: datetime
    who: str
    action: str
    detail: Mapping[str, Any]


def record(work: Work, *, who: str, action: str, detail: Mapping[str, Any], now: datetime) -> None:
    """Keep one line; `detail` holds no personal value."""
    with work:
        work.audit.add(who=who, action=action, detail=detail, now=now)
        work.commit()


def search(work: Work, sought: Sought, *, page: int = 0, who: str, now: datetime) -> tuple[list[Entry], bool]:
    """One page of what was found, the newest first, and whether there is more. That somebody looked is noted, too."""
    with work:
        found = work.audit.find(sought, limit=PAGE + 1, skip=page * PAGE)
        if page == 0:
            detail = {"who": sought.who, "action": sought.action, "patient": sought.patient_id}
            work.audit.add(who=who, action="audit searched", detail=detail, now=now)
        work.commit()
    return found[:PAGE], len(found) > PAGE


def export(work: Work, sought: Sought, *, who: str, now: datetime, most: int = 100_000) -> list[Entry]:
    """Everything that was found, for a file."""
    with work:
        found = work.audit.find(sought, limit=most, skip=0)
        work.audit.add(who=who, action="audit exported", detail={"lines": len(found)}, now=now)
        work.commit()
    return found


def actions(work: Work) -> list[str]:
    """Every action that was ever noted."""
    with work.reading():
        return work.audit.actions()
