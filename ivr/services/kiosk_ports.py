"""What the kiosks' use cases need of the outside."""

from datetime import datetime
from typing import Protocol

from ivr.domain.kiosk import Kiosk, KioskVisit


class Kiosks(Protocol):
    """Machines that were let in, and who stands before each; of passes and cookies only digests are kept."""

    def get(self, kiosk_id: int) -> Kiosk:
        """Raises NotFound."""

    def all(self) -> list[Kiosk]:
        """By their names."""

    def with_pass(self, digest: str) -> Kiosk | None: ...
    def with_device(self, digest: str) -> Kiosk | None: ...

    def add(self, name: str, now: datetime) -> int:
        """Its id; where there is one of this name already, that one's."""

    def set_pass(self, kiosk_id: int, digest: str, until: datetime) -> None:
        """In the place of an earlier pass; a kiosk that was closed waits to be let in again."""

    def admit(self, kiosk_id: int, device: str, now: datetime) -> None:
        """This machine, and no other one, is the kiosk; its pass is used up."""

    def revoke(self, kiosk_id: int, now: datetime) -> None:
        """Neither pass nor machine opens anything any more."""

    def visit(self, kiosk_id: int) -> KioskVisit | None: ...

    def begin(self, visit: KioskVisit) -> None:
        """In the place of whoever stood there before."""

    def save(self, visit: KioskVisit) -> None:
        """Keep when he was seen and what he booked, while it is still his turn."""

    def end(self, kiosk_id: int) -> None:
        """Nobody stands there."""

    def forget_visits(self, before: datetime) -> None:
        """Of those who were seen last then, or earlier."""
