"""What the doctor's pages say: Russian words for what was arranged."""

from collections.abc import Mapping
from itertools import groupby

from ivr.domain.follow_up import FollowUpKind
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Doctor, Slot
from ivr.web.registry import words
from ivr.web.site import site

PURPOSES: Mapping[Purpose, str] = {
    Purpose.REPEAT: "Повторный приём",
    Purpose.REFERRAL: "Приём по направлению",
    Purpose.OBSERV: "Диспансерное наблюдение",
}
ARRANGED: Mapping[FollowUpKind, str] = {
    FollowUpKind.BOOKED: "Записан",
    FollowUpKind.OPENED: "Открыто время, пациент запишется сам",
    FollowUpKind.WAITING: "В листе ожидания, вне очереди",
    FollowUpKind.REFERRED: "Выдано направление",
}


def by_day(slots: list[Slot]) -> list[tuple[str, list[Slot]]]:
    """Slots under the words of their local days."""
    zone = site().rules.zone
    days = groupby(slots, key=lambda slot: slot.starts_at.astimezone(zone).date())
    return [(words.day(day), list(own)) for day, own in days]


def titled(doctor: Doctor, own_id: int) -> str:
    return f"{doctor.full_name}, каб. {doctor.room}" + (" (вы)" if doctor.id == own_id else "")
