"""What another system does for a patient whom it has named: find, hold, book, look, cancel (4.2, D-14, S4.2)."""

from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.client import Acquaintance, Client, Scope
from ivr.domain.patient import Patient
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import KeyReused, NotFound, Refusal
from ivr.domain.rules import Rules
from ivr.domain.slot import Doctor, Hold, Slot, SlotKind
from ivr.domain.speciality import Speciality
from ivr.services import booking, choice, search
from ivr.services.booking import BookingCommand
from ivr.services.eligibility import ATTACHED_ONLY
from ivr.services.ports import Work
from ivr.services.purposes import ROUTES
from ivr.services.search import SlotQuery

MOST_VISITS = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for; what is empty does not matter."""

    specialities: tuple[str, ...]
    since: datetime
    until: datetime
    purpose: Purpose = Purpose.ILLNESS
    doctors: frozenset[int] = frozenset()
    referral_number: str | None = None


def session_key(client: Client, patient_id: int) -> str:
    """A client holds one slot for a patient at a time, as a call does."""
    return client.key(f"patient-{patient_id}")


def find(work: Work, client: Client, patient: Patient, wish: Wish, *, rules: Rules, now: datetime) -> list[Slot]:
    """Free slots of every speciality that admits the patient, in the order of time.

    Raises what the first speciality says no for, where none of them admits him.
    """
    found: list[Slot] = []
    refusals: list[Refusal] = []
    for key in wish.specialities:
        try:
            choice.check_choice(
                work, _as_asked(client, patient), key, referral=wish.referral_number, rules=rules, now=now
            )
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            found += _free(work, client, patient.id, key, wish, rules, now)
    if refusals and len(refusals) == len(wish.specialities):
        raise refusals[0]
    return sorted(found, key=lambda slot: (slot.starts_at, slot.id))


def hold(work: Work, client: Client, slot_id: int, patient_id: int, *, rules: Rules, now: datetime) -> Hold:
    """Raises SlotTaken, Overlaps, NotFound."""
    key = session_key(client, patient_id)
    return booking.hold(
        work, slot_id, patient_id=patient_id, call_key=key, channel=client.channel, rules=rules, now=now
    )


def held(work: Work, client: Client, patient_id: int, *, now: datetime) -> Hold | None:
    with work.reading():
        return work.grid.held_for(session_key(client, patient_id), now)


def book(
    work: Work,
    client: Client,
    slot_id: int,
    patient_id: int,
    *,
    key: str | None,
    purpose: Purpose | None = None,
    referral_number: str | None = None,
    moves: int | None = None,
    rules: Rules,
    now: datetime,
) -> Booking:
    """Book, or move a visit. A repeat with the same key returns the first result; without a key, the visit that stands.

    Raises KeyReused where the key booked something else, and whatever `booking.book` does.
    """
    if key is None and (standing := _standing(work, client, slot_id, patient_id)) is not None:
        return standing
    command = BookingCommand(
        key=client.key(f"book-{key}" if key is not None else f"book-{slot_id}-{patient_id}-{now.isoformat()}"),
        slot_id=slot_id,
        patient_id=patient_id,
        purpose=purpose or purpose_of(of_id(work, slot_id), referral_number),
        call_key=session_key(client, patient_id),
        channel=client.channel,
        referral_number=referral_number,
        moves=moves,
        by=by_of(client),
    )
    made = booking.book(work, command, rules=rules, now=now)
    if made.slot.id != slot_id:
        raise KeyReused
    return made


def visits(work: Work, client: Client, known: Acquaintance, *, now: datetime) -> list[Booking]:
    """The visits of a patient that the client may be told of, in the order of time (4.2): those that it made itself;
    of a known telephone or by the talon also those that lie ahead; all of them for the hospital's own staff."""
    with work.reading():
        everything = work.bookings.of_patient(known.patient_id, MOST_VISITS)
        own = [visit.id for visit in work.bookings.of_call_key(session_key(client, known.patient_id))]
    told = {visit.id for visit in booking.upcoming(work, known.patient_id, now=now)} if known.told else set()
    everyone = client.may(Scope.REGISTRY)
    return [visit for visit in everything[::-1] if everyone or visit.id in told or visit.id in own]


def visit(work: Work, client: Client, known: Acquaintance, booking_id: int, *, now: datetime) -> Booking:
    """Raises NotFound, also for a visit that is not to be told."""
    for each in visits(work, client, known, now=now):
        if each.id == booking_id:
            return each
    raise NotFound(booking_id)


def offered(work: Work, client: Client, slot_id: int, patient_id: int, *, rules: Rules, now: datetime) -> Slot:
    """The slot, while the client may hold it for the patient, or does. Raises NotFound."""
    slot = of_id(work, slot_id)
    wish = Wish((slot.speciality,), slot.starts_at, slot.ends_at, purpose_of(slot, None))
    for free in _free(work, client, patient_id, slot.speciality, wish, rules, now):
        if free.id == slot_id:
            return free
    raise NotFound(slot_id)


def of_id(work: Work, slot_id: int) -> Slot:
    """Raises NotFound."""
    with work.reading():
        return work.slots.get(slot_id)


def purpose_of(slot: Slot, referral_number: str | None) -> Purpose:
    """Why one comes to a slot of this kind, where nobody says it."""
    if referral_number is not None:
        return Purpose.REFERRAL
    return next(purpose for purpose, route in ROUTES.items() if route.kind is slot.kind)


def kinds_of(purpose: Purpose) -> tuple[SlotKind, ...]:
    """Kinds of slots for a purpose; none where nobody books for it (1.3). A referral opens ordinary slots, too."""
    kind = ROUTES[purpose].kind
    also = (SlotKind.PRIMARY,) if purpose is Purpose.REFERRAL else ()
    return also if kind is None else (kind, *also)


def team_of(work: Work, slot: Slot) -> tuple[Doctor, Speciality]:
    """Whoever sees the patient in the slot, and as what."""
    with work.reading():
        return work.staff.doctor(slot.doctor_id), work.staff.speciality(slot.speciality)


def by_of(client: Client) -> str | None:
    """Work of the hospital's own staff is a person's: he decides about attachment (D-08)."""
    return client.who if client.may(Scope.REGISTRY) else None


def _as_asked(client: Client, patient: Patient) -> Patient:
    """Attachment matters in some channels only (S1.2, D-08)."""
    matters = client.channel in ATTACHED_ONLY and by_of(client) is None
    return patient if matters else replace(patient, attached=True)


def _free(work: Work, client: Client, patient_id: int, key: str, wish: Wish, rules: Rules, now: datetime) -> list[Slot]:
    own = session_key(client, patient_id)
    found: list[Slot] = []
    for kind in kinds_of(wish.purpose):
        query = SlotQuery(key, patient_id, kind, channel=client.channel, call_key=own)
        found += search.between(work, query, wish.since, wish.until, rules=rules, now=now)
    return [slot for slot in found if not wish.doctors or slot.doctor_id in wish.doctors]


def _standing(work: Work, client: Client, slot_id: int, patient_id: int) -> Booking | None:
    with work.reading():
        made = work.bookings.of_call_key(session_key(client, patient_id))
    return next((one for one in made if one.slot.id == slot_id and one.status is BookingStatus.BOOKED), None)
