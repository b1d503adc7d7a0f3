"""What is kept of a call: how far it came and what was entered, never a personal value in a step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivr.domain.identifiers import PhoneNumber


@dataclass(frozen=True, slots=True)
class StepRow:
    """One question of a call, answered or not."""

    step: str
    attempt: int
    outcome: str
    waited_ms: int
    wording: str
    """Version of the words that were said."""
    at: datetime


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that goes on, and the last question that was answered in it."""

    key: str
    begun_at: datetime
    step: str | None
    """None before the first answer."""
    step_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallRecord:
    key: str
    caller: PhoneNumber | None
    line: str
    begun_at: datetime
    seen_at: datetime
    """Last sign of life."""
    progress: Mapping[str, Any]
    """What was entered so far, for a caller cut off and for the operator."""
    outcome: str | None = None
    detail: str | None = None
    ended_at: datetime | None = None
    resumed_at: datetime | None = None
    node: str = ""
    """Which process serves it."""
