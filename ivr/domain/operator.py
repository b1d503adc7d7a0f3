"""An operator at work: his states, his breaks, how a talk is summed up."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OperatorState(StrEnum):
    OFFLINE = "OFFLINE"
    READY = "READY"
    RINGING = "RINGING"
    TALKING = "TALKING"
    WRAPUP = "WRAPUP"
    """The caller is gone, his case is not noted yet."""
    BREAK = "BREAK"


BREAKS = {
    "begin": "Ещё не готов",
    "missed": "Пропущен звонок",
    "lunch": "Обед",
    "rest": "Перерыв",
    "task": "Работа с задачами",
    "window": "Приём у окна",
    "training": "Обучение",
    "supervisor": "Остановлен старшим",
}
"""Why an operator takes no calls; the first two and the last one he does not choose."""
CHOSEN_BREAKS = ("lunch", "rest", "task", "window", "training")

RESULTS = {
    "booked": "Записан",
    "moved": "Перенесён",
    "cancelled": "Отменён",
    "waiting": "В лист ожидания",
    "home": "Вызов врача на дом",
    "urgent": "Неотложный случай",
    "info": "Справка",
    "callback": "Нужно перезвонить",
    "transferred": "Переведён",
    "complaint": "Жалоба",
    "dropped": "Связь оборвалась",
    "other": "Другое",
}
"""What came of a talk."""


@dataclass(frozen=True, slots=True)
class AgentView:
    """An operator as colleagues and the wallboard see him."""

    user_id: int
    name: str
    state: OperatorState
    reason: str
    """Key of BREAKS; empty but in a break."""
    since: datetime
    call_key: str | None = None
