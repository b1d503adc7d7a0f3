"""Time that is proposed to another system for a patient, held and booked, as FHIR has it (4.2, D-14)."""

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.client import Acquaintance, Client, Scope
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import KeyReused, NotFound
from ivr.domain.rules import Rules
from ivr.domain.slot import Doctor, Hold, Slot
from ivr.domain.speciality import Speciality
from ivr.services import booking, client_visits, search
from ivr.services.client_visits import KINDS
from ivr.services.clients import patient_of
from ivr.services.ports import Work
from ivr.services.search import SlotQuery

MOST_VISITS = 200


@dataclass(frozen=True, slots=True)
class Period:
    """Moments from `since` on, before `until`, with any of these doctors; none named: with anybody."""

    since: datetime
    until: datetime
    doctors: frozenset[int] = frozenset()


def find(
    work: Work,
    client: Client,
    patient_id: int,
    specialities: tuple[str, ...],
    purpose: Purpose,
    period: Period,
    *,
    referral: str | None = None,
    rules: Rules,
    now: datetime,
) -> list[Slot]:
    """Free slots of every speciality that admits the patient, in the order of time. Raises what `queries` raises."""
    asked = client_visits.queries(
        work, client, patient_id, specialities, purpose, why="fhir.find", referral=referral, rules=rules, now=now
    )
    found = [
        slot
        for query in asked
        for slot in search.between(work, query, period.since, period.until, rules=rules, now=now)
        if not period.doctors or slot.doctor_id in period.doctors
    ]
    return sorted(found, key=lambda slot: (slot.starts_at, slot.id))


def offered(
    work: Work, client: Client, slot_id: int, patient_id: int, *, rules: Rules, now: datetime
) -> tuple[Slot, Hold | None]:
    """The slot, while the client holds it for the patient, or may book it for him without a referral.

    Raises NotFound where it is not to be had, NotIdentified, and what `client_visits.check_choice` raises.
    """
    patient, known = patient_of(work, client, patient_id, why="fhir.find", now=now)
    free = _free(work, client, of_id(work, slot_id), patient_id, rules, now)
    with work.reading():
        hold = work.grid.held_for(client.key(patient_id), now)
    if hold is not None and hold.slot.id == slot_id:
        return free, hold
    client_visits.check_choice(work, client, patient, known, free.speciality, referral=None, rules=rules, now=now)
    return free, None


def _free(work: Work, client: Client, slot: Slot, patient_id: int, rules: Rules, now: datetime) -> Slot:
    query = SlotQuery(
        slot.speciality, patient_id, slot.kind, slot.doctor_id, client.channel, call_key=client.key(patient_id)
    )
    for free in search.between(work, query, slot.starts_at, slot.ends_at, rules=rules, now=now):
        if free.id == slot.id:
            return free
    raise NotFound(slot.id)


def book(
    work: Work,
    client: Client,
    slot_id: int,
    patient_id: int,
    *,
    key: str | None,
    purpose: Purpose | None = None,
    referral: str | None = None,
    moves: int | None = None,
    rules: Rules,
    now: datetime,
) -> Booking:
    """Book, or move a visit. A repeat with the same key returns the first result; without a key, the visit that stands.

    Raises KeyReused where the key booked something else, and whatever `client_visits.book` does.
    """
    if key is None and (standing := _standing(work, client, slot_id, patient_id)) is not None:
        patient_of(work, client, patient_id, why="fhir.book", now=now)
        return standing
    made = client_visits.book(
        work,
        client,
        patient_id,
        slot_id,
        purpose or purpose_of(of_id(work, slot_id), referral),
        why="fhir.book",
        key=f"fhir-book-{key}" if key is not None else f"fhir-book-{slot_id}-{patient_id}-{now.isoformat()}",
        referral=referral,
        moves=moves,
        rules=rules,
        now=now,
    )
    if made.slot.id != slot_id:
        raise KeyReused
    return made


def visits(work: Work, client: Client, known: Acquaintance, *, now: datetime) -> list[Booking]:
    """The visits of a patient that the client may be told of, in the order of time (4.2): those that it made itself;
    on proof also those that lie ahead; all of them for the hospital's own staff."""
    told = {visit.id for visit in booking.upcoming(work, known.patient_id, now=now)} if known.told else set()
    with work.reading():
        everything = work.bookings.of_patient(known.patient_id, MOST_VISITS)
        told |= {visit.id for visit in work.bookings.of_call_key(client.key(known.patient_id))}
    return [visit for visit in everything[::-1] if visit.id in told or client.may(Scope.REGISTRY)]


def of_id(work: Work, slot_id: int) -> Slot:
    """Raises NotFound."""
    with work.reading():
        return work.slots.get(slot_id)


def purpose_of(slot: Slot, referral: str | None) -> Purpose:
    """Why one comes to a slot of this kind, where nobody says it."""
    if referral is not None:
        return Purpose.REFERRAL
    return next(purpose for purpose, kinds in KINDS.items() if slot.kind in kinds)


def team_of(work: Work, slot: Slot) -> tuple[Doctor, Speciality]:
    """Whoever sees the patient in the slot, and as what."""
    with work.reading():
        return work.staff.doctor(slot.doctor_id), work.staff.speciality(slot.speciality)


def _standing(work: Work, client: Client, slot_id: int, patient_id: int) -> Booking | None:
    with work.reading():
        made = work.bookings.of_call_key(client.key(patient_id))
    return next((one for one in made if one.slot.id == slot_id and one.status is BookingStatus.BOOKED), None)
