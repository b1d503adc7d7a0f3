"""The audit log in Russian: what was done, and its details, which services keep by short keys."""

from collections.abc import Mapping
from typing import Any

from ivr.domain.run_time import CENTRALISED, HOURS, LEXICON, NUMBERS
from ivr.web.wording import CHANNELS, SCOPES

ACTIONS = {
    "absence added": "Внесено отсутствие",
    "absence removed": "Убрано отсутствие",
    "audit exported": "Выгружен журнал",
    "audit searched": "Поиск в журнале",
    "booking.cancelled": "Отменена запись",
    "booking.found_out": "Выяснено в региональной системе",
    "referral.entered": "Внесено направление",
    "booking.made": "Сделана запись",
    "calendar changed": "Изменён календарь",
    "client added": "Подключена система",
    "client revoked": "Отключена система",
    "consent.given": "Дано согласие",
    "consent.withdrawn": "Отозвано согласие",
    "consents exported": "Выгружены согласия",
    "day shown": "Просмотр приёма за день",
    "doctor added": "Добавлен врач",
    "doctor changed": "Изменён врач",
    "follow_up.made": "Врач направил пациента дальше",
    "follow_up.undone": "Врач отменил своё направление",
    "events subscribed": "Подписка на события",
    "events unsubscribed": "Конец подписки на события",
    "hours added": "Добавлены часы приёма",
    "hours removed": "Убраны часы приёма",
    "kiosk.admitted": "Инфомат допущен",
    "kiosk.pass": "Выдан пропуск инфомату",
    "kiosk.revoked": "Инфомат закрыт",
    "log-in": "Вход",
    "log-in refused": "Неверный пароль",
    "no_policy.told": "Сказано, что делать без полиса",
    "operator.paused": "Остановлен приём звонков",
    "password changed": "Сменил пароль",
    "password reset": "Сброшен пароль",
    "patient shown": "Просмотр пациента",
    "patient.document": "Внесён документ",
    "patient.new": "Новый пациент",
    "patient.phone": "Изменён телефон",
    "purpose.no_booking": "Направлен без записи",
    "recording heard": "Прослушана запись",
    "robot.allowed": "Разрешены звонки автоматического помощника",
    "robot.forbidden": "Запрещены звонки автоматического помощника",
    "search": "Поиск пациента",
    "sessions ended": "Завершены сеансы",
    "settings changed": "Изменены настройки",
    "show --reveal": "Личные данные показаны на сервере",
    "slots exported": "Составлен отчёт о слотах",
    "spy.barge": "Вступил в разговор",
    "spy.listen": "Слушал разговор",
    "spy.whisper": "Подсказывал оператору",
    "task.done": "Выполнена задача",
    "user added": "Добавлен сотрудник",
    "user changed": "Изменён сотрудник",
    "visit.marked": "Отмечен приём",
    "waiting.declined": "Отказ от листа ожидания",
}
_KEYS = {
    "absence": "отсутствие №",
    "action": "действие",
    "active": "действует",
    "added": "добавлено окон",
    "after": "после приёма, запись №",
    "arranged": "что сделано",
    "booking": "запись №",
    "by": "по чему",
    "call": "разговор",
    "channel": "канал",
    "client": "система №",
    "consent": "согласие №",
    "day": "день",
    "days": "Праздники и переносы",
    "doctor": "врач №",
    "ending": "куда",
    "entry": "лист ожидания №",
    "ended": "чем кончился",
    "found": "найдены пациенты №",
    "hosts": "куда слать события",
    "kiosk": "инфомат №",
    "lines": "строк",
    "list": "список",
    "locked": "вход закрыт на время",
    "means": "где",
    "method": "способ",
    "messages": "сообщения",
    "moved": "вместо записи №",
    "moved_for": "перенесла больница",
    "name": "название",
    "operator": "сотрудник",
    "outside": "затронуто записей",
    "overrides": "нарушены правила",
    "patient": "пациент №",
    "purpose": "на что",
    "reason": "причина",
    "recording": "запись разговора №",
    "referral": "направление №",
    "result": "итог",
    "role": "роль",
    "rows": "строк",
    "slot": "окно №",
    "scopes": "что разрешено",
    "speciality": "специальность",
    "status": "кто отменил",
    "subscription": "подписка №",
    "task": "задача №",
    "told": "можно говорить о записях",
    "user": "сотрудник",
    "visits": "затронуто записей",
    "who": "кто",
    "why": "где",
    "withdrawn": "убрано окон",
    CENTRALISED: "Пациентам звонит колл-центр",
    LEXICON: "Ударения",
    **{key: number.title for key, number in NUMBERS.items()},
    **HOURS,
}
_VALUES = {
    "by": {
        "OmsNumber": "полис",
        "Snils": "СНИЛС",
        "Certificate": "временное свидетельство",
        "document": "документ",
        "name": "имя и дата рождения",
        "phone": "телефон",
    },
    "arranged": {
        "BOOKED": "запись",
        "OPENED": "открыто время",
        "WAITING": "лист ожидания",
        "REFERRED": "направление",
    },
    "channel": {channel.value: title for channel, title in CHANNELS.items()},
    "ended": {"VISITED": "пришёл", "NO_SHOW": "не пришёл", "PASSED": "отметка снята", "BOOKED": "отметка снята"},
    "ending": {"NURSE_POST": "сестринский пост", "HOME_VISIT": "вызов на дом", "URGENT_ROOM": "неотложный кабинет"},
    "messages": {"urgent_care": "неотложная помощь", "insurer": "страховая компания"},
    "method": {"CALL": "звонок", "SMS": "СМС", "EMAIL": "электронная почта", "FEED": "лента на портале"},
    "purpose": {
        "REMINDER": "напоминания",
        "SMS_TALON": "талон по СМС",
        "NOTICE": "сообщения",
        "SURVEY": "вопросы после приёма",
        "ROBOT_CALLS": "звонки автоматического помощника",
    },
    "role": {
        "OPERATOR": "оператор",
        "REGISTRAR": "регистратор",
        "SUPERVISOR": "старший смены",
        "ADMINISTRATOR": "администратор",
        "DOCTOR": "врач",
    },
    "scopes": {scope.value: title for scope, title in SCOPES.items()},
    "status": {"CANCELLED_BY_PATIENT": "пациент", "CANCELLED_BY_CLINIC": "больница"},
    "overrides": {"OVERBOOK": "время занято", "HORIZON": "за горизонтом", "ADMISSION": "возраст или пол"},
    "why": {
        "fhir.patient": "карта по FHIR",
        "fhir.find": "подбор времени по FHIR",
        "fhir.hold": "бронь по FHIR",
        "fhir.book": "запись по FHIR",
        "fhir.visits": "записи по FHIR",
        "booking": "запись на приём",
        "call": "звонок",
        "cancel": "отмена записи",
        "found_out": "выяснение в региональной системе",
        "card": "карта",
        "hold": "бронь времени",
        "identified": "назван системой",
        "slots": "поиск времени",
        "specialities": "выбор специальности",
        "visit": "запись",
        "visits": "записи",
        "waiting": "лист ожидания",
        "consent": "согласие",
        "talon": "талон",
        "task": "задача",
    },
    "days": {"off": "выходной", "worked": "рабочий", "short": "короче на час"},
}


def title(action: str) -> str:
    return ACTIONS.get(action, action)


def details(detail: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """All of it in one line; what is not there is not named, nor is what nobody would ask for."""
    told = [(key, value) for key, value in detail.items() if value is not None and value != []]
    return ", ".join(f"{_KEYS.get(key, key)}: {_value(key, value, names)}" for key, value in told)


def _value(key: str, value: Any, names: Mapping[str, str]) -> str:
    match value:
        case {"from": before, "to": after, **rest} if not rest:
            return f"{_value(key, before, names)} → {_value(key, after, names)}"
        case None:
            return "как в файле"
        case bool():
            return "да" if value else "нет"
        case dict():
            return "; ".join(f"{one} {_value(key, each, names)}" for one, each in value.items())
        case list():
            return ", ".join(_value(key, each, names) for each in value)
    if key in ("user", "operator"):
        return names.get(f"user:{value}", str(value))
    if key in ("who", "action"):
        return names.get(str(value)) or title(str(value))
    return _VALUES.get(key, {}).get(str(value), str(value))
