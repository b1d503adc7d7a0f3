"""A site without telephones: a registry that only books, or a desk whose exchange is switched off."""

from collections.abc import Callable

from ivr.services.exchange import Event, ExchangeDown, PhoneLogin, QueueState, SpyMode


class NoExchange:
    """Implements Exchange: says plainly that there is none."""

    def start(self, tell: Callable[[Event], None]) -> None:
        """Nothing will be told."""

    def close(self) -> None:
        """Nothing is open."""

    def open_phone(self, user_id: int) -> PhoneLogin:
        raise ExchangeDown("there is no exchange")

    def close_phone(self, phone: str) -> None:
        """There is none."""

    def join(self, phone: str, *, reason: str) -> None:
        raise ExchangeDown("there is no exchange")

    def ready(self, phone: str) -> None:
        raise ExchangeDown("there is no exchange")

    def pause(self, phone: str, reason: str) -> None:
        raise ExchangeDown("there is no exchange")

    def leave(self, phone: str) -> None:
        """Nobody is in."""

    def state(self) -> QueueState:
        return QueueState()

    def requeue(self, phone: str) -> None:
        raise ExchangeDown("there is no exchange")

    def spy(self, supervisor: str, operator: str, mode: SpyMode) -> None:
        raise ExchangeDown("there is no exchange")

    def record(self, call_key: str, *, on: bool) -> None:
        """Nothing is recorded."""
