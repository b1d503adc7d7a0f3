"""An exchange in memory: it takes commands as the real one does, and tells what a test makes happen."""

from collections.abc import Callable

from ivr.services.exchange import Event, ExchangeDown, PhoneLogin, QueueState, SpyMode


class ExchangeTwin:
    """Implements Exchange."""

    def __init__(self) -> None:
        self.members: dict[str, str] = {}
        """Telephone to why it is paused; empty where it is ready."""
        self.phones: set[str] = set()
        self.done: list[tuple[str, ...]] = []
        self.down = False
        self._tell: Callable[[Event], None] = lambda _event: None

    def start(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell

    def happen(self, event: Event) -> None:
        self._tell(event)

    def close(self) -> None:
        self.phones.clear()

    def open_phone(self, user_id: int) -> PhoneLogin:
        self._answer()
        self.phones.add(f"op{user_id}")
        return PhoneLogin(f"op{user_id}", f"70{user_id}", "asterisk", "0" * 32)

    def close_phone(self, phone: str) -> None:
        self.phones.discard(phone)
        self.members.pop(phone, None)
        self._answer()

    def join(self, phone: str, *, reason: str) -> None:
        self._answer()
        self.members.setdefault(phone, reason)

    def ready(self, phone: str) -> None:
        self._answer()
        self.members[phone] = ""

    def pause(self, phone: str, reason: str) -> None:
        self._answer()
        self.members[phone] = reason

    def leave(self, phone: str) -> None:
        self._answer()
        self.members.pop(phone, None)

    def state(self) -> QueueState:
        return QueueState()

    def requeue(self, phone: str) -> None:
        self._answer()
        self.done.append(("requeue", phone))

    def spy(self, supervisor: str, operator: str, mode: SpyMode) -> None:
        self._answer()
        self.done.append(("spy", supervisor, operator, mode.value))

    def record(self, call_key: str, *, on: bool) -> None:
        self.done.append(("record", call_key, str(on)))

    def _answer(self) -> None:
        if self.down:
            raise ExchangeDown("down")
