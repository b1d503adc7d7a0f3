"""A slot: a piece of a doctor's time that one visit can fill (D-03, D-04)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ivr.domain.identifiers import Snils


class Channel(StrEnum):
    """Where a booking comes from (domain 3.3)."""

    CC = "CC"
    REG = "REG"
    EPGU = "EPGU"
    INFOMAT = "INFOMAT"
    MED_ARM = "MED_ARM"
    OTHER = "OTHER"


REMOTE = frozenset({Channel.CC, Channel.REG, Channel.EPGU, Channel.INFOMAT})
"""Open to all of these is what the law calls a competitive slot (D-03)."""


class SlotState(StrEnum):
    FREE = "FREE"
    """Free, or held while somebody talks about it."""
    BOOKED = "BOOKED"
    CLOSED = "CLOSED"


class SlotKind(StrEnum):
    PRIMARY = "PRIMARY"
    REPEAT = "REPEAT"
    REFERRAL = "REFERRAL"
    PREVENTIVE = "PREVENTIVE"
    OBSERVATION = "OBSERVATION"
    VACCINATION = "VACCINATION"


PERSONAL = frozenset({SlotKind.REPEAT, SlotKind.OBSERVATION})
"""Never sold to whoever asks: only to the patient for whom the doctor opened the slot (S4.2)."""


@dataclass(frozen=True, slots=True)
class Slot:
    id: int
    doctor_id: int
    speciality: str
    starts_at: datetime
    """Aware, UTC."""
    minutes: int
    kind: SlotKind
    channels: frozenset[Channel]
    room: str
    release_at: datetime | None = None
    """Not shown before this moment: the same-day reserve (D-02). Aware, UTC."""
    for_patient_id: int | None = None
    """Opened by the doctor for this patient alone, through whatever channel (S4.2)."""
    extra: bool = False
    """Made beside the timetable for one visit; closed, not free, when that is cancelled."""
    far_id: str | None = None
    """Its number in the regional system, where that keeps the schedule; what lies here is a picture of it."""

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_competitive(self) -> bool:
        return self.channels >= REMOTE

    def opens_to(self, channel: Channel) -> bool:
        """Another system is a remote channel like the named ones: what is open to all of them is open to it (D-03)."""
        return channel in self.channels or (channel is Channel.OTHER and self.is_competitive)

    def clashes_with(self, other: "Slot", gap: timedelta) -> bool:
        """True where one person cannot keep both: they overlap or begin less than `gap` apart (1.6)."""
        overlap = self.starts_at < other.ends_at and other.starts_at < self.ends_at
        return overlap or abs(self.starts_at - other.starts_at) < gap


@dataclass(frozen=True, slots=True)
class Hold:
    """A lease on a slot while somebody is talking about it (D-14)."""

    slot: Slot
    call_key: str
    until: datetime

    def is_live(self, now: datetime) -> bool:
        return now < self.until


@dataclass(frozen=True, slots=True)
class Doctor:
    id: int
    surname: str
    given_name: str
    patronymic: str | None
    sex: str
    speciality: str
    room: str
    site: str
    """Key of a site of the hospital: adult, child, women, dental."""
    active: bool = True
    snils: Snils | None = None
    """By which the federal booking service knows a doctor; without it the portal does not show him."""

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.surname, self.given_name, self.patronymic)))
