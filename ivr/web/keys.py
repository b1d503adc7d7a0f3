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
    "desk.record": Key("Alt+R", "Остановить и продолжить запись разговора", "Рабочее место"),
    "desk.book": Key("F4", "Записать на удержанное время", "Рабочее место"),
    "desk.ready": Key("F8", "Готов принимать звонки", "Рабочее место"),
    "desk.break": Key("F9", "Уйти на перерыв", "Рабочее место"),
    "desk.note": Key("Alt+N", "Перейти к результату разговора", "Рабочее место"),
    "desk.registry": Key("Alt+1", "Открыть регистратуру", "Рабочее место"),
    "desk.tasks": Key("Alt+2", "Открыть задачи", "Рабочее место"),
    "registry.number": Key("Alt+3", "Искать по номеру полиса или СНИЛС", "Регистратура, поиск"),
    "registry.name": Key("Alt+4", "Искать по имени и дате рождения", "Регистратура, поиск"),
    "registry.document": Key("Alt+5", "Искать по документу", "Регистратура, поиск"),
    "registry.phone": Key("Alt+6", "Искать по телефону", "Регистратура, поиск"),
    "registry.new": Key("Alt+A", "Новый пациент", "Регистратура, поиск"),
    "registry.no_policy": Key("Alt+B", "Полиса нет: что сказать пациенту", "Регистратура, поиск"),
    "registry.day": Key("Alt+G", "Приём за день: кто пришёл", "Регистратура, поиск"),
    "doctor.times": Key("F7", "Показать свободное время", "Приём врача"),
    "doctor.book": Key("Ctrl+Enter", "Записать на выбранное время", "Приём врача"),
    "doctor.day": Key("Alt+G", "К приёму за день", "Приём врача"),
    "registry.visit": Key("F7", "Записать на приём", "Карта пациента"),
    "registry.search": Key("Alt+S", "Другой пациент", "Карта пациента"),
    "registry.card": Key("Alt+C", "К карте пациента", "Запись, талон"),
    "registry.purpose": Key("Alt+3", "Цель обращения", "Запись на приём"),
    "registry.speciality": Key("Alt+4", "Специальность", "Запись на приём"),
    "registry.times": Key("Alt+5", "К списку свободного времени; дальше стрелки и Enter", "Запись на приём"),
    "registry.week": Key("Alt+V", "День или неделя", "Запись на приём"),
    "registry.earlier": Key("Alt+PageUp", "Раньше", "Запись на приём"),
    "registry.later": Key("Alt+PageDown", "Позже", "Запись на приём"),
    "registry.book": Key("Ctrl+Enter", "Записать на время, которое держится", "Запись на приём"),
    "registry.let_go": Key("Escape", "Отпустить время", "Запись на приём"),
    "registry.override": Key("Alt+O", "Особое решение", "Запись на приём"),
    "registry.talon": Key("Alt+P", "Талон, на его странице — печать", "Запись, талон"),
}
