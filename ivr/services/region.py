"""The regional system as the use cases see it, where the hospital's schedule is kept there and not here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from ivr.domain.errand import Answer, Errand, ErrandStatus, NewErrand
from ivr.domain.identifiers import Snils
from ivr.domain.patient import Patient
from ivr.domain.refusals import NotAttached, ReferralNeeded, Refusal, RegionRefused
from ivr.domain.slot import Channel, SlotKind
from ivr.services.ports import StorageDown

T = TypeVar("T")
OF_PATIENT: Mapping[str, type[Refusal]] = {
    "PATIENT_NOT_ATTACHED": NotAttached,
    "PATIENT_NOT_FOUND": NotAttached,  # whom it does not know nobody there has attached
    "REFERRAL_REQUIRED": ReferralNeeded,
    "APPOINTMENT_REFUSED": RegionRefused,
}
"""What it says of a patient, by its Error_Code, whether he looks for a time or books one (S1.9, D-11)."""


class RegionDown(StorageDown):
    """The regional system cannot be asked for its schedule now, and what is known of it is too old."""


class Unsettled(StorageDown):
    """Nobody knows yet whether the regional system has booked the visit; its command's key tells later (X13)."""


@dataclass(frozen=True, slots=True)
class FarSlot:
    """A free slot of the regional system."""

    far_id: str
    starts_at: datetime
    """Aware."""
    room: str | None


@dataclass(frozen=True, slots=True)
class FarDoctor:
    """A doctor there, with all that is free of him in the days that were asked for."""

    snils: Snils
    surname: str
    given_name: str
    patronymic: str | None
    slots: tuple[FarSlot, ...] = ()


@dataclass(frozen=True, slots=True)
class Pictured:
    """A slot as it is pictured here; the regional system names no length and no kind."""

    far: FarSlot
    minutes: int
    room: str
    kind: SlotKind
    channels: frozenset[Channel]


class Region(Protocol):
    """The regional system; it is never asked within a transaction."""

    fresh_for: float
    """Seconds for which a picture of a speciality is not looked at again."""
    usable_for: float
    """Seconds for which it may be used while the regional system does not answer."""

    def doctors(self, patient: Patient, post: str, first: date, last: date) -> Sequence[FarDoctor]:
        """Doctors of a post with their free slots from `first` to `last`, both included.

        Raises RegionDown, and the refusals of OF_PATIENT.
        """

    def book(self, session: UUID, patient: Patient, slot_id: str, starts_at: datetime) -> Answer:
        """Ask for the slot; asking again with the same session books nothing twice. Never raises."""

    def cancel(self, session: UUID, patient: Patient, far_id: str) -> Answer:
        """Ask to cancel the visit of that number. Never raises."""

    def hurry(self, job: Callable[[], T]) -> T:
        """Run it beside, and wait as long as a caller may: raises Unsettled, and the job goes on."""


class Errands(Protocol):
    """What the regional system is to be asked, or has been."""

    def add(self, errand: NewErrand, *, leased_until: datetime | None, now: datetime) -> int:
        """Store it as sent once where it is leased: whoever leases it asks at once."""

    def get(self, errand_id: int) -> Errand:
        """Raises NotFound."""

    def of_booking(self, booking_id: int) -> list[Errand]:
        """In the order in which they were made."""

    def claim(self, until: datetime, now: datetime, limit: int) -> list[Errand]:
        """Lease open ones that are due and nobody's, each counted as sent once more."""

    def later(self, errand: Errand, due_at: datetime, problem: str) -> None:
        """Keep `sent` and `unknown_since`, let go of the lease, try again then."""

    def end(self, errand_id: int, status: ErrandStatus, problem: str | None) -> None: ...

    def open_ones(self, *, puzzles: bool) -> list[Errand]:
        """Those that are not settled, the oldest first; with `puzzles` also those that a person has to settle."""


class Mirror(Protocol):
    """The picture of the regional system's schedule: all that it has shown lately, and to whom."""

    def looked_at(self, speciality: str, patient_id: int | None = None) -> datetime | None:
        """When it was last asked what is free, for this patient or for anybody."""

    def lock(self, speciality: str) -> None:
        """One look at a speciality is stored at a time: two would take up a new doctor twice."""

    def forget(self, speciality: str) -> None:
        """Something has changed there: every search looks again."""

    def forget_looks(self, before: datetime) -> None:
        """Those that are older, and what they showed."""

    def picture(
        self, doctor_id: int, speciality: str, pictured: Sequence[Pictured], since: datetime, until: datetime
    ) -> list[int]:
        """Open the doctor's slots between the moments that the regional system offers; their ids. Visits of ours stay
        as they are.
        """

    def show(self, speciality: str, patient_id: int, slot_ids: Sequence[int], now: datetime) -> None:
        """These were shown to him now, and no others of that speciality."""

    def close_unshown(self, speciality: str, since: datetime, until: datetime, *, shown_before: datetime) -> None:
        """Close, and do not remove, what begins between the moments and was last shown to anybody before that one. What
        is held stays: whether it is free is found out when it is booked.
        """
