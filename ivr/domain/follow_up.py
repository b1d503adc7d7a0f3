"""What a doctor arranges by the results of a visit: the patient goes on without asking anybody (S4.1, S4.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import CompetitiveSlot, NotFound, VisitNeeded
from ivr.domain.slot import PERSONAL, Slot, SlotKind

KINDS: Mapping[Purpose, SlotKind] = {
    Purpose.REPEAT: SlotKind.REPEAT,
    Purpose.REFERRAL: SlotKind.REFERRAL,
    Purpose.OBSERV: SlotKind.OBSERVATION,
}
"""What a doctor books for: vacant slots that nobody competes for (S4.2)."""


class FollowUpKind(StrEnum):
    BOOKED = "BOOKED"
    """Booked to a slot that is not competitive."""
    OPENED = "OPENED"
    """A slot is kept for the patient, who books it himself in any channel."""
    WAITING = "WAITING"
    """No slot: on the waiting list, before others (D-10)."""
    REFERRED = "REFERRED"
    """A referral with a number, nothing booked yet."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One arrangement after one visit; `key` makes it once."""

    id: int
    key: str
    visit_id: int
    """The booking of the visit."""
    doctor_id: int
    """Who saw the patient, and may undo it."""
    kind: FollowUpKind
    reason: str
    made_at: datetime
    booking_id: int | None = None
    slot_id: int | None = None
    entry_id: int | None = None
    referral_id: int | None = None
    """The referral that was issued with it."""
    undone_at: datetime | None = None


def must_be_own(visit: Booking, doctor_id: int) -> None:
    """Raise NotFound for a patient of somebody else: not even that he was here is told."""
    if visit.slot.doctor_id != doctor_id:
        raise NotFound(f"booking {visit.id}")


def must_be_made_by(made: FollowUp, doctor_id: int) -> None:
    """Raise NotFound for what another doctor arranged."""
    if made.doctor_id != doctor_id:
        raise NotFound(f"follow-up {made.id}")


def must_have_come(visit: Booking, day: date, today: date) -> None:
    """Raise VisitNeeded unless the visit was, or goes on today; `day` is its local day (S4.2)."""
    on_its_day = visit.status is BookingStatus.BOOKED and day <= today
    if visit.status not in (BookingStatus.VISITED, BookingStatus.PASSED) and not on_its_day:
        raise VisitNeeded(visit.id)


def must_be_for_doctors(slot: Slot, purpose: Purpose, speciality: str) -> None:
    """Raise CompetitiveSlot for one that a doctor of this speciality does not book for this purpose (S4.2)."""
    another = slot.kind in PERSONAL and slot.speciality != speciality
    if slot.is_competitive or slot.kind is not KINDS.get(purpose) or another:
        raise CompetitiveSlot(slot.id)
