"""What the state portal's use cases need of the outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Subject


@dataclass(frozen=True, slots=True)
class PortalSession:
    """One visit to the portal: whom it is about, and how he can be reached. The portal makes up its id."""

    id: str
    patient_id: int
    subject: Subject
    contact: PhoneNumber | None
    email: str | None
    until: datetime
    """Not valid from this moment on."""

    def __repr__(self) -> str:
        return f"PortalSession({self.id})"


class PortalSessions(Protocol):
    def open(self, session: PortalSession, now: datetime) -> None:
        """Keep it, in the place of an earlier one of that id; those that are over are forgotten."""

    def get(self, session_id: str) -> PortalSession | None: ...
    def end(self, session_id: str) -> None: ...
    def forget(self, now: datetime) -> None:
        """Those that are over."""
