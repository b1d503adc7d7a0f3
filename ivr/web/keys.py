"""Every keyboard shortcut of the site: pages put it on the element, the help lists it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """`key` as site.mjs names it: F2, Alt+M; letters mean the place on the keyboard, in either layout."""

    key: str
    title: str
    where: str


KEYS = {
    "desk.answer": Key("F2", "Ответить на звонок", "Рабочее место"),
    "desk.hang_up": Key("Alt+Z", "Завершить разговор", "Рабочее место"),
    "desk.reject": Key("Alt+X", "Отклонить звонок", "Рабочее место"),
    "desk.mute": Key("Alt+M", "Выключить и включить микрофон", "Рабочее место"),
    "desk.hold": Key("Alt+H", "Удержать вызов и вернуться", "Рабочее место"),
    "desk.transfer": Key("Alt+T", "Перевод звонка", "Рабочее место"),
    "desk.keypad": Key("Alt+K", "Набрать цифры", "Рабочее место"),
    "desk.book": Key("F4", "Записать на удержанное время", "Рабочее место"),
    "desk.ready": Key("F8", "Готов принимать звонки", "Рабочее место"),
    "desk.break": Key("F9", "Уйти на перерыв", "Рабочее место"),
    "desk.note": Key("Alt+N", "Перейти к результату разговора", "Рабочее место"),
    "desk.registry": Key("Alt+1", "Открыть регистратуру", "Рабочее место"),
    "desk.tasks": Key("Alt+2", "Открыть задачи", "Рабочее место"),
}
