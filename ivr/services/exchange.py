"""What the desk asks of the telephone exchange. Only opaque ids travel there, never a name or a policy number."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ExchangeDown(Exception):
    """The exchange cannot be asked now; calls go on without the desk."""


class NobodyTalks(ExchangeDown):
    """There is no talk to be listened to, or to be recorded."""


@dataclass(frozen=True, slots=True)
class PhoneLogin:
    """How a browser registers as a telephone; lives until it is closed."""

    phone: str
    """Name of the telephone, opaque: `op7`."""
    number: str
    """What colleagues dial to reach it."""
    realm: str
    ha1: str
    """md5 of user, realm and password: enough to register, useless elsewhere."""


class SpyMode(StrEnum):
    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in the queue."""

    call_key: str
    since: datetime
    position: int
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A telephone in the queue, as the exchange sees it."""

    phone: str
    paused: bool
    reason: str
    device: str
    """idle, ringing, talking, held, away."""


@dataclass(frozen=True, slots=True)
class QueueState:
    waiting: tuple[Waiting, ...] = ()
    members: tuple[Member, ...] = ()


# --- what the exchange tells, in the order in which it happens


@dataclass(frozen=True, slots=True)
class Connected:
    """The exchange is there (again); telephones and members of before may be gone."""

    busy: frozenset[str] = frozenset()
    """Telephones that ring or talk: their calls have outlived the connection, or began without it."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The exchange is gone or hangs."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """The queue rings a telephone, or a colleague does on behalf of this caller."""

    phone: str
    call_key: str


@dataclass(frozen=True, slots=True)
class Answered:
    phone: str
    call_key: str
    waited_s: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Rang and was not answered, or was rejected; the member is paused by the exchange."""

    phone: str
    call_key: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Stopped ringing through no fault of the operator: the caller left, or a colleague thought better of it."""

    phone: str
    call_key: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The talk with a caller is over for this telephone; `transferred`: the caller goes on elsewhere."""

    phone: str
    call_key: str
    talked_s: int
    transferred: bool = False


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A caller left the queue before anybody answered."""

    call_key: str
    waited_s: int


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Somebody came, left, was paused, rang or hung up."""

    state: QueueState


Event = Connected | Lost | Ringing | Answered | Missed | Withdrawn | Ended | Abandoned | QueueChanged


class Exchange(Protocol):
    """Every method may be called from any thread, answers within seconds, or raises ExchangeDown."""

    def start(self, tell: Callable[[Event], None]) -> None:
        """Connect, stay connected, tell what happens.

        `tell` is called from a thread of the exchange and returns soon.
        """

    def close(self) -> None: ...

    def open_phone(self, user_id: int) -> PhoneLogin:
        """Make a SIP account for this user with a new password; an older one of his is replaced."""

    def close_phone(self, phone: str) -> None:
        """Out of the queue, and nobody can register as it any more; a talk that goes on is not cut.

        Raises ExchangeDown; then it is done as soon as the exchange is back.
        """

    def join(self, phone: str, *, reason: str) -> None:
        """Member of the queue, paused for this reason at first. A repeat changes nothing."""

    def ready(self, phone: str) -> None: ...

    def pause(self, phone: str, reason: str) -> None: ...

    def leave(self, phone: str) -> None: ...

    def state(self) -> QueueState: ...

    def requeue(self, phone: str) -> None:
        """The caller whom this telephone talks with goes back to the queue, before all others."""

    def spy(self, supervisor: str, operator: str, mode: SpyMode) -> None:
        """Ring the supervisor's telephone; when answered he hears the operator's talk."""

    def record(self, call_key: str, *, on: bool) -> None:
        """Go on with the recording of the talk, or pause it while digits or other personal things are said."""
