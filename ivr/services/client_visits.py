"""What another system may know and change of a patient's visits: what it made itself, and on proof the rest (4.2)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from ivr.domain.booking import Booking
from ivr.domain.client import Acquaintance, Client, Scope
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Patient, Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyBooked,
    AlreadyWaiting,
    HoldLost,
    NeedsPerson,
    NoSlots,
    NotFound,
    NotIdentified,
    Overlaps,
    Refusal,
    TooManyBookings,
)
from ivr.domain.rules import Rules
from ivr.domain.slot import Doctor, Hold, Slot, SlotKind
from ivr.domain.speciality import Speciality
from ivr.domain.waiting_list import PartOfDay, WaitingEntry
from ivr.services import booking, choice, search, waiting
from ivr.services.booking import BookingCommand
from ivr.services.choice import ATTACHED_ONLY
from ivr.services.clients import patient_of
from ivr.services.offers import unless_too_far
from ivr.services.ports import Work
from ivr.services.region import Unsettled
from ivr.services.search import SlotQuery
from ivr.services.waiting import Wish

KINDS = {
    Purpose.ILLNESS: (SlotKind.PRIMARY,),
    Purpose.REPEAT: (SlotKind.REPEAT,),
    Purpose.REFERRAL: (SlotKind.REFERRAL, SlotKind.PRIMARY),  # a referral opens the ordinary ones, too (D-11)
    Purpose.DISP: (SlotKind.PREVENTIVE,),
    Purpose.OBSERV: (SlotKind.OBSERVATION,),
    Purpose.VACC: (SlotKind.VACCINATION,),
}
"""Where a purpose is served; the others end without a booking (1.3)."""


def specialities(
    work: Work, client: Client, patient_id: int | None, *, rules: Rules, now: datetime
) -> list[Speciality]:
    """Those that have a doctor and, where a patient is named, admit him. Raises NotIdentified."""
    if patient_id is None:
        return choice.staffed(work)
    patient, _ = patient_of(work, client, patient_id, why="specialities", now=now)
    return choice.specialities_for(work, patient, rules=rules, now=now)


def queries(
    work: Work,
    client: Client,
    patient_id: int,
    specialities: Sequence[str],
    purpose: Purpose,
    *,
    why: str = "slots",
    doctor_id: int | None = None,
    site: str | None = None,
    moves: int | None = None,
    referral: str | None = None,
    rules: Rules,
    now: datetime,
) -> list[SlotQuery]:
    """What to look for, one for each kind of slot in every speciality that admits the patient.

    Raises NotIdentified, and where none admits him what `check_choice` says of the first.
    """
    patient, known = patient_of(work, client, patient_id, why=why, now=now)
    if moves is not None:
        visit(work, client, moves, now=now)
    else:
        specialities = _admitting(work, client, patient, known, specialities, referral, rules, now)
    return [
        SlotQuery(
            speciality,
            patient_id,
            kind=kind,
            doctor_id=doctor_id,
            channel=client.channel,
            site=site,
            moves=moves,
            call_key=client.key(patient_id),
        )
        for speciality in specialities
        for kind in KINDS[purpose]
    ]


def check_choice(
    work: Work,
    client: Client,
    patient: Patient,
    known: Acquaintance,
    speciality: str,
    *,
    referral: str | None,
    rules: Rules,
    now: datetime,
) -> None:
    """Whether a patient at whom the client has looked may be booked there in its channel.

    Raises NotFound, NotAttached, NotAdmitted, ReferralNeeded, AlreadyBooked (or NeedsPerson, 4.2).
    """
    if client.channel in ATTACHED_ONLY and not client.may(Scope.REGISTRY):
        with _discreet(work, client, known):
            choice.check_choice(work, patient, speciality, referral=referral, rules=rules, now=now)


def _admitting(
    work: Work,
    client: Client,
    patient: Patient,
    known: Acquaintance,
    specialities: Sequence[str],
    referral: str | None,
    rules: Rules,
    now: datetime,
) -> list[str]:
    admitting: list[str] = []
    refusals: list[Refusal] = []
    for key in specialities:
        try:
            check_choice(work, client, patient, known, key, referral=referral, rules=rules, now=now)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            admitting.append(key)
    if refusals and not admitting:
        raise refusals[0]
    return admitting


def nearest(work: Work, asked: list[SlotQuery], *, rules: Rules, now: datetime) -> Slot:
    """The first of all of them. Raises NoSlots."""
    found = []
    for query in asked:
        try:
            found.append(search.nearest(work, query, rules=rules, now=now))
        except NoSlots:
            continue
    if not found:
        raise NoSlots
    return min(found, key=_in_order)


def days(work: Work, asked: list[SlotQuery], *, rules: Rules, now: datetime) -> list[date]:
    return sorted({day for query in asked for day in search.free_days(work, query, rules=rules, now=now)})


def times(work: Work, asked: list[SlotQuery], day: date, part: PartOfDay, *, rules: Rules, now: datetime) -> list[Slot]:
    found = [slot for query in asked for slot in search.free_times(work, query, day, part, rules=rules, now=now)]
    return sorted(found, key=_in_order)


def doctors(work: Work, asked: list[SlotQuery], *, rules: Rules, now: datetime) -> list[Doctor]:
    """Who has a free slot; who has the nearest one of the first kind comes first."""
    found = [one for query in asked for one in search.doctors_of(work, query, rules=rules, now=now)]
    return list(dict.fromkeys(found))


def _in_order(slot: Slot) -> tuple[datetime, int]:
    return slot.starts_at, slot.id


def hold(
    work: Work,
    client: Client,
    patient_id: int,
    slot_id: int,
    *,
    why: str = "hold",
    moves: int | None,
    rules: Rules,
    now: datetime,
) -> Hold:
    """One slot for one patient in one client; an earlier one is let go (D-14).

    Raises SlotTaken, Overlaps, OutsideHorizon, NotFound.
    """
    _, known = patient_of(work, client, patient_id, why=why, now=now)
    _unless_too_far(work, patient_id, slot_id, rules, now)
    if moves is not None:
        visit(work, client, moves, now=now)
    with _discreet(work, client, known):
        return booking.hold(
            work,
            slot_id,
            patient_id=patient_id,
            call_key=client.key(patient_id),
            channel=client.channel,
            rules=rules,
            now=now,
            moves=moves,
        )


def _unless_too_far(work: Work, patient_id: int, slot_id: int, rules: Rules, now: datetime) -> None:
    """A client may name any slot, also one that no search has shown it (S2.6, D-01)."""
    with work.reading():
        slot = work.slots.get(slot_id)
        unless_too_far(slot, patient_id, work.staff.speciality(slot.speciality), rules, now)


def held(work: Work, client: Client, patient_id: int, *, now: datetime) -> Hold:
    """Raises NotFound where nothing is held."""
    patient_of(work, client, patient_id, why="hold", now=now)
    with work.reading():
        found = work.grid.held_for(client.key(patient_id), now)
    if found is None:
        raise NotFound("hold")
    return found


def renew(work: Work, client: Client, patient_id: int, *, rules: Rules, now: datetime) -> Hold:
    """Raises HoldLost where there is none any more."""
    booking.renew(work, client.key(patient_id), rules=rules, now=now)
    try:
        return held(work, client, patient_id, now=now)
    except NotFound:
        raise HoldLost(patient_id) from None


def release(work: Work, client: Client, patient_id: int, *, now: datetime) -> None:
    patient_of(work, client, patient_id, why="hold", now=now)
    booking.release(work, client.key(patient_id))


def book(
    work: Work,
    client: Client,
    patient_id: int,
    slot_id: int,
    purpose: Purpose,
    *,
    why: str = "booking",
    key: str,
    subject: Subject = Subject.SELF,
    referral: str | None = None,
    moves: int | None = None,
    contact: PhoneNumber | None = None,
    rules: Rules,
    now: datetime,
) -> Booking:
    """Book, or move a visit, in the client's channel. Raises what `booking.book` raises, and NotIdentified."""
    _, known = patient_of(work, client, patient_id, why=why, now=now)
    command = BookingCommand(
        key=client.key(key),
        slot_id=slot_id,
        patient_id=patient_id,
        purpose=purpose,
        call_key=client.key(patient_id),
        channel=client.channel,
        subject=subject,
        referral_number=referral,
        moves=moves,
        contact=contact,
        by=client.who if client.may(Scope.REGISTRY) else None,
    )
    with _discreet(work, client, known):
        return booking.book(work, command, rules=rules, now=now)


def visits(work: Work, client: Client, patient_id: int, *, now: datetime) -> list[Booking]:
    """Those to come that may be told to this client, in the order of time."""
    _, known = patient_of(work, client, patient_id, why="visits", now=now)
    if known.told:
        return booking.upcoming(work, patient_id, now=now)
    with work.reading():
        active = work.bookings.active(patient_id)
        own = _made_by(work, client, patient_id)
    return [one for one in active if one.id in own and one.slot.ends_at > now]


def visit(work: Work, client: Client, booking_id: int, *, why: str = "visit", now: datetime) -> Booking:
    """Whatever became of it. Raises NotFound where it may not be told, whether it is there or not (4.2)."""
    found = booking.of_id(work, booking_id)
    try:
        _, known = patient_of(work, client, found.patient_id, why=why, now=now)
    except NotIdentified:
        raise NotFound(f"booking {booking_id}") from None
    with work.reading():
        own = _made_by(work, client, found.patient_id)
    if not known.told and found.id not in own:
        raise NotFound(f"booking {booking_id}")
    return found


def cancel(
    work: Work, client: Client, booking_id: int, *, key: str, reason: str | None, rules: Rules, now: datetime
) -> Booking:
    """Raises NotFound, WrongTurn, TooLate."""
    found = visit(work, client, booking_id, now=now)
    return booking.cancel(
        work,
        booking_id,
        patient_id=found.patient_id,
        key=client.key(key),
        rules=rules,
        now=now,
        reason=reason,
        by=client.who,
    )


def join(work: Work, client: Client, wish: Wish, *, rules: Rules, now: datetime) -> WaitingEntry:
    """Raises AlreadyWaiting (NeedsPerson without proof), NotFound, NotIdentified."""
    _, known = patient_of(work, client, wish.patient_id, why="waiting", now=now)
    with work.reading():
        work.staff.speciality(wish.speciality)
        if wish.doctor_id is not None:
            work.staff.doctor(wish.doctor_id)
    with _discreet(work, client, known):
        return waiting.join(work, wish, rules=rules, now=now)


def entries(work: Work, client: Client, patient_id: int, *, rules: Rules, now: datetime) -> list[WaitingEntry]:
    """Open ones that may be told to this client, the nearest deadline first."""
    _, known = patient_of(work, client, patient_id, why="waiting", now=now)
    found = waiting.of_patient(work, patient_id, rules=rules, now=now)
    with work.reading():
        return [one for one in found if known.told or _entered_by(work, client, one.id)]


def leave(work: Work, client: Client, entry_id: int, *, now: datetime) -> WaitingEntry:
    """Raises NotFound where it may not be told, WrongTurn."""
    with work.reading():
        entry = work.waiting.get(entry_id)
        own = _entered_by(work, client, entry_id)
    try:
        _, known = patient_of(work, client, entry.patient_id, why="waiting", now=now)
    except NotIdentified:
        raise NotFound(f"entry {entry_id}") from None
    if not known.told and not own:
        raise NotFound(f"entry {entry_id}")
    return waiting.leave(work, entry_id, patient_id=entry.patient_id, now=now)


def _made_by(work: Work, client: Client, patient_id: int) -> frozenset[int]:
    return frozenset(one.id for one in work.bookings.of_call_key(client.key(patient_id)))


def _entered_by(work: Work, client: Client, entry_id: int) -> bool:
    return work.waiting.key_of(entry_id).startswith(client.key(""))


@contextmanager
def _discreet(work: Work, client: Client, known: Acquaintance) -> Iterator[None]:
    """A stranger to whom no visit may be told learns of none by a refusal either (4.2), but of what it made itself."""
    try:
        yield
    except (AlreadyBooked, AlreadyWaiting, Overlaps, TooManyBookings) as refusal:
        if known.told or _is_its_own(work, client, known.patient_id, refusal):
            raise
        raise NeedsPerson(known.patient_id) from None
    except Unsettled:
        if known.told or _waits_for_its_own(work, client, known.patient_id):
            raise
        raise NeedsPerson(known.patient_id) from None


def _is_its_own(work: Work, client: Client, patient_id: int, refusal: Refusal) -> bool:
    """Whether the visit or the entry that stands in the way was made by this client, which knows of it."""
    with work.reading():
        match refusal:
            case AlreadyBooked():
                return refusal.booking_id in _made_by(work, client, patient_id)
            case AlreadyWaiting():
                return _entered_by(work, client, refusal.entry_id)
        return False


def _waits_for_its_own(work: Work, client: Client, patient_id: int) -> bool:
    """Whether it was this client that asked for what the regional system has not confirmed."""
    with work.reading():
        pending = {one.id for one in work.bookings.pending(patient_id)}
        return bool(pending & _made_by(work, client, patient_id))
