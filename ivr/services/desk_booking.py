"""Booking by a person: holds of a page, a call taken over, rules set aside with a reason (S2.6, D-14)."""

from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.booking import Booking
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.override import Waiver
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import KeptByRegion, NotFound, ReasonNeeded, SlotTaken
from ivr.domain.rules import Rules
from ivr.domain.slot import REMOTE, Channel, Hold, SlotKind
from ivr.domain.slot_plan import PlannedSlot
from ivr.services import booking
from ivr.services.booking import BookingCommand
from ivr.services.grid import PAGE
from ivr.services.offers import unless_too_far
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Brought:
    """What a call brings to the person who serves it; what is None was not entered."""

    call_key: str
    caller: PhoneNumber | None
    patient_id: int | None
    purpose: Purpose | None
    speciality: str | None
    doctor_id: int | None
    referral: str | None
    moves: int | None
    held: Hold | None
    """The slot that the call holds still."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A visit beside the timetable: with whom, when and for how many minutes."""

    doctor_id: int
    starts_at: datetime
    minutes: int


def page_key(user_id: int, unique: str) -> str:
    """The key under which a page holds slots, when no call is served."""
    return f"{PAGE}{user_id}-{unique}"


def brought(work: Work, call_key: str, *, now: datetime) -> Brought:
    """What was entered in a call, and what it holds: the same key makes the hold the page's own. Raises NotFound."""
    with work.reading():
        record = work.calls.get(call_key)
        held = work.grid.held_for(call_key, now)
    entered = record.progress
    return Brought(
        call_key=call_key,
        caller=record.caller,
        patient_id=entered.get("patient_id"),
        purpose=Purpose(entered["purpose"]) if entered.get("purpose") else None,
        speciality=entered.get("speciality"),
        doctor_id=entered.get("doctor_id"),
        referral=entered.get("referral"),
        moves=entered.get("moves"),
        held=held,
    )


def held(work: Work, key: str, *, now: datetime) -> Hold | None:
    """What a page or call holds now."""
    with work.reading():
        return work.grid.held_for(key, now)


def hold(
    work: Work,
    slot_id: int,
    *,
    patient_id: int,
    key: str,
    channel: Channel,
    rules: Rules,
    now: datetime,
    moves: int | None = None,
    beyond: bool = False,
) -> Hold:
    """As a call holds, but not behind the horizon, unless the user may set that aside (`beyond`).

    Raises SlotTaken, Overlaps, OutsideHorizon, NotFound.
    """
    with work.reading():
        work.patients.get(patient_id)
        if not beyond:
            slot = work.slots.get(slot_id)
            unless_too_far(slot, patient_id, work.staff.speciality(slot.speciality), rules, now)
    return booking.hold(
        work, slot_id, patient_id=patient_id, call_key=key, channel=channel, rules=rules, now=now, moves=moves
    )


def overbook(work: Work, command: BookingCommand, beside: Beside, *, rules: Rules, now: datetime) -> Booking:
    """Book at a time that is occupied or not in the timetable: a slot of its own is made for the visit.

    The command names nobody's slot and says why. Raises ReasonNeeded, KeptByRegion, SlotTaken where it is over or the
    doctor is away, NotFound, and what `book` raises.
    """
    if command.override is None or Waiver.OVERBOOK not in command.override.waived:
        raise ReasonNeeded
    if work.region is not None:
        raise KeptByRegion
    with work:
        work.patients.lock(command.patient_id)
        booked = booking.first_result(work, command)
        if booked is None:
            slot_id = work.slots.add_extra(_planned(work, beside, now))
            booked = booking.book_within(work, replace(command, slot_id=slot_id), rules, now)
            work.commit()
    return booked


def _planned(work: Work, beside: Beside, now: datetime) -> PlannedSlot:
    doctor = work.staff.doctor(beside.doctor_id)
    if not doctor.active:
        raise NotFound(f"doctor {doctor.id}")
    if beside.starts_at <= now:
        raise SlotTaken
    return PlannedSlot(
        doctor_id=doctor.id,
        speciality=doctor.speciality,
        starts_at=beside.starts_at,
        minutes=beside.minutes,
        kind=SlotKind.PRIMARY,
        channels=REMOTE,
        room=doctor.room,
    )
