"""What the pages of the desk need of the database beside what every channel needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ivr.domain.user import User


@dataclass(frozen=True, slots=True)
class Secret:
    """What a log-in is checked against."""

    user: User
    password: str
    """argon2."""
    failed: int
    """Wrong passwords since the last right one."""


@dataclass(frozen=True, slots=True)
class WebSession:
    """A log-in of a browser; only a digest of its token is stored."""

    digest: str
    user_id: int
    begun_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that other pages show has changed."""

    id: int
    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class OperatorCall:
    """One ring of an operator's telephone for a caller of the queue, or a caller whom nobody answered."""

    id: int
    call_key: str
    user_id: int | None
    outcome: str
    """RINGING, ANSWERED, MISSED, WITHDRAWN, TRANSFERRED, ABANDONED."""
    rang_at: datetime
    waited_s: int = 0
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wrapped_at: datetime | None = None
    result: str | None = None
    note: str | None = None


class Users(Protocol):
    def get(self, user_id: int) -> User:
        """Raises NotFound."""

    def secret(self, login: str) -> Secret | None: ...
    def all(self) -> list[User]: ...

    def add(self, user: User, password: str, now: datetime) -> int:
        """Store a new user (the id is not looked at). Raises LoginTaken."""

    def save(self, user: User) -> None:
        """Keep name, role, active, must_change and the doctor he is."""

    def set_password(self, user_id: int, password: str, *, must_change: bool) -> None: ...
    def set_failed(self, user_id: int, failed: int, locked_until: datetime | None) -> None: ...


class WebSessions(Protocol):
    def add(self, session: WebSession) -> None: ...
    def get(self, digest: str) -> WebSession | None: ...
    def seen(self, digest: str, now: datetime) -> None: ...
    def end(self, digest: str, now: datetime) -> None: ...
    def end_all(self, user_id: int, now: datetime) -> None: ...

    def live(self, user_id: int, since: datetime) -> list[WebSession]:
        """Not ended, and seen after that moment."""


class Changes(Protocol):
    def add(self, kind: str, refs: Sequence[object]) -> None: ...

    def since(self, after: int) -> list[Change]:
        """Those with a greater id, in order."""

    def last(self) -> int: ...
    def forget(self, before: int) -> None: ...


class OperatorCalls(Protocol):
    def add(self, call: OperatorCall) -> int: ...
    def get(self, call_id: int) -> OperatorCall:
        """Raises NotFound."""

    def open_of(self, user_id: int) -> OperatorCall | None:
        """The newest one that is not wrapped up, of those that were answered or are ringing."""

    def of_call(self, call_key: str) -> list[OperatorCall]: ...
    def change(self, call_id: int, **values: Any) -> None: ...


class OperatorStates(Protocol):
    def begin(self, user_id: int, state: str, reason: str, now: datetime) -> None:
        """Ends the state before."""

    def end_all(self, now: datetime) -> None:
        """The program has begun anew: nobody is in any state."""


class RunSettings(Protocol):
    """Settings changed at run time; what is not here is as the files say."""

    def all(self) -> dict[str, Any]: ...
    def set(self, key: str, value: Any, *, who: str, now: datetime) -> None: ...
    def remove(self, key: str) -> None: ...
