"""What a story asks of the hospital: use cases run, the time told, the facts read out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from ivr.domain.hospital import Hospital
from ivr.domain.rules import Rules
from ivr.services.ports import Work

P = ParamSpec("P")
T = TypeVar("T")


class Desk(Protocol):
    """The one door from a story to the database; blocking work leaves the event loop here."""

    rules: Rules
    hospital: Hospital

    def now(self) -> datetime:
        """Aware, UTC."""

    async def do(self, use_case: Callable[Concatenate[Work, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run a use case in a unit of work of its own. Raises its Refusals, or StorageDown."""

    async def pause(self, seconds: float) -> None:
        """Let time pass."""


@dataclass(frozen=True, slots=True)
class Step:
    """One answered or unanswered question, for the journal. Holds no personal value."""

    step: str
    attempt: int
    outcome: str
    waited_ms: int
    wording: str
    at: datetime


class Journal(Protocol):
    """Where the steps of a call are written, behind the caller's back: never makes him wait."""

    def step(self, step: Step) -> None: ...

    def progress(self, entered: Mapping[str, object]) -> None:
        """Keep what was entered so far, for a caller cut off and for the operator."""

    async def flush(self) -> None:
        """Return when everything said before is stored."""
