"""A telephone that the hospital has just made ring: the task, what it is about, and its attempt.

@ given ringing FEEDBACK +70000000101 therapist 1          a visit one day ahead, made for this
@ given ringing OFFER +70000001111 ent 2 last              the last attempt: those before it reached nobody
"""

from datetime import datetime, time, timedelta

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.dialling import PLANS, Dial, Ended, Outcome
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Patient
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Channel, Slot, SlotKind
from ivr.domain.tasks import NewTask, TaskKind, TaskOwner
from ivr.domain.waiting_list import PartOfDay, WaitingReason, WaitingStatus
from ivr.services import waiting
from ivr.services.ports import NewBooking, Offer
from ivr.services.waiting import Wish

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
        slot = _slot(world, work, speciality, int(days))
    rung = caller or patient.phone
    if TaskKind(kind) is TaskKind.OFFER:
        task = _offer(world, work, patient, slot, rung)
    else:
        task = _about_a_visit(world, work, TaskKind(kind), patient, slot, rung)
    _dial(world, work, task, rung, last="last" in marks)
    world.dialled = KEY


def _slot(world, work, speciality: str, days: int) -> Slot:
    """The first free one on that local day or later, of a doctor who sells such to everybody."""
    since = datetime.combine(world.clock.date() + timedelta(days=days), time(9, 15), world.rules.zone)
    doctors = [doctor.id for doctor in work.staff.doctors() if doctor.speciality == speciality]
    slots = work.slots.of_doctors(doctors, since, since + timedelta(days=14))
    taken = {
        each.slot.id for each in work.grid.of_doctors(doctors, since, since + timedelta(days=14)) if each.booking_id
    }
    return next(s for s in slots if s.kind is SlotKind.PRIMARY and s.release_at is None and s.id not in taken)


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
    with work:
        task_id = work.tasks.add(task, world.clock)
        earlier = PLANS[task.kind].tries - 1 if last else 0
        for number in range(1, earlier + 1):
            work.dials.add(Dial(f"earlier-{number}", task_id, task.kind, number, phone.e164), "node", world.clock)
            work.dials.end(f"earlier-{number}", Ended(Outcome.NO_ANSWER), world.clock)
        work.dials.add(Dial(KEY, task_id, task.kind, earlier + 1, phone.e164), "node", world.clock)
        work.tasks.take(task_id, "node", world.clock + timedelta(minutes=1), world.clock)
        work.commit()
