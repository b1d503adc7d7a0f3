"""What is asked and answered at `/api/v1`: typed, closed models; the OpenAPI document is made of them."""

from datetime import date, datetime
from math import ceil
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from ivr.domain.client import Scope
from ivr.domain.identifiers import Certificate, Claim, OmsNumber, PhoneNumber, Snils
from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.tasks import TaskKind, TaskOwner
from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
from ivr.domain.worklist import LONGEST_NOTE, TaskResult

Id = Annotated[int, Field(ge=1, le=2**63 - 1, description="Внутренний номер, без личных данных")]
Key = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9_]+$")]
Number = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[0-9A-Za-zА-Яа-яЁё/ -]+$")]


def _phone(text: object) -> object:
    return PhoneNumber.parse(text).e164 if isinstance(text, str) else text


Phone = Annotated[
    str,
    BeforeValidator(_phone),
    Field(max_length=30, description="Телефон: +7 и десять цифр", examples=["+79001234567"]),
]
BookablePurpose = Literal[Purpose.ILLNESS, Purpose.REPEAT, Purpose.REFERRAL, Purpose.DISP, Purpose.OBSERV, Purpose.VACC]
OwnReason = Literal[WaitingReason.NO_SLOTS, WaitingReason.NO_SUITABLE_TIME, WaitingReason.NO_SPECIALIST]


class Model(BaseModel):
    """Unknown fields are errors: a misspelt one is noticed at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# Questions and commands


class Identify(Model):
    """Один номер и дата рождения. Что из них неверно, не сообщается."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["oms"]}, {"required": ["snils"]}, {"required": ["certificate"]}]}
    )

    oms: Annotated[str, Field(pattern=r"^[0-9]{16}$", description="Полис ОМС, с контрольной цифрой")] | None = None
    snils: Annotated[str, Field(pattern=r"^[0-9]{11}$", description="СНИЛС, с контрольным числом")] | None = None
    certificate: Annotated[str, Field(pattern=r"^[0-9]{9}$", description="Временное свидетельство")] | None = None
    birth_date: date
    phone: Phone | None = Field(None, description="Телефон пациента, проверенный вашей системой")
    ticket: Annotated[str, Field(pattern=r"^[0-9]{8}$", description="Номер талона, если известен")] | None = None

    @model_validator(mode="after")
    def _one(self) -> "Identify":
        if sum(number is not None for number in (self.oms, self.snils, self.certificate)) != 1:
            raise ValueError("ONE_NUMBER")
        return self

    @property
    def claim(self) -> Claim:
        """Raises BadNumber."""
        if self.oms is not None:
            return OmsNumber(self.oms)
        return Snils(self.snils) if self.snils is not None else Certificate(self.certificate or "")


class ForPatient(Model):
    patient: Id | None = None


class OfSpeciality(Model):
    speciality: Key


class Sought(Model):
    """Какое время ищется."""

    speciality: Key
    purpose: BookablePurpose = Purpose.ILLNESS
    doctor: Id | None = None
    site: Key | None = None
    moves: Id | None = Field(None, description="Запись, которая переносится")
    referral: Number | None = Field(None, description="Номер направления")


class SoughtDay(Sought):
    day: date
    part: PartOfDay = PartOfDay.ANY


class NewHold(Model):
    slot: Id
    moves: Id | None = Field(None, description="Запись, которая переносится")


class NewBooking(Model):
    patient: Id
    slot: Id
    purpose: BookablePurpose
    subject: Subject = Subject.SELF
    referral: Number | None = Field(None, description="Номер направления")
    contact: Phone | None = None


class Move(Model):
    slot: Id
    referral: Number | None = Field(None, description="Номер направления")
    contact: Phone | None = None


class Cancel(Model):
    reason: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class NewEntry(Model):
    patient: Id
    speciality: Key
    doctor: Id | None = None
    part_of_day: PartOfDay = PartOfDay.ANY
    reason: OwnReason = WaitingReason.NO_SLOTS
    contact: Phone | None = None


class OfOwner(Model):
    owner: TaskOwner | None = None


class Done(Model):
    attempt: Annotated[int, Field(ge=1, le=1000, description="Номер попытки из ответа на взятие задачи")]
    result: TaskResult
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


class After(Model):
    after: Annotated[int, Field(ge=0, le=2**63 - 1, description="Последний прочитанный номер")] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class NewSubscription(Model):
    url: Annotated[str, Field(min_length=8, max_length=500, description="https, на узле из списка этой системы")]
    kinds: Annotated[list[str], Field(max_length=20, description="Виды событий; пусто: все")] = []


class Nothing(Model):
    """Пустое тело `{}` или никакого."""


# Answers

Moment = Annotated[AwareDatetime, PlainSerializer(lambda moment: moment.isoformat(), return_type=str, when_used="json")]


class Me(Model):
    id: Id
    name: str
    channel: Channel
    scopes: list[Scope]
    per_minute: int


class Known(Model):
    patient: Id
    until: Moment = Field(description="До этого времени система может действовать за пациента")
    told: bool = Field(description="Системе можно сообщать о прежних записях пациента")


class SpecialityShown(Model):
    key: Key
    name: str
    referral_needed: bool
    minutes: int


class Specialities(Model):
    specialities: list[SpecialityShown]


class DoctorShown(Model):
    id: Id
    name: str
    speciality: Key
    site: str


class Doctors(Model):
    doctors: list[DoctorShown]


class SlotShown(Model):
    id: Id
    doctor: DoctorShown
    speciality: Key
    starts_at: Moment
    minutes: int
    room: str
    kind: SlotKind


class Slots(Model):
    slots: list[SlotShown]


class Days(Model):
    days: list[date]


class HoldShown(Model):
    slot: SlotShown
    until: Moment
    seconds_left: Annotated[int, Field(ge=0)]


class BookingShown(Model):
    id: Id
    ticket: str = Field(description="Номер талона")
    patient: Id
    status: str
    purpose: Purpose
    channel: Channel
    slot: SlotShown
    created_at: Moment
    replaces: Id | None = Field(None, description="Запись, которая была перенесена на эту")


class Bookings(Model):
    bookings: list[BookingShown]


class EntryShown(Model):
    id: Id
    patient: Id
    speciality: Key
    doctor: Id | None
    part_of_day: PartOfDay
    reason: WaitingReason
    status: WaitingStatus
    entered_at: Moment
    deadline: Moment
    window_until: date


class Entries(Model):
    entries: list[EntryShown]


class TaskItem(Model):
    """Строка списка задач: задача, или запись листа ожидания, за которую никто не взялся."""

    task: Id | None
    entry: Id | None
    kind: TaskKind
    owner: TaskOwner
    due_at: Moment
    not_before: Moment | None
    speciality: Key | None
    starts_at: Moment | None
    taken: bool
    escalating: bool


class TaskItems(Model):
    tasks: list[TaskItem]


class Person(Model):
    id: Id
    given_name: str
    patronymic: str | None


class TaskShown(Model):
    task: Id
    kind: TaskKind
    attempt: int
    until: Moment | None = Field(description="До этого времени задача за вами")
    phone: str | None
    patient: Person | None
    booking: Id | None
    entry: Id | None
    slot: Id | None
    results: list[TaskResult] = Field(description="Чем она может кончиться")


class TaskEnded(Model):
    task: Id
    status: str
    result: TaskResult | None
    not_before: Moment | None


class Event(Model):
    id: Id
    kind: str
    at: Moment
    booking: Id | None = None
    replaces: Id | None = None
    slot: Id | None = None
    entry: Id | None = None
    patient: Id | None = None


class Events(Model):
    events: list[Event]
    next: int = Field(description="Спрашивать дальше с `after`, равным этому числу")


class SubscriptionShown(Model):
    id: Id
    url: str
    kinds: list[str]
    created_at: Moment
    failures: int = Field(description="Неудач подряд с последнего успеха")
    problem: str | None


class NewSubscriptionShown(SubscriptionShown):
    secret: str = Field(description="Ключ подписи; показывается один раз")


class Subscriptions(Model):
    subscriptions: list[SubscriptionShown]


class FieldProblem(Model):
    field: str
    code: str
    message: str


class ProblemShown(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    errors: list[FieldProblem] | None = None
    booking: Id | None = None
    entry: Id | None = None
    scope: str | None = None


def seconds_left(until: datetime, now: datetime) -> int:
    return max(0, ceil((until - now).total_seconds()))
