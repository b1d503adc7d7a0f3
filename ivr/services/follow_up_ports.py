"""What doctors arrange after visits, as the database keeps it."""

from datetime import datetime
from typing import Protocol

from ivr.domain.follow_up import FollowUp


class FollowUps(Protocol):
    def add(self, follow_up: FollowUp) -> int:
        """Store a new one (its id is not looked at); return the id."""

    def get(self, follow_up_id: int) -> FollowUp:
        """Raises NotFound."""

    def of_key(self, key: str) -> FollowUp | None: ...

    def of_visit(self, visit_id: int) -> list[FollowUp]:
        """In the order in which they were made."""

    def undo(self, follow_up_id: int, now: datetime) -> None: ...
