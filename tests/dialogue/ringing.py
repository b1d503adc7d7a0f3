"""A telephone that the hospital has just made ring: the task, what it is about, and its attempt.

@ given ringing FEEDBACK +70000000101 therapist 1          a visit one day ahead, made for this
@ given ringing OFFER +70000001111 ent 2 last              the last attempt: those before it reached nobody
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select, update

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.dialling import PLANS, Dial, Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.offer import OfferStatus
from ivr.domain.patient import Patient
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Channel, Slot
from ivr.domain.tasks import NewTask, TaskKind, TaskOwner
from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
from ivr.services import booking, outreach, search, waiting
from ivr.services.ports import NewBooking, Offer
from ivr.services.search import SlotQuery
from ivr.services.waiting import Wish
from ivr.storage import tables

KEY = "dialled"
AFTERWARDS = {TaskKind.SURVEY: BookingStatus.VISITED, TaskKind.NO_SHOW: BookingStatus.NO_SHOW}
STILL = timedelta(minutes=28)
"""So long the offered time is held."""


async def ringing(world, caller: PhoneNumber | None, value: str) -> None:
    """kind, telephone of the patient, speciality, days ahead; `last` for the last attempt, `sent` by a doctor."""
    kind, phone, speciality, days, *marks = value.split()
    work = world.new_work()
    with work.reading():
        patient = next(iter(work.patients.phoned(PhoneNumber(phone))))
    slot = _slot(world, work, patient, speciality, int(days))
    rung = caller or patient.phone
    if TaskKind(kind) is TaskKind.OFFER:
        world.rules = replace(world.rules, robot_calls=True)  # without a robot people would offer the time
        task = _offer(world, work, patient, slot, rung)
    else:
        task = _about_a_visit(world, work, TaskKind(kind), patient, slot, rung)
    _dial(world, work, task, rung, last="last" in marks)
    world.dialled = KEY


def _slot(world, work, patient: Patient, speciality: str, days: int) -> Slot:
    """The first free one from a quarter past nine of that local day on."""
    since = datetime.combine(world.clock.date() + timedelta(days=days), time(9, 14), world.rules.zone)
    query = SlotQuery(speciality, patient.id, after=since.astimezone(UTC))
    return search.nearest(work, query, rules=world.rules, now=world.clock)


def _about_a_visit(world, work, kind: TaskKind, patient: Patient, slot: Slot, phone: PhoneNumber) -> NewTask:
    with work:
        work.slots.book(slot.id, Offer(patient.id, Channel.CC, world.clock))
        made = Booking(
            id=0,
            ticket="777",
            slot=slot,
            patient_id=patient.id,
            purpose=Purpose.ILLNESS,
            channel=Channel.CC,
            status=BookingStatus.BOOKED,
            created_at=world.clock,
            contact=phone,
        )
        visit = work.bookings.add(NewBooking(key="visit", call_key="visit", booking=made))
        if status := AFTERWARDS.get(kind):
            work.bookings.close(visit, status, key=None, now=world.clock)
            world.clock = slot.starts_at.astimezone(world.rules.zone).replace(hour=11) + timedelta(days=1)
        work.commit()
    return NewTask(
        key="ringing",
        kind=kind,
        owner=TaskOwner.CALL_CENTRE,
        due_at=world.clock,
        booking_id=visit.id,
        patient_id=patient.id,
        robot=True,
    )


def _offer(world, work, patient: Patient, slot: Slot, phone: PhoneNumber) -> NewTask:
    until = world.clock + STILL
    with work.reading():
        entries = work.waiting.open_of(patient.id)
    entry = next((one for one in entries if one.speciality == slot.speciality), None)
    if entry is None:
        wish = Wish(patient.id, slot.speciality, None, PartOfDay.ANY, WaitingReason.NO_SLOTS, phone, "wish")
        entry = waiting.join(work, wish, rules=world.rules, now=world.clock)
    with work:
        offer = work.slot_offers.add(slot.id, entry.id, until, world.clock)
        work.slots.hold(slot.id, Offer(patient.id, Channel.CC, world.clock, offer.holder), until)
        work.waiting.save(entry.becomes(WaitingStatus.OFFERED), world.clock)
        work.commit()
    return NewTask(
        key="ringing",
        kind=TaskKind.OFFER,
        owner=TaskOwner.CALL_CENTRE,
        due_at=world.clock,
        slot_id=slot.id,
        entry_id=entry.id,
        patient_id=patient.id,
        phone=phone,
        robot=True,
        offer_id=offer.id,
    )


def _dial(world, work, task: NewTask, phone: PhoneNumber, *, last: bool) -> None:
    until = world.clock + outreach.LEASE
    with work:
        task_id = work.tasks.add(task, world.clock)
        earlier = PLANS[task.kind].tries - 1 if last else 0
        for number in range(1, earlier + 1):
            work.dials.add(
                Dial(f"earlier-{number}", task_id, task.kind, number, phone.e164, task.patient_id),
                "node",
                until,
                world.clock,
            )
            work.dials.end(f"earlier-{number}", Ended(Outcome.NO_ANSWER), world.clock)
        work.dials.add(
            Dial(KEY, task_id, task.kind, earlier + 1, phone.e164, task.patient_id), "node", until, world.clock
        )
        work.tasks.take(task_id, "node", world.clock + timedelta(minutes=1), world.clock)
        work.commit()


async def offer_lapses(world, caller: PhoneNumber | None, use_case: str) -> None:
    """The time of the offer is over just before that step."""

    def lapses(*_: object) -> None:
        work = world.new_work()
        with work:
            for offer in work.slot_offers.lapsed(world.clock + timedelta(days=1)):
                work.slot_offers.end(offer.id, OfferStatus.LAPSED, world.clock)
            work.commit()

    world.before[use_case] = [lapses]


async def declined_before(world, caller: PhoneNumber | None, count: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(tables.waiting_entries).values(declined=int(count)))


async def visit_cancelled(world, caller: PhoneNumber | None, _: str) -> None:
    """Through another channel, while the telephone rang."""
    work = world.new_work()
    with work.reading():
        visit = work.bookings.of_key("visit")
    booking.cancel(work, visit.id, patient_id=visit.patient_id, key="elsewhere", rules=world.rules, now=world.clock)


async def opened_by_doctor(world, caller: PhoneNumber | None, _: str) -> None:
    """The visit is one that only its doctor gives."""
    with world.engine.begin() as connection:
        visit = select(tables.bookings.c.slot_id).where(tables.bookings.c.key == "visit").scalar_subquery()
        connection.execute(update(tables.slots).where(tables.slots.c.id == visit).values(kind="REPEAT"))


async def machine(world, caller: PhoneNumber | None, _: str) -> None:
    world.machine = True
