"""Messages to patients: what they say, how they go, when they are of no use any more (5.5, S1.7, S3.5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

ONE_PART = 70
"""Cyrillic characters of one SMS."""


class Method(StrEnum):
    """How a patient wants to be told; he is told in no other way (S1.7, S3.5)."""

    CALL = "CALL"
    SMS = "SMS"
    EMAIL = "EMAIL"
    FEED = "FEED"
    """A stream that the portal or the patient's page reads."""


class NoticeKind(StrEnum):
    BOOKED = "BOOKED"
    MOVED = "MOVED"
    CANCELLED = "CANCELLED"
    CLINIC_CANCELLED = "CLINIC_CANCELLED"
    REMINDER = "REMINDER"
    UNREACHED = "UNREACHED"
    NOT_MADE = "NOT_MADE"
    """What was asked for by telephone was not booked after all (X14)."""


class NoticeStatus(StrEnum):
    WAITING = "WAITING"
    SENT = "SENT"
    """The provider has taken it; nothing is known of its delivery yet, or never."""
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    """Of no use any more before it could be sent."""


PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""After an attempt that failed; the last one for all further ones."""


def pause_after(attempts: int) -> timedelta:
    return PAUSES[min(attempts, len(PAUSES)) - 1]


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A message that is not stored yet. Its key makes it once, and is what a provider knows it by."""

    key: str
    kind: NoticeKind
    method: Method
    address: str
    """Telephone in E.164 or e-mail; empty for the feed."""
    due_at: datetime
    expires_at: datetime
    patient_id: int | None = None
    booking_id: int | None = None
    task_id: int | None = None
    """A person goes on with this task where the message cannot be delivered."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Of the visit: starts_at (ISO), minutes, room, and the uid by which calendars know it through all its moves."""


@dataclass(frozen=True, slots=True)
class Notice:
    id: int
    wanted: NewNotice
    status: NoticeStatus
    created_at: datetime
    attempts: int = 0
    provider_id: str | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    problem: str | None = None

    def __repr__(self) -> str:
        return f"Notice({self.id}, {self.wanted.kind}, {self.wanted.method})"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every message says of the hospital."""

    signature: str
    phone: str
    """Digits."""
    zone: ZoneInfo


def text_of(notice: NewNotice, head: Letterhead, now: datetime) -> str:
    """The words: date, time and room, never a name, a speciality or a doctor (4.2, 5.5)."""
    facts = notice.facts
    when = _moment(facts.get("starts_at"), head.zone)
    match notice.kind:
        case NoticeKind.BOOKED:
            said = f"Запись: {when:%d.%m %H:%M}, каб. {facts['room']}. Отмена: {head.phone}."
        case NoticeKind.MOVED:
            said = f"Запись перенесена: {when:%d.%m %H:%M}, каб. {facts['room']}."
        case NoticeKind.CANCELLED:
            said = f"Запись на {when:%d.%m %H:%M} отменена."
        case NoticeKind.CLINIC_CANCELLED:
            said = f"Приём {when:%d.%m %H:%M} отменён. Регистратура: {head.phone}."
        case NoticeKind.REMINDER:
            said = f"{_day(when, head, now)} приём в {when:%H:%M}. Отменить: {head.phone}."
        case NoticeKind.NOT_MADE:
            said = f"Запись {when:%d.%m %H:%M} не создана. Звоните: {head.phone}."
        case NoticeKind.UNREACHED:
            said = f"Не дозвонились до Вас. Регистратура: {head.phone}."
    return f"{said} {head.signature}"


def _moment(text: str | None, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).astimezone(zone) if text else datetime.fromtimestamp(0, zone)


def _day(when: datetime, head: Letterhead, now: datetime) -> str:
    days = (when.date() - now.astimezone(head.zone).date()).days
    return {0: "Сегодня", 1: "Завтра"}.get(days, f"{when:%d.%m}")
