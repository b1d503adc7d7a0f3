"""Russian words of the work list."""

from ivr.domain.booking import BookingStatus
from ivr.domain.tasks import TaskKind, TaskOwner
from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
from ivr.domain.worklist import TaskResult

KINDS = {
    TaskKind.CALLBACK: "Перезвонить",
    TaskKind.WAITING: "Лист ожидания",
    TaskKind.FEEDBACK: "Подтвердить приём",
    TaskKind.SLOT_FREED: "Освободилось время",
    TaskKind.CLINIC_CANCELLED: "Приём отменён: перенести",
    TaskKind.CLINIC_MOVED: "Приём перенесён больницей: сообщить",
    TaskKind.OFFER: "Предложить время",
    TaskKind.REFERRAL_NOTICE: "Сообщить о записи по направлению",
    TaskKind.SURVEY: "Опрос после приёма",
    TaskKind.UNSETTLED: "Выяснить в региональной системе, есть ли запись",
    TaskKind.NO_SHOW: "Не пришёл: записать снова",
}

OWNERS = {TaskOwner.CALL_CENTRE: "Колл-центр", TaskOwner.REGISTRY: "Регистратура"}

RESULTS = {
    TaskResult.SOLVED: "Вопрос решён",
    TaskResult.BOOKED: "Записан",
    TaskResult.QUEUED: "Внесён в лист ожидания",
    TaskResult.CONFIRMED: "Придёт",
    TaskResult.CANCELLED: "Отменил приём",
    TaskResult.MOVED: "Перенёс приём",
    TaskResult.KEEPS: "Ждёт дальше",
    TaskResult.DECLINED: "Отказался от предложенного времени, ждёт дальше",
    TaskResult.LEFT: "Просит убрать из листа ожидания",
    TaskResult.NOBODY: "Никому не подошло",
    TaskResult.REFUSED: "Помощь больше не нужна",
    TaskResult.WRONG_NUMBER: "Неверный номер",
    TaskResult.RATED: "Оценил приём",
    TaskResult.OPTED_OUT: "Просит не звонить",
    TaskResult.NOT_NEEDED: "Уже не нужно",
    TaskResult.NO_ANSWER: "Не дозвонились",
}

PARTS = {
    PartOfDay.MORNING: "утром",
    PartOfDay.DAY: "днём",
    PartOfDay.EVENING: "вечером",
    PartOfDay.ANY: "в любое время",
}

WHY_WAITING = {
    WaitingReason.NO_SLOTS: "не было свободного времени",
    WaitingReason.NO_SUITABLE_TIME: "не подошло время",
    WaitingReason.NO_SPECIALIST: "нет специалиста",
    WaitingReason.REFERRAL: "по направлению, времени не было",
}

WAITING_STATES = {
    WaitingStatus.NEW: "новая",
    WaitingStatus.ACTIVE: "ждёт",
    WaitingStatus.OFFERED: "предложено время",
    WaitingStatus.ESCALATED: "нужен человек",
    WaitingStatus.BOOKED: "записан",
    WaitingStatus.EXPIRED: "срок желания истёк",
    WaitingStatus.CANCELLED_BY_PATIENT: "отказался",
    WaitingStatus.CLOSED_OTHER_BOOKING: "записан иначе",
}

BOOKING_STATES = {
    BookingStatus.PENDING: "запись не подтверждена",
    BookingStatus.BOOKED: "записан",
    BookingStatus.NOT_MADE: "запись не создана",
    BookingStatus.CANCELLED_BY_PATIENT: "отменил пациент",
    BookingStatus.CANCELLED_BY_CLINIC: "отменила больница",
    BookingStatus.MOVED: "перенесён",
    BookingStatus.PASSED: "явка не отмечена",
    BookingStatus.VISITED: "пришёл",
    BookingStatus.NO_SHOW: "не пришёл",
}

CALLBACK_REASONS = {"waiting_deadline": "Подходит срок листа ожидания", "promised": "Обещал оператор"}


def span(seconds: float) -> str:
    """How long, in two steps at most: 2 дн 3 ч, 1 ч 05 мин, 12 мин."""
    minutes = int(abs(seconds) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} дн {hours} ч"
    return f"{hours} ч {rest:02} мин" if hours else f"{rest} мин"
