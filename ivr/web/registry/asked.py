"""What the booking page asks for, as JSON: checked by types, a bad field answered with its name and a message."""

from datetime import date, datetime, time
from typing import Literal, NoReturn, TypeVar

from flask import abort, jsonify, make_response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ivr.domain.override import Waiver
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import NotFound
from ivr.domain.slot import Channel
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.services import calls, desk_booking
from ivr.services.grid import PAGE
from ivr.web.access import user
from ivr.web.site import run, site

Id = Field(ge=1, le=2**53)
Asked = TypeVar("Asked", bound="Question")
MESSAGES = {
    "reason": "Укажите причину: хотя бы пять знаков.",
    "clinic_reason": "Укажите причину переноса: хотя бы пять знаков.",
    "day": "Выберите дату.",
    "at": "Укажите время.",
}


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Ask(Question):
    """For whom, on which page."""

    patient: int = Id
    key: str = Field(min_length=1, max_length=120)


class AskRoute(Question):
    patient: int = Id
    purpose: Purpose


class AskGrid(Ask):
    purpose: Purpose
    """There is no grid before the purpose is known (S2.4)."""
    speciality: str = Field(min_length=1, max_length=60)
    moves: int | None = Field(None, ge=1, le=2**53)


class AskDays(AskGrid):
    first: date
    last: date


class AskSlots(AskGrid):
    ids: list[int] = Field(max_length=500)


class AskHold(Ask):
    slot: int = Id
    moves: int | None = Field(None, ge=1, le=2**53)


class AskBooking(Ask):
    purpose: Purpose
    slot: int = Id
    referral: str = Field("", max_length=40)
    moves: int | None = Field(None, ge=1, le=2**53)
    clinic_reason: str | None = Field(None, min_length=5, max_length=300)
    """Why the hospital moves the visit; None: the patient wants it."""
    command: str = Field(min_length=8, max_length=80, pattern=r"^[A-Za-z0-9-]+$")


class AskOverride(AskBooking):
    slot: int = Field(0, ge=0, le=2**53)
    waived: set[Waiver] = Field(min_length=1)
    reason: str = Field(min_length=5, max_length=300)
    doctor: int | None = Field(None, ge=1, le=2**53)
    day: date | None = None
    at: time | None = None
    minutes: int = Field(15, ge=5, le=240)


class AskWaiting(Question):
    patient: int = Id
    speciality: str = Field(min_length=1, max_length=60)
    doctor: int | None = Field(None, ge=1, le=2**53)
    part: PartOfDay
    reason: WaitingReason
    phone: str = Field("", max_length=20)
    suspicion: bool = False
    command: str = Field(min_length=8, max_length=80, pattern=r"^[A-Za-z0-9-]+$")


class AskDeclined(Question):
    patient: int = Id
    speciality: str = Field(min_length=1, max_length=60)


class AskConsent(Question):
    booking: int = Id
    key: str = Field(min_length=1, max_length=120)
    method: Literal["CALL", "SMS", "NONE"]
    phone: str = Field("", max_length=20)


class AskRelease(Question):
    key: str = Field(min_length=1, max_length=120)


def asked(kind: type[Asked]) -> Asked:
    """The question of this request; answers 422 by itself where it is none."""
    try:
        return kind.model_validate(request.get_json(silent=True))
    except ValidationError as problem:
        field = str(problem.errors()[0]["loc"][0]) if problem.errors()[0]["loc"] else ""
        refuse(field, MESSAGES.get(field, "Проверьте это поле."))


def refuse(field: str, message: str, status: int = 422) -> NoReturn:
    """Answer with a message at a field."""
    abort(make_response(jsonify(message=message, field=field), status))


def channel_of(key: str) -> Channel:
    """A page's own key, or the key of a call that is served; nobody reaches into the holds of another."""
    if key.startswith(PAGE):
        if not key.startswith(desk_booking.page_key(user().id, "")):
            abort(403)
        return Channel.REG
    try:
        run(calls.of_key, key)
    except NotFound:
        abort(403)
    return Channel.CC


def moment(day: date, at: time) -> datetime:
    """A local moment of the hospital."""
    return datetime.combine(day, at.replace(tzinfo=None), site().rules.zone)
