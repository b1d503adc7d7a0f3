"""Freed times go to the waiting list: to one person at a time, by legal deadline, and on to the next (1.5, S2.7).

Who has the slot is one row, guarded by unique indexes, and the slot is held under its name. Everything that ends an
offer passes the slot on in the same transaction.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.domain.dialling import UNCOUNTED, calling_hours
from ivr.domain.offer import HELD_FOR, SHORTEST, TOO_SOON, OfferStatus, SlotOffer
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import Refusal
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel, Slot, SlotKind
from ivr.domain.tasks import NewTask, TaskKind, TaskOwner
from ivr.domain.waiting_list import NEXT, WaitingEntry, WaitingReason, WaitingStatus
from ivr.domain.worklist import UNANSWERED_OFFERS
from ivr.services.eligibility import Claimed, weigh
from ivr.services.offers import window
from ivr.services.ports import Offer, Wanted, Work
from ivr.services.region import Unsettled

ON_THE_LINE = timedelta(minutes=5)
"""Who listens to his offer keeps the slot so long at least."""
KINDS = {WaitingReason.REFERRAL: (SlotKind.REFERRAL, SlotKind.PRIMARY)}
USUAL_KINDS = (SlotKind.PRIMARY,)


def freed(work: Work, slot: Slot, rules: Rules, now: datetime) -> SlotOffer | None:
    """Within the transaction that freed the slot: offer it to the first who may have it; None: free for everybody."""
    rung_at = calling_hours(rules).next(now)
    until = min(rung_at + HELD_FOR, slot.starts_at - TOO_SOON)
    if not rules.robot_rings or until < rung_at + SHORTEST:
        return None
    asked = {offer.entry_id for offer in work.slot_offers.of_slot(slot.id)}
    for entry in work.waiting.waiting_for(slot.speciality):
        if entry.id not in asked and _suits(work, entry, slot, rules, now):
            offer = _offer(work, entry, slot, until, rules, now)
            if offer is not None:
                return offer
    return None


def published(work: Work, slots: Iterable[Slot], rules: Rules, now: datetime) -> int:
    """Within the transaction that made these slots: those for whom somebody waits are offered; how many."""
    if not rules.robot_rings:
        return 0
    awaited = {entry.speciality for entry in work.waiting.all_open() if entry.status is WaitingStatus.ACTIVE}
    wanted = (slot for slot in slots if slot.speciality in awaited)
    return sum(freed(work, slot, rules, now) is not None for slot in wanted)


def _suits(work: Work, entry: WaitingEntry, slot: Slot, rules: Rules, now: datetime) -> bool:
    local = slot.starts_at.astimezone(rules.zone)
    fits = (
        slot.far_id is None  # the regional system keeps its times for nobody
        and entry.doctor_id in (None, slot.doctor_id)
        and slot.kind in KINDS.get(entry.reason, USUAL_KINDS)
        and entry.part_of_day.holds(local.time())
        and local.date() <= entry.window_until
    )
    contact = work.waiting.contact(entry.id) if fits else None
    if contact is None or work.opt_outs.has(contact):
        return False
    if not calling_hours(rules, contact).allow(calling_hours(rules).next(now)):
        return False  # it is too early or too late where he is: he would hold it in vain
    return _could_take(work, entry, slot, rules, now)


def _could_take(work: Work, entry: WaitingEntry, slot: Slot, rules: Rules, now: datetime) -> bool:
    """Whether it would be booked for him today: nobody is rung about what he would be refused."""
    referrals = work.referrals.open_of(entry.patient_id, rules.today(now))
    number = next((one.number for one in referrals if one.speciality == slot.speciality), None)
    try:
        weigh(work, Claimed(slot, entry.patient_id, Purpose.ILLNESS, Channel.CC, number, old=None), rules, now)
    except (Refusal, Unsettled):
        return False
    return True


def _offer(
    work: Work, entry: WaitingEntry, slot: Slot, until: datetime, rules: Rules, now: datetime
) -> SlotOffer | None:
    """Hold the slot, note the offer, have the person rung up; None where somebody was quicker."""
    holder = SlotOffer.holder_of(slot.id, entry.id)
    if not work.slots.hold(slot.id, Offer(entry.patient_id, Channel.CC, now, holder), until):
        return None
    offer = work.slot_offers.add(slot.id, entry.id, until, now)
    if offer is None or not work.waiting.offer_to(entry.id, now):
        if offer is not None:
            work.slot_offers.end(offer.id, OfferStatus.WITHDRAWN, now)
        work.slots.release(holder)
        return None
    work.tasks.add(_task(work, entry, offer, rules, now), now)
    return offer


def _task(work: Work, entry: WaitingEntry, offer: SlotOffer, rules: Rules, now: datetime) -> NewTask:
    return NewTask(
        key=f"offer-{offer.id}",
        kind=TaskKind.OFFER,
        owner=TaskOwner.under(centralised=rules.centralised),
        due_at=now,
        entry_id=entry.id,
        slot_id=offer.slot_id,
        patient_id=entry.patient_id,
        phone=work.waiting.contact(entry.id),
        robot=True,
        until=offer.until,
        offer_id=offer.id,
    )


def ended(work: Work, offer: SlotOffer, status: OfferStatus, rules: Rules, now: datetime) -> bool:
    """Within a transaction: this person has it no more, the next one is asked. False where it had ended before.

    The entry waits on, first as before; whoever is not reached twice is looked after by a person (1.5).
    """
    if not work.slot_offers.end(offer.id, status, now):
        return False
    work.slots.release(offer.holder)
    entry = work.waiting.get(offer.entry_id)
    if entry.status is WaitingStatus.OFFERED:
        missed = _missed(work, offer, status)
        work.waiting.save(_back(entry, status, missed=missed), now)
        if missed and entry.no_answer + 1 >= UNANSWERED_OFFERS:
            ask_people(work, entry, f"unreached-{offer.id}", rules, now)
    slot = work.slots.get(offer.slot_id)
    if rules.robot_rings:
        freed(work, slot, rules, now)
    elif work.slots.is_free(slot.id):  # the hospital's model was switched, or its robot is off, since it was offered
        owner = TaskOwner.under(centralised=rules.centralised)
        people_offer(work, slot, f"slot-freed-after-{offer.id}", owner, now)
    return True


def people_offer(
    work: Work, slot: Slot, key: str, owner: TaskOwner, now: datetime, *, booking_id: int | None = None
) -> None:
    """Within a transaction: people offer the freed time to the waiting list, where the robot does not (S4.3)."""
    task = NewTask(key, TaskKind.SLOT_FREED, owner, due_at=now, booking_id=booking_id, slot_id=slot.id)
    work.tasks.add(task, now)


def _missed(work: Work, offer: SlotOffer, status: OfferStatus) -> bool:
    """Whether he was not reached; what our own line or a dialler that was away spoiled says nothing of him."""
    outcomes = work.dials.outcomes_of_offer(offer.id)
    reached_for = any(outcome not in UNCOUNTED for outcome in outcomes)
    match status:
        case OfferStatus.LAPSED:
            return reached_for
        case OfferStatus.UNANSWERED:  # without any call it was his number that was of no use
            return reached_for or not outcomes
        case _:
            return False


def _back(entry: WaitingEntry, status: OfferStatus, *, missed: bool) -> WaitingEntry:
    if status is OfferStatus.DECLINED:
        entry = replace(entry, declined=entry.declined + 1)
    if missed:
        entry = replace(entry, no_answer=entry.no_answer + 1)
        if entry.no_answer >= UNANSWERED_OFFERS:
            return entry.becomes(WaitingStatus.ESCALATED)
    return entry.becomes(WaitingStatus.ACTIVE)


def ask_people(work: Work, entry: WaitingEntry, key: str, rules: Rules, now: datetime) -> None:
    """Within a transaction: somebody looks after the entry before its legal deadline; once for each key."""
    if work.tasks.open_of_entry(entry.id, TaskKind.WAITING) is not None:
        return
    task = NewTask(
        key=key,
        kind=TaskKind.WAITING,
        owner=TaskOwner.under(centralised=rules.centralised),
        due_at=entry.deadline,
        entry_id=entry.id,
        patient_id=entry.patient_id,
        phone=work.waiting.contact(entry.id),
        payload={"reason": "waiting_deadline"},
    )
    work.tasks.add(task, now)


def listens(work: Work, offer: SlotOffer, rules: Rules, now: datetime) -> SlotOffer:
    """Within a transaction: he has answered the telephone, so the slot stays his while he listens.

    A hold that has lapsed is taken again; the offer is over where somebody was quicker.
    """
    patient_id = work.waiting.get(offer.entry_id).patient_id
    work.patients.lock(patient_id)
    until = max(offer.until, now + ON_THE_LINE)
    if work.slots.hold(offer.slot_id, Offer(patient_id, Channel.CC, now, offer.holder), until):
        work.slot_offers.extend(offer.id, until)
    else:
        ended(work, offer, OfferStatus.WITHDRAWN, rules, now)
    return work.slot_offers.get(offer.id)


def tidy(new_work: Callable[[], Work], *, rules: Rules, now: datetime) -> int:
    """End the offers whose time is over or whose person waits no more, each in a transaction of its own; how many."""
    with new_work().reading() as work:
        over = [*work.slot_offers.lapsed(now), *work.slot_offers.stale()]
    return sum(_tidied(new_work(), offer.id, rules, now) for offer in {offer.id: offer for offer in over}.values())


def _tidied(work: Work, offer_id: int, rules: Rules, now: datetime) -> bool:
    with work:
        offer = work.slot_offers.get(offer_id)
        work.patients.lock(work.waiting.get(offer.entry_id).patient_id)
        still_his = work.waiting.get(offer.entry_id).status is WaitingStatus.OFFERED
        if still_his and now < offer.until:
            return False
        status = OfferStatus.LAPSED if still_his else OfferStatus.WITHDRAWN
        done = ended(work, offer, status, rules, now)
        work.commit()
    return done


def seek(new_work: Callable[[], Work], *, rules: Rules, now: datetime) -> int:
    """Offer what is free to those who found nothing free when they joined: a safety net; how many offers.

    Whoever refused the times there were is rung up only about new ones.
    """
    if not rules.robot_rings or not calling_hours(rules).allow(now):
        return 0
    with new_work().reading() as work:
        entries = [entry for entry in work.waiting.all_open() if entry.status is WaitingStatus.ACTIVE]
    found_nothing = [entry for entry in entries if entry.reason is not WaitingReason.NO_SUITABLE_TIME]
    return sum(_sought(new_work(), entry, rules, now) for entry in found_nothing)


def _sought(work: Work, entry: WaitingEntry, rules: Rules, now: datetime) -> bool:
    with work.reading():
        slots = [slot for kind in KINDS.get(entry.reason, USUAL_KINDS) for slot in _free(work, entry, kind, rules, now)]
    if not slots:
        return False
    with work:
        work.patients.lock(entry.patient_id)
        entry = work.waiting.get(entry.id)
        asked = {slot.id: {one.entry_id for one in work.slot_offers.of_slot(slot.id)} for slot in slots}
        fresh = [slot for slot in slots if entry.id not in asked[slot.id]]
        suitable = next((slot for slot in fresh if _suits(work, entry, slot, rules, now)), None)
        if entry.status is not WaitingStatus.ACTIVE or suitable is None:
            return False
        offer = _offer(work, entry, suitable, min(now + HELD_FOR, suitable.starts_at - TOO_SOON), rules, now)
        work.commit()
    return offer is not None


def _free(work: Work, entry: WaitingEntry, kind: SlotKind, rules: Rules, now: datetime) -> list[Slot]:
    until = window(work.staff.speciality(entry.speciality), rules, now)[1]
    wanted = Wanted(
        offer=Offer(entry.patient_id, Channel.CC, now),
        speciality=entry.speciality,
        kind=kind,
        since=now + TOO_SOON + SHORTEST,
        until=until,
        doctor_id=entry.doctor_id,
    )
    return work.slots.all(wanted)


def escalate(new_work: Callable[[], Work], *, rules: Rules, now: datetime) -> int:
    """Have people look after those whose legal deadline is near, whatever the robot does beside (1.5); how many."""
    with new_work().reading() as work:
        near = [entry for entry in work.waiting.all_open() if _is_due(work, entry, rules, now)]
    return sum(_escalated(new_work(), entry.id, rules, now) for entry in near)


def _is_due(work: Work, entry: WaitingEntry, rules: Rules, now: datetime) -> bool:
    if WaitingStatus.ESCALATED not in NEXT.get(entry.status, ()) or not entry.is_escalating(rules, now):
        return False
    return not work.tasks.has(f"deadline-{entry.id}")


def _escalated(work: Work, entry_id: int, rules: Rules, now: datetime) -> bool:
    with work:
        work.patients.lock(work.waiting.get(entry_id).patient_id)
        entry = work.waiting.get(entry_id)
        due = _is_due(work, entry, rules, now)
        if due:
            ask_people(work, entry, f"deadline-{entry.id}", rules, now)
            work.commit()
    return due
