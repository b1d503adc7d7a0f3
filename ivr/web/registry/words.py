"""What the registry's pages say: Russian words for codes, days and times."""

from collections.abc import Mapping
from datetime import date, datetime

from ivr.domain.booking import BookingStatus
from ivr.domain.consent import ConsentPurpose, LineState
from ivr.domain.document import DocumentKind
from ivr.domain.notice import Method
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
from ivr.services.egisz import Means
from ivr.services.grid import Mark

MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()
WEEKDAYS = "понедельник вторник среда четверг пятница суббота воскресенье".split()

PURPOSES: Mapping[Purpose, str] = {
    Purpose.ILLNESS: "Заболевание, обострение",
    Purpose.REPEAT: "Повторный приём по тому же случаю",
    Purpose.REFERRAL: "Приём по направлению",
    Purpose.DISP: "Диспансеризация, профосмотр",
    Purpose.OBSERV: "Диспансерное наблюдение",
    Purpose.VACC: "Вакцинация",
    Purpose.PAPER: "Справка, рецепт, закрытие больничного",
    Purpose.HOME: "Вызов врача на дом",
    Purpose.URGENT: "Неотложно, сегодня",
}
KINDS: Mapping[SlotKind, str] = {
    SlotKind.PRIMARY: "первичный приём",
    SlotKind.REPEAT: "повторный приём",
    SlotKind.REFERRAL: "по направлению",
    SlotKind.PREVENTIVE: "профилактический осмотр",
    SlotKind.OBSERVATION: "диспансерное наблюдение",
    SlotKind.VACCINATION: "вакцинация",
}
MARKS: Mapping[Mark, str] = {
    Mark.FREE: "свободно",
    Mark.YOURS: "ваша бронь",
    Mark.HELD_BY_DESK: "держит коллега",
    Mark.HELD_BY_CALL: "держит звонок",
    Mark.OWN: "запись этого пациента",
    Mark.BOOKED: "занято",
    Mark.RESERVED: "резерв дня",
    Mark.OTHER: "другой вид приёма",
    Mark.OUTSIDE: "за горизонтом записи",
    Mark.CLOSED: "закрыто",
    Mark.PAST: "прошло",
}
STATUSES: Mapping[BookingStatus, str] = {
    BookingStatus.PENDING: "не подтверждена",
    BookingStatus.BOOKED: "действует",
    BookingStatus.NOT_MADE: "не создана",
    BookingStatus.CANCELLED_BY_PATIENT: "отменил пациент",
    BookingStatus.CANCELLED_BY_CLINIC: "отменила больница",
    BookingStatus.MOVED: "перенесена",
    BookingStatus.PASSED: "время прошло",
    BookingStatus.VISITED: "приём состоялся",
    BookingStatus.NO_SHOW: "не пришёл",
}
CHANNELS: Mapping[Channel, str] = {
    Channel.CC: "по телефону",
    Channel.REG: "в регистратуре",
    Channel.EPGU: "через Госуслуги",
    Channel.INFOMAT: "в инфомате",
    Channel.MED_ARM: "врачом",
    Channel.OTHER: "иным способом",
}
MEANS: Mapping[Means, str] = {
    Means.EGISZ: "Найдено сервисом ЕГИСЗ «Идентификация пациента».",
    Means.LOCAL_NO_SERVICE: "Найдено в своём регистре: сервис ЕГИСЗ не подключён, личность им не подтверждена.",
    Means.LOCAL_SERVICE_DOWN: "Найдено в своём регистре: сервис ЕГИСЗ не отвечает, личность им не подтверждена.",
    Means.LOCAL: "Найдено в своём регистре.",
}
NOT_FOUND: Mapping[Means, str] = {
    Means.EGISZ: "Сервис ЕГИСЗ знает этого человека, а в нашем регистре его нет. Проверьте данные и заведите карту.",
    Means.LOCAL_NO_SERVICE: "В своём регистре никого нет; сервис ЕГИСЗ не подключён.",
    Means.LOCAL_SERVICE_DOWN: "В своём регистре никого нет; сервис ЕГИСЗ не отвечает. Ищите иначе.",
    Means.LOCAL: "Никого не нашлось. Проверьте цифры или ищите иначе; новому пациенту заведите карту.",
}
DOCUMENTS: Mapping[DocumentKind, str] = {
    DocumentKind.PASSPORT: "Паспорт РФ",
    DocumentKind.BIRTH_CERTIFICATE: "Свидетельство о рождении",
}
PARTS: Mapping[PartOfDay, str] = {
    PartOfDay.ANY: "В любое время",
    PartOfDay.MORNING: "Утром, до 12 часов",
    PartOfDay.DAY: "Днём, с 12 до 17",
    PartOfDay.EVENING: "Вечером, после 17",
}
WAITING_REASONS: Mapping[WaitingReason, str] = {
    WaitingReason.NO_SLOTS: "нет свободного времени",
    WaitingReason.NO_SUITABLE_TIME: "предложенное время не подошло",
    WaitingReason.NO_SPECIALIST: "нет специалиста",
    WaitingReason.REFERRAL: "по направлению, нет времени",
}
WAITING: Mapping[WaitingStatus, str] = {
    WaitingStatus.NEW: "новая",
    WaitingStatus.ACTIVE: "ждёт",
    WaitingStatus.OFFERED: "предложено время",
    WaitingStatus.BOOKED: "записан",
    WaitingStatus.EXPIRED: "срок вышел",
    WaitingStatus.CANCELLED_BY_PATIENT: "отказался",
    WaitingStatus.CLOSED_OTHER_BOOKING: "записан иначе",
    WaitingStatus.ESCALATED: "у оператора",
}
CONSENTS: Mapping[ConsentPurpose, str] = {
    ConsentPurpose.REMINDER: "Напоминания о приёме",
    ConsentPurpose.SMS_TALON: "Талон по СМС",
    ConsentPurpose.NOTICE: "Сообщения о записи, переносе, отмене",
    ConsentPurpose.SURVEY: "Вопросы после приёма",
    ConsentPurpose.ROBOT_CALLS: "Звонки автоматического помощника",
}
METHODS: Mapping[Method, str] = {
    Method.CALL: "Звонок",
    Method.SMS: "СМС",
    Method.EMAIL: "Электронная почта",
    Method.FEED: "Лента на портале",
}
LINE_STATES: Mapping[LineState, str] = {
    LineState.STANDING: "действует",
    LineState.WITHDRAWN: "отозвано",
    LineState.REPLACED: "заменено новым ответом",
    LineState.REFUSED: "отказ",
}
DESK_PROOFS: Mapping[str, str] = {"desk:oral": "сказал сам", "desk:paper": "подписал бланк"}
NUMBERS: Mapping[str, str] = {
    "OMS_EMPTY": "Укажите номер полиса ОМС.",
    "OMS_LENGTH": "Номер полиса ОМС должен содержать 16 цифр.",
    "OMS_CHECKSUM": "Единый номер полиса не соответствует формату. Проверьте цифры.",
    "OMS_UNREADABLE": "Номер полиса прочитать не удалось. Введите 16 цифр.",
    "SNILS_LENGTH": "СНИЛС должен содержать 11 цифр.",
    "SNILS_CHECKSUM": "СНИЛС введён неверно: не совпадает контрольное число.",
    "TMP_LENGTH": "Номер временного свидетельства должен содержать 9 цифр.",
    "PHONE_FORMAT": "Номер телефона должен содержать 10 цифр после +7.",
    "BIRTH_FORMAT": "Дата рождения вводится в виде ДД.ММ.ГГГГ.",
    "BIRTH_FUTURE": "Дата рождения не может быть позже сегодняшней.",
    "DAY_FORMAT": "День вводится в виде ДД.ММ.ГГГГ.",
    "PASSPORT_FORMAT": "Паспорт: серия из 4 цифр, номер из 6 цифр.",
    "BIRTH_CERTIFICATE_FORMAT": "Свидетельство о рождении: серия вида II-МЮ, номер из 6 цифр.",
}
URGENT_CARE = "Неотложную помощь вам окажут и без полиса."
INSURER = "Для плановой записи оформите полис в любой страховой медицинской компании."


def proof(code: str | None) -> str:
    """What shows that somebody said so."""
    match (code or "").split(":")[0]:
        case "key":
            return "ответ кнопкой в звонке"
        case "voice":
            return "ответ голосом в звонке"
        case "epgu":
            return "выбор на портале Госуслуг"
        case "infomat":
            return "выбор на экране инфомата"
        case _:
            return DESK_PROOFS.get(code or "", "не указано")


def day(moment: date | datetime) -> str:
    """27 апреля 2026 г., понедельник."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year} г., {WEEKDAYS[moment.weekday()]}"


def short_day(moment: date | datetime) -> str:
    """пн 27.04."""
    return f"{('пн', 'вт', 'ср', 'чт', 'пт', 'сб', 'вс')[moment.weekday()]} {moment:%d.%m}"
