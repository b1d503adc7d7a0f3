"""Finding time: the nearest slot, days, times and doctors, within the horizon (S2.6, D-01, D-02, D-12)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ivr.domain.refusals import NoSlots
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Doctor, Slot, SlotKind
from ivr.domain.waiting_list import DISTRICT_LIMIT, PartOfDay
from ivr.domain.window import Window
from ivr.services.mirror import freshen
from ivr.services.offers import other_visits, window
from ivr.services.ports import Offer, Wanted, Work

NOBODY = 0
"""No patient has this id: nothing is opened for him."""


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """What a patient looks for, in which channel."""

    speciality: str
    patient_id: int
    kind: SlotKind = SlotKind.PRIMARY
    doctor_id: int | None = None
    channel: Channel = Channel.CC
    site: str | None = None
    after: datetime | None = None
    """Only what starts later than this moment."""
    moves: int | None = None
    """The booking that is being moved: its own time is no obstacle."""
    call_key: str | None = None
    """Slots held for this call are free for it."""


def nearest(work: Work, query: SlotQuery, *, rules: Rules, now: datetime) -> Slot:
    """The first free slot. Raises NoSlots."""
    with _looking(work, query, rules, now) as wanted:
        slot = work.slots.first(wanted)
    if slot is None:
        raise NoSlots
    return slot


def nearest_within(work: Work, query: SlotQuery, wish: Window, *, rules: Rules, now: datetime) -> Slot | None:
    """The first free slot in the days and hours asked for."""
    with _looking(work, query, rules, now) as wanted:
        days = [day for day in _days(wanted, rules, None) if wish.has_day(day)]
        for number in work.slots.spans_with_any(wanted, [rules.span(day) for day in days]):
            since, until = rules.span(days[number])
            for slot in work.slots.all(replace(wanted, since=max(since, wanted.since), until=min(until, wanted.until))):
                if wish.has_time(slot.starts_at.astimezone(rules.zone).time()):
                    return slot
    return None


def free_days(
    work: Work, query: SlotQuery, *, rules: Rules, now: datetime, limit: int | None = None, from_day: date | None = None
) -> list[date]:
    """Local days with a free slot, in order."""
    with _looking(work, query, rules, now) as wanted:
        days = list(_days(wanted, rules, from_day))
        found = work.slots.spans_with_any(wanted, [rules.span(day) for day in days])
    return [days[number] for number in found][:limit]


def free_times(work: Work, query: SlotQuery, day: date, part: PartOfDay, *, rules: Rules, now: datetime) -> list[Slot]:
    """Free slots of one local day, in order."""
    since, until = rules.span(day)
    with _looking(work, query, rules, now) as wanted:
        slots = work.slots.all(replace(wanted, since=max(since, wanted.since), until=min(until, wanted.until)))
    return [slot for slot in slots if part.holds(slot.starts_at.astimezone(rules.zone).time())]


def vacant(work: Work, query: SlotQuery, *, rules: Rules, now: datetime) -> list[Slot]:
    """Every free slot of the horizon, in order."""
    with _looking(work, query, rules, now) as wanted:
        return work.slots.all(wanted)


def free_between(work: Work, query: SlotQuery, first: date, last: date, *, rules: Rules, now: datetime) -> list[Slot]:
    """Free slots of these local days, both included, in order."""
    return between(work, query, rules.span(first)[0], rules.span(last)[1], rules=rules, now=now)


def between(
    work: Work, query: SlotQuery, since: datetime, until: datetime, *, rules: Rules, now: datetime
) -> list[Slot]:
    """Free slots that begin from `since` on and before `until`, in order."""
    with _looking(work, query, rules, now) as wanted:
        return work.slots.all(replace(wanted, since=max(since, wanted.since), until=min(until, wanted.until)))


def open_to_all(work: Work, doctor_id: int, channel: Channel, *, rules: Rules, now: datetime) -> list[Slot]:
    """The doctor's free slots that the channel may offer to anybody, up to the horizon, in order. Raises NotFound."""
    with work.reading():
        doctor = work.staff.doctor(doctor_id)
        since, until = window(work.staff.speciality(doctor.speciality), rules, now)
        offer = Offer(NOBODY, channel, now)
        wanted = [Wanted(offer, doctor.speciality, kind, since, until, doctor_id=doctor_id) for kind in SlotKind]
        found = [slot for each in wanted for slot in work.slots.all(each)]
    return sorted(found, key=lambda slot: (slot.starts_at, slot.id))


def doctors_of(work: Work, query: SlotQuery, *, rules: Rules, now: datetime) -> list[Doctor]:
    """Doctors of the speciality with a free slot; who has the nearest one comes first."""
    with _looking(work, query, rules, now) as wanted:
        return work.slots.doctors(wanted)


def opened_for(work: Work, patient_id: int, *, rules: Rules, now: datetime, channel: Channel = Channel.CC) -> Slot:
    """The nearest repeat slot that a doctor opened for this patient (S4.2). Raises NoSlots."""
    with work.reading():
        offer = Offer(patient_id, channel, now)
        opened = work.slots.opened_for(offer, *window(None, rules, now))
    for slot in opened:
        if slot.kind is SlotKind.REPEAT:
            return slot
    raise NoSlots


def breaches_24h(work: Work, query: SlotQuery, nearest: Slot, *, rules: Rules, now: datetime) -> bool:
    """Whether a district doctor cannot see the patient within 24 hours (D-02)."""
    with work.reading():
        speciality = work.staff.speciality(query.speciality)
    return speciality.district and nearest.starts_at > now + DISTRICT_LIMIT


@contextmanager
def _looking(work: Work, query: SlotQuery, rules: Rules, now: datetime) -> Iterator[Wanted]:
    """What is wanted, in a transaction that only looks; raises RegionDown where another system keeps the schedule."""
    shown_only = freshen(work, query.speciality, query.patient_id, rules=rules, now=now)
    with work.reading():
        yield replace(_wanted(work, query, rules, now), shown_only=shown_only)


def _wanted(work: Work, query: SlotQuery, rules: Rules, now: datetime) -> Wanted:
    speciality = work.staff.speciality(query.speciality)
    since, until = window(speciality, rules, now)
    first, last = speciality.days_of(work.patients.get(query.patient_id))
    since = max(since, rules.span(first)[0])
    until = until if last is None else min(until, rules.span(last)[1])
    if query.after is not None:
        since = max(since, query.after + timedelta(microseconds=1))
    visits = other_visits(work, query.patient_id, moves=query.moves, now=now)
    return Wanted(
        offer=Offer(query.patient_id, query.channel, now, query.call_key),
        speciality=query.speciality,
        kind=query.kind,
        since=since,
        until=until,
        doctor_id=query.doctor_id,
        site=query.site,
        beside=tuple(visit.slot for visit in visits),
        gap=rules.min_gap,
    )


def _days(wanted: Wanted, rules: Rules, from_day: date | None) -> Iterator[date]:
    day = rules.today(wanted.since)
    while rules.span(day)[0] < wanted.until:
        if from_day is None or day >= from_day:
            yield day
        day += timedelta(days=1)
