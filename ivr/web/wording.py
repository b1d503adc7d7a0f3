"""Russian words for what the program calls by keys: steps of a call, reasons, purposes, states."""

import re

from ivr.domain.client import Scope
from ivr.domain.operator import OperatorState
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Channel
from ivr.web.messages import TOLD

STEPS = {
    "main": "Главное меню",
    "purpose": "Цель обращения",
    "urgent.ask": "Нужна ли помощь сегодня",
    "subject": "Кого записать",
    "oms": "Номер полиса",
    "no_policy": "Нет полиса",
    "snils": "СНИЛС",
    "certificate": "Временное свидетельство",
    "number.confirm": "Проверка номера",
    "number.groups": "Номер по частям",
    "group_digits": "Цифры группы",
    "birth": "Дата рождения",
    "birth.confirm": "Проверка даты рождения",
    "doctor.own": "Свой участковый врач",
    "doctor.menu": "Выбор врача",
    "doctor.sooner": "Другой врач раньше",
    "group": "Группа специальностей",
    "speciality": "Выбор специальности",
    "speciality.adult": "Взрослый к педиатру",
    "speciality.child": "Ребёнок к терапевту",
    "speciality.confirm": "Проверка специальности",
    "speciality.others": "Другие специалисты",
    "request.right": "Верно ли понято",
    "referral": "Номер направления",
    "referral.offer_paediatrician": "Без направления: к педиатру",
    "referral.offer_therapist": "Без направления: к терапевту",
    "day.menu": "Выбор дня",
    "time.menu": "Выбор времени",
    "time.meant": "Утро или вечер",
    "part": "Половина дня",
    "slot.nearest": "Ближайшее время",
    "booking.confirm": "Подтверждение записи",
    "booking.already": "Уже записан",
    "booking_action": "Перенести или отменить",
    "cancel.confirm": "Подтверждение отмены",
    "mine.none": "Записей нет",
    "talon.number": "Повторить номер талона",
    "ticket": "Номер талона",
    "consent.reminder": "Согласие на напоминание",
    "contact": "Номер телефона",
    "contact.ask": "Другой телефон",
    "contact.right": "Проверка телефона",
    "waiting.offer": "Лист ожидания",
    "waiting.already": "Уже в листе ожидания",
    "waiting.doctor": "Лист ожидания: врач",
    "waiting_part": "Лист ожидания: половина дня",
    "village": "Населённый пункт",
    "operator.offer": "Предложен оператор",
    "queue.closed": "Операторов нет: перезвонить",
    "queue.unserved": "Никто не ответил: перезвонить",
    "resume.offer": "Продолжить прерванное",
    "end.more": "Что-нибудь ещё",
    "no_answer": "молчание",
}
"""Questions of the stories."""

OUTCOMES = {
    "answered": "ответил",
    "yes": "да",
    "no": "нет",
    "silence": "молчал",
    "noise": "шум на линии",
    "help": "просил помощь",
    "repeat": "просил повторить",
    "back": "вернулся назад",
    "main": "в главное меню",
    "operator": "просил оператора",
    "emergency": "сказал об опасности",
    "slower": "просил медленнее",
    "hangup": "положил трубку",
    "deaf": "распознавание не работает",
    "declined": "отказался",
    "told": "сказано",
    "given_up": "не получилось",
    "book": "записаться",
    "cancel": "отменить",
    "move": "перенести",
    "keep": "оставить",
    "mine": "мои записи",
    "waiting": "лист ожидания",
    "home": "врач на дом",
    "info": "справка",
    "any": "любой врач",
    "more": "ещё варианты",
    "several": "несколько вариантов",
    "other_day": "другой день",
    "others": "другие",
    "repair": "исправить",
    "DAY": "днём",
    "MORNING": "утром",
    "EVENING": "вечером",
    "ANY": "всё равно",
    "SELF": "себя",
    "CHILD": "ребёнка",
    "OTHER": "другого человека",
}

REASONS = {
    "asked": "Сам попросил оператора",
    "asked_in_queue": "Ждал в очереди",
    "emergency": "Угроза жизни",
    "already_booked": "Уже записан к этому врачу",
    "backend_down": "База данных не отвечала",
    "birth_not_confirmed": "Не подтвердил дату рождения",
    "certificate_expired": "Временное свидетельство истекло",
    "changed_meanwhile": "Данные изменились во время разговора",
    "commit_failed": "Запись не удалась",
    "commit_unknown": "Неизвестно, удалась ли запись: проверьте",
    "contact_not_confirmed": "Не подтвердил телефон",
    "crash": "Сбой автоматического помощника",
    "fault": "Сбой автоматического помощника",
    "home_visit": "Вызов врача на дом",
    "locked": "Слишком много неудачных попыток",
    "no_policy": "Нет полиса",
    "not_admitted": "Врач не принимает такого пациента",
    "not_attached": "Не прикреплён",
    "not_identified": "Не нашёлся по номеру и дате рождения",
    "number_not_confirmed": "Не подтвердил номер",
    "purpose_unknown": "Цель обращения неясна",
    "referral_unknown": "Направление не найдено",
    "repeat_visit": "Повторный приём",
    "repeats": "Слишком много повторов",
    "ticket_unknown": "Талон не найден",
    "too_long": "Разговор затянулся",
    "unserved": "Никто не ответил в очереди",
}
"""Why a caller came to a person."""

PURPOSES = {
    Purpose.ILLNESS: "Заболевание",
    Purpose.REPEAT: "Повторный приём",
    Purpose.REFERRAL: "По направлению",
    Purpose.DISP: "Диспансеризация, профосмотр",
    Purpose.OBSERV: "Диспансерное наблюдение",
    Purpose.VACC: "Прививка",
    Purpose.PAPER: "Справка, рецепт",
    Purpose.HOME: "Вызов врача на дом",
    Purpose.URGENT: "Неотложный случай",
}

_PURPOSES = {purpose.value: title.lower() for purpose, title in PURPOSES.items()}

STATES = {
    OperatorState.OFFLINE: "Не в сети",
    OperatorState.READY: "Готов",
    OperatorState.RINGING: "Звонок",
    OperatorState.TALKING: "Разговор",
    OperatorState.WRAPUP: "Завершение",
    OperatorState.BREAK: "Перерыв",
}

CHANNELS = {
    Channel.CC: "Колл-центр и помощник",
    Channel.REG: "Регистратура",
    Channel.EPGU: "Госуслуги",
    Channel.INFOMAT: "Инфомат",
    Channel.MED_ARM: "Врач",
    Channel.OTHER: "Другое",
}
"""Where visits are booked."""

SCOPES = {
    Scope.IDENTIFY: "узнавать пациента по номеру и дате рождения",
    Scope.SCHEDULE: "смотреть врачей и свободное время",
    Scope.BOOK: "записывать, переносить, отменять",
    Scope.VISITS: "видеть записи по телефону пациента или талону",
    Scope.REGISTRY: "работать за регистратуру: все записи без подтверждения",
    Scope.WAITING: "лист ожидания",
    Scope.TASKS: "задачи сотрудников",
    Scope.EVENTS: "получать события",
    Scope.AUDIT: "читать журнал действий",
}
"""What another system may do."""

SUBJECTS = {"SELF": "себя", "CHILD": "ребёнка", "OTHER": "другого человека"}


def reason(key: str | None) -> str:
    """Why the caller came to a person; the refusals of a booking end here, too."""
    if key and key.startswith("failed_"):
        return f"Не справился с вопросом: {step(key.removeprefix('failed_')).lower()}"
    return REASONS.get(key or "", TOLD.get(key or "", "Причина не указана"))


def step(key: str) -> str:
    return STEPS.get(key, key)


def outcome(key: str) -> str:
    """What the caller did; errors of entering have a key each."""
    if key.startswith("error.") or key.endswith(".help"):
        return "введено неверно"
    return OUTCOMES.get(key) or _PURPOSES.get(key, key)


def telephone(number: str) -> str:
    """8 (000) 000-20-20; a number of another shape stays as it is."""
    found = re.fullmatch(r"(?:\+7|8)([0-9]{3})([0-9]{3})([0-9]{2})([0-9]{2})", number)
    return "8 ({}) {}-{}-{}".format(*found.groups()) if found else number


_UNITS = "один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать".split()
_UNITS += "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать".split()
_TENS = "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто сто".split()
_NUMERALS = {word: n for n, word in enumerate(_UNITS, 1)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_NUMERAL = "(?:" + "|".join(sorted(_NUMERALS, key=len, reverse=True)) + ")"
_HOUSE = re.compile(rf"(?<=\bдом ){_NUMERAL}(?: {_NUMERAL})*\b")


def address(spoken: str) -> str:
    """«дом двадцать пять» on paper is «дом 25»; the hospital's facts hold addresses as callers hear them."""
    return _HOUSE.sub(lambda found: str(sum(_NUMERALS[word] for word in found[0].split())), spoken)
