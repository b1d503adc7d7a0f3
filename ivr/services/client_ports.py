"""What other systems need of the database beside what every channel needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ivr.domain.client import Acquaintance, Client


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command was answered with."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Sent:
    """A command that came with a key."""

    fingerprint: str
    """Of method, address and body: the same key with another one is a mistake of the client."""
    reply: Reply | None
    """None: not answered yet."""


class Clients(Protocol):
    def get(self, client_id: int) -> Client:
        """Raises NotFound."""

    def named(self, name: str) -> Client | None: ...

    def of_digest(self, digest: str) -> Client | None:
        """Whose token has it, revoked ones too."""

    def all(self) -> list[Client]:
        """In the order of their names."""

    def lock(self, client_id: int) -> None:
        """What a client may have so many of is counted for one request after another. Raises NotFound."""

    def add(self, client: Client, digest: str) -> int:
        """Store a new one (its id is not looked at). Raises ClientKnown where the name is taken."""

    def revoke(self, client_id: int, now: datetime) -> None:
        """Its token opens nothing any more."""

    def meet(self, client_id: int, known: Acquaintance) -> None:
        """Keep it in the place of what was known of that patient before."""

    def knows(self, client_id: int, patient_id: int, now: datetime) -> Acquaintance | None: ...

    def send(self, client_id: int, key: str, fingerprint: str, now: datetime) -> Sent:
        """Keep that a command with this key came; where one came before, that one."""

    def answer(self, client_id: int, key: str, reply: Reply) -> Reply:
        """Keep what it was answered with; the first answer stays, and is returned."""

    def forget_commands(self, before: datetime) -> None: ...
    def forget_patients(self, now: datetime) -> None:
        """Whom clients know no more."""
