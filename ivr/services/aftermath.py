"""What a booking sets off, written in its own transaction: feedback, freed slots, the waiting list (S4.3, 1.5)."""

from dataclasses import replace
from datetime import datetime, timedelta

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.notice import NoticeKind
from ivr.domain.offer import TOO_SOON
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel
from ivr.domain.tasks import NewTask, Task, TaskKind, TaskOwner, TaskStatus, feedback
from ivr.domain.waiting_list import WaitingStatus
from ivr.domain.worklist import TaskResult
from ivr.services import notices, slot_offers
from ivr.services.ports import Work

ABOUT_A_VISIT = (TaskKind.FEEDBACK, TaskKind.CLINIC_MOVED, TaskKind.REFERRAL_NOTICE)
ASKED_WITHIN = timedelta(days=5)
"""Nobody is asked about a visit that he has forgotten."""


def booked(work: Work, booking: Booking, rules: Rules, now: datetime) -> None:
    """Ask for feedback before the visit (S4.3); the patient waits for this speciality no more."""
    due = feedback(booking.slot.starts_at, rules, now)
    task = _about(booking, TaskKind.FEEDBACK, rules, due.due_at, booking.slot.starts_at - TOO_SOON)
    work.tasks.add(replace(task, payload={"by": due.by, "owner": task.owner}), now)
    notices.changed(work, booking, NoticeKind.BOOKED if booking.replaces_id is None else NoticeKind.MOVED, now)
    if booking.channel is Channel.MED_ARM:
        notice = _about(booking, TaskKind.REFERRAL_NOTICE, rules, now, booking.slot.starts_at)
        work.tasks.add(replace(notice, phone=booking.contact), now)
    for entry in work.waiting.open_of(booking.patient_id):
        if entry.speciality == booking.slot.speciality:
            work.waiting.save(entry.becomes(WaitingStatus.CLOSED_OTHER_BOOKING), now)


def freed(work: Work, booking: Booking, rules: Rules, now: datetime) -> None:
    """Nobody needs to confirm the visit now; its time goes to the waiting list first (1.5)."""
    asked = work.tasks.of_booking(booking.id, TaskKind.FEEDBACK)
    for kind in ABOUT_A_VISIT:
        work.tasks.drop(booking.id, kind)
    work.notices.drop(booking.id, (NoticeKind.BOOKED, NoticeKind.REMINDER), now)
    if booking.status is not BookingStatus.MOVED:  # the new visit tells of a move
        by_clinic = booking.status is BookingStatus.CANCELLED_BY_CLINIC
        notices.changed(work, booking, NoticeKind.CLINIC_CANCELLED if by_clinic else NoticeKind.CANCELLED, now)
    # What was made for this visit alone has no time for anybody else; that of the regional system is everybody's there.
    if booking.slot.extra or booking.slot.far_id is not None:
        return
    owner = TaskOwner.CALL_CENTRE if asked is None else _owner_of(asked)
    if rules.robot_rings and owner is TaskOwner.CALL_CENTRE:
        slot_offers.freed(work, booking.slot, rules, now)
        return
    slot_offers.people_offer(work, booking.slot, f"slot-freed-{booking.id}", owner, now, booking_id=booking.id)


def _owner_of(asked: Task) -> TaskOwner:
    """One owner per booking (S4.3): who was to ask for feedback offers the slot, though the robot had to pass the
    question itself to the registry."""
    return TaskOwner(asked.wanted.payload.get("owner", asked.wanted.owner))


def clinic_cancelled(work: Work, visit: Booking, why: str, rules: Rules, now: datetime) -> None:
    """The visit cannot take place: somebody rings the patient up, and nobody asks him to confirm it (1.6)."""
    work.tasks.drop(visit.id, TaskKind.FEEDBACK)
    known = work.tasks.of_booking(visit.id, TaskKind.CLINIC_CANCELLED)
    if known is not None and known.status is TaskStatus.OPEN:
        return  # one call tells it
    again = f"-after-{known.id}" if known is not None and known.status is TaskStatus.DROPPED else ""
    task = _about(visit, TaskKind.CLINIC_CANCELLED, rules, now, visit.slot.starts_at)
    work.tasks.add(replace(task, key=f"{why}{visit.id}{again}", phone=visit.contact), now)


def takes_place(work: Work, booking_id: int) -> None:
    """Nobody is rung up about it, and it is to be confirmed again, unless it was cancelled or moved meanwhile."""
    work.tasks.drop(booking_id, TaskKind.CLINIC_CANCELLED)
    if work.bookings.get(booking_id).status is BookingStatus.BOOKED:
        work.tasks.reopen(booking_id, TaskKind.FEEDBACK)


def clinic_moved(work: Work, visit: Booking, rules: Rules, now: datetime) -> None:
    """The hospital has moved a visit to another time: the patient is told, and may want another one (P135)."""
    work.tasks.drop(visit.id, TaskKind.FEEDBACK)
    task = _about(visit, TaskKind.CLINIC_MOVED, rules, now, visit.slot.starts_at)
    work.tasks.add(replace(task, phone=visit.contact), now)


def visited(work: Work, visit: Booking, rules: Rules, now: datetime) -> None:
    """The patient came: two questions, where the hospital asks them and somebody rings."""
    work.tasks.drop(visit.id, TaskKind.NO_SHOW)
    if rules.surveys and rules.robot_rings:
        _asked_afterwards(work, visit, TaskKind.SURVEY, rules, now)


def missed(work: Work, visit: Booking, rules: Rules, now: datetime) -> None:
    """The patient did not come: perhaps he wants another time (P154)."""
    work.tasks.drop(visit.id, TaskKind.SURVEY)
    _asked_afterwards(work, visit, TaskKind.NO_SHOW, rules, now)


def unmarked(work: Work, visit: Booking) -> None:
    """Nobody knows whether he came, after all: what was not asked yet is not asked."""
    for kind in (TaskKind.SURVEY, TaskKind.NO_SHOW):
        work.tasks.drop(visit.id, kind)


def _asked_afterwards(work: Work, visit: Booking, kind: TaskKind, rules: Rules, now: datetime) -> None:
    """Once: who was asked before a mark was corrected, and corrected again, is not asked a second time."""
    until = visit.slot.ends_at + ASKED_WITHIN
    known = work.tasks.of_booking(visit.id, kind)
    if known is not None:
        if known.status is TaskStatus.DROPPED and known.result in (None, TaskResult.NO_ANSWER):
            work.tasks.reopen(visit.id, kind)
    elif now < until:
        work.tasks.add(_about(visit, kind, rules, now, until), now)


def _about(visit: Booking, kind: TaskKind, rules: Rules, due_at: datetime, until: datetime) -> NewTask:
    """One of each kind for a visit; who asks is the hospital's choice (S4.3)."""
    return NewTask(
        key=f"{kind.lower()}-{visit.id}",
        kind=kind,
        owner=TaskOwner.under(centralised=rules.centralised),
        due_at=due_at,
        booking_id=visit.id,
        patient_id=visit.patient_id,
        robot=rules.robot_rings,
        until=until,
    )
