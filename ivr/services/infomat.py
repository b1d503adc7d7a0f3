"""The kiosk (infomat): a patient books by himself, known by the number of his policy alone (S3.1 to S3.8)."""

import secrets
from dataclasses import replace
from datetime import date, datetime

from ivr.domain.booking import Booking
from ivr.domain.identifiers import OmsNumber
from ivr.domain.kiosk import Kiosk, KioskVisit
from ivr.domain.patient import Patient
from ivr.domain.post import kinds_of
from ivr.domain.refusals import (
    AlreadyBooked,
    NoSlots,
    NotAdmitted,
    NotAttached,
    NotIdentified,
    ReferralNeeded,
    RegionRefused,
    SessionOver,
    TooManyBookings,
)
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Doctor, Hold, Slot
from ivr.domain.speciality import Access, Speciality
from ivr.services import booking, choice, search
from ivr.services.booking import BookingCommand
from ivr.services.ports import Work
from ivr.services.purposes import OF_KIND
from ivr.services.region import Unsettled
from ivr.services.search import SlotQuery

TELLING = (AlreadyBooked, TooManyBookings, NotAdmitted, NotAttached, ReferralNeeded)
"""What they say is known of a person; whoever knows a policy number alone hears that there is no time (4.2)."""
NOT_SHOWN = (*TELLING, RegionRefused)
"""So the regional system refuses to show its times to a person."""


def begin(work: Work, kiosk: Kiosk, number: OmsNumber, *, now: datetime) -> tuple[KioskVisit, Patient]:
    """It is this patient's turn; of whoever stood there before nothing is left. Raises NotIdentified (S3.2)."""
    with work:
        end_within(work, kiosk.id)
        patient = work.patients.numbered(number)
        detail = {"by": type(number).__name__, "found": [] if patient is None else [patient.id]}
        work.audit.add(who=f"infomat:{kiosk.id}", action="search", detail=detail, now=now)
        if patient is not None:
            visit = KioskVisit(kiosk.id, secrets.token_hex(16), patient.id, now)
            work.kiosks.begin(visit)
        work.commit()
    if patient is None:
        raise NotIdentified
    return visit, patient


def go_on(work: Work, kiosk_id: int, visit_id: str, *, rules: Rules, now: datetime) -> tuple[KioskVisit, Patient]:
    """Whose turn it is, with what he holds held on. Raises SessionOver where the page is not his any more."""
    with work:
        visit = work.kiosks.visit(kiosk_id)
        if visit is None or visit.id != visit_id or now >= visit.seen_at + rules.hold:
            raise SessionOver
        work.kiosks.save(replace(visit, seen_at=now))
        work.slots.renew(visit.key, now + rules.hold)
        patient = work.patients.get(visit.patient_id)
        work.commit()
    return visit, patient


def end(work: Work, kiosk_id: int) -> None:
    """He went: nothing is held, and nobody is known there. To repeat it does no harm."""
    with work:
        end_within(work, kiosk_id)
        work.commit()


def leave(work: Work, kiosk_id: int, visit_id: str) -> None:
    """The same, where it is still his turn."""
    with work:
        visit = work.kiosks.visit(kiosk_id)
        if visit is not None and visit.id == visit_id:
            end_within(work, kiosk_id)
            work.commit()


def end_within(work: Work, kiosk_id: int) -> None:
    """The same as a part of a transaction."""
    visit = work.kiosks.visit(kiosk_id)
    if visit is not None:
        work.slots.release(visit.key)
        work.kiosks.end(kiosk_id)


def specialities(work: Work, patient: Patient, *, rules: Rules, now: datetime) -> list[Speciality]:
    """Those that need no referral and see patients of his age and sex. Referrals are not told of here (4.2)."""
    fitting = choice.specialities_for(work, patient, rules=rules, now=now)
    return [speciality for speciality in fitting if speciality.access is Access.FREE]


def doctors(
    work: Work, visit: KioskVisit, patient: Patient, speciality: str, *, rules: Rules, now: datetime
) -> list[tuple[Doctor, Slot]]:
    """Doctors with their nearest free time, the nearest first. Raises NoSlots, NotFound."""
    _unless_closed(work, patient, speciality, rules, now)
    nearest: dict[int, Slot] = {}
    for slot in free(work, visit, speciality, None, rules=rules, now=now):
        nearest.setdefault(slot.doctor_id, slot)
    with work.reading():
        return [(work.staff.doctor(doctor_id), slot) for doctor_id, slot in nearest.items()]


def days(
    work: Work, visit: KioskVisit, speciality: str, doctor_id: int, *, rules: Rules, now: datetime
) -> dict[date, list[Slot]]:
    """Local days of the horizon with this doctor's free slots, in order. Raises NoSlots."""
    found: dict[date, list[Slot]] = {}
    for slot in free(work, visit, speciality, doctor_id, rules=rules, now=now):
        found.setdefault(rules.today(slot.starts_at), []).append(slot)
    return found


def free(
    work: Work, visit: KioskVisit, speciality: str, doctor_id: int | None, *, rules: Rules, now: datetime
) -> list[Slot]:
    """What is open to kiosks within the horizon, in order; what he holds himself is free for him. Raises NoSlots."""
    slots: list[Slot] = []
    for kind in kinds_of(Channel.INFOMAT):
        query = SlotQuery(
            speciality,
            visit.patient_id,
            kind=kind,
            doctor_id=doctor_id,
            channel=Channel.INFOMAT,
            call_key=visit.key,
        )
        try:
            slots += search.vacant(work, query, rules=rules, now=now)
        except NOT_SHOWN:
            raise NoSlots from None
    if not slots:
        raise NoSlots
    return sorted(slots, key=lambda slot: (slot.starts_at, slot.id))


def hold(work: Work, visit: KioskVisit, slot_id: int, *, rules: Rules, now: datetime) -> Hold:
    """Keep the slot while the page is on it. Raises SlotTaken, Overlaps, NotFound."""
    return booking.hold(
        work,
        slot_id,
        patient_id=visit.patient_id,
        call_key=visit.key,
        channel=Channel.INFOMAT,
        rules=rules,
        now=now,
    )


def book(work: Work, visit: KioskVisit, slot_id: int, command: str, *, rules: Rules, now: datetime) -> Booking:
    """Once for one press, however often it is sent. Raises the refusals of `booking.book`; NoSlots for what would
    tell of the patient.
    """
    with work.reading():
        slot = work.slots.get(slot_id)
    wanted = BookingCommand(
        key=key_of(visit.id, command),
        slot_id=slot_id,
        patient_id=visit.patient_id,
        purpose=OF_KIND[slot.kind],
        call_key=visit.key,
        channel=Channel.INFOMAT,
    )
    try:
        booked = booking.book(work, wanted, rules=rules, now=now)
    except TELLING:
        raise NoSlots from None
    except Unsettled:
        if _is_known(work, wanted.key):
            raise
        raise NoSlots from None  # of another visit that the regional system thinks of nobody is told here
    with work:
        work.kiosks.save(replace(visit, seen_at=now, booking_id=booked.id))
        work.commit()
    return booked


def _unless_closed(work: Work, patient: Patient, speciality: str, rules: Rules, now: datetime) -> None:
    """Raise NoSlots, and nothing that tells more, where the patient cannot be booked there by a kiosk."""
    channel = Channel.INFOMAT
    try:
        wanted = choice.check_choice(work, patient, speciality, referral=None, rules=rules, now=now, channel=channel)
    except (*NOT_SHOWN, Unsettled):
        raise NoSlots from None
    if wanted.access is not Access.FREE:
        raise NoSlots


def _is_known(work: Work, key: str) -> bool:
    """Whether the command was taken, and something may come of it."""
    with work.reading():
        return work.bookings.of_key(key) is not None


def key_of(visit_id: str, command: str) -> str:
    """By which a booking is found again though its page was cut off."""
    return f"infomat-{visit_id}-{command}"
