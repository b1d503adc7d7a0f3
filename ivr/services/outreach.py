"""Ringing patients up: which task is next, what its call may say, what became of it (S1.8, S3.7, S4.3, 1.6).

An attempt is a row before the telephone rings and ends once, whoever learns of its end first: a crash may lose a call,
it never makes one twice.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.consent import Consent, ConsentPurpose
from ivr.domain.dialling import (
    ANSWERED,
    BY_ROBOT,
    UNCOUNTED,
    Dial,
    Ended,
    Outcome,
    Tried,
    calling_hours,
    next_try,
)
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method, NoticeKind
from ivr.domain.offer import OfferStatus, SlotOffer
from ivr.domain.patient import OWN_CONSENT_AGE, Patient, Subject
from ivr.domain.refusals import NotFound
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel
from ivr.domain.speciality import Speciality
from ivr.domain.tasks import Task, TaskKind, TaskOwner, TaskStatus
from ivr.domain.waiting_list import WaitingEntry
from ivr.domain.worklist import Settled, TaskResult
from ivr.services import notices, slot_offers, standing
from ivr.services.dial_ports import Attempt
from ivr.services.ports import Work

LEASE = timedelta(seconds=60)
"""The dialler renews it while the call goes on; after a crash another one takes up the task."""
LOOKED_AT = 20
"""Due tasks weighed in one transaction, until one of them is to be rung up."""
TALKS_NOW = timedelta(minutes=2)
"""Who talks with us, or is rung up about something else, is not rung up beside."""
ROBOT = "robot"
BY_SMS = "SMS"
_MESSAGES = {
    TaskKind.CLINIC_CANCELLED: NoticeKind.CLINIC_CANCELLED,
    TaskKind.CLINIC_MOVED: NoticeKind.MOVED,
    TaskKind.REFERRAL_NOTICE: NoticeKind.UNREACHED,
}
_OF_A_VISIT = frozenset({TaskKind.FEEDBACK, TaskKind.CLINIC_CANCELLED, TaskKind.CLINIC_MOVED, TaskKind.REFERRAL_NOTICE})
_AFTER_A_VISIT = frozenset({TaskKind.SURVEY, TaskKind.NO_SHOW})
_BY_SERVICE = frozenset({TaskKind.CLINIC_CANCELLED, TaskKind.CLINIC_MOVED, TaskKind.REFERRAL_NOTICE})
"""What the hospital has to tell who is booked: no consent to reminders is needed for it."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a story needs to know; nothing of it is said before the patient has proved who he is."""

    key: str
    task_id: int
    kind: TaskKind
    patient: Patient
    phone: PhoneNumber
    final: frozenset[Outcome]
    """Ends after which no other attempt follows: only such a one may leave a message."""
    welcome: bool
    """He has not opted out or taken his consent back while the telephone rang."""
    booking: Booking | None
    entry: WaitingEntry | None
    offer: SlotOffer | None
    speciality: Speciality | None

    @property
    def visit(self) -> Booking:
        """Of a call about a visit. Raises ValueError for any other."""
        if self.booking is None:
            raise ValueError(f"{self.key} is about no visit")
        return self.booking

    @property
    def offered(self) -> SlotOffer:
        """Of a call that offers a time. Raises ValueError for any other."""
        if self.offer is None:
            raise ValueError(f"{self.key} offers nothing")
        return self.offer

    @property
    def sensitive(self) -> bool:
        return self.speciality is not None and self.speciality.sensitive


def claim(work: Work, *, node: str, rules: Rules, now: datetime) -> Dial | None:
    """The next call to make, its attempt already written; None where nothing is due or nobody may be rung now."""
    if not calling_hours(rules).allow(now):
        return None
    with work:
        for task in work.tasks.due_for_robot(now, LOOKED_AT):
            dial = _weighed(work, task, node, rules, now)
            if dial is not None:
                work.commit()
                return dial
        work.commit()
    return None


def write(work: Work, *, rules: Rules, now: datetime) -> int:
    """Reminders that are an SMS from the start, as a call would come too late: at once, at any hour (1.6); how many."""
    with work:
        due = work.tasks.due_for_robot(now, LOOKED_AT, by_sms=True)
        for task in due:
            _weighed(work, task, ROBOT, rules, now)
        work.commit()
    return len(due)


def _weighed(work: Work, task: Task, node: str, rules: Rules, now: datetime) -> Dial | None:
    """Ring up, or settle what needs no call, or leave it for later."""
    about = task.wanted
    if about.kind not in BY_ROBOT or not _is_needed(work, task, now):
        work.tasks.settle(task.id, Settled(ROBOT, TaskResult.NOT_NEEDED, over=True), now)
        return None
    late = about.until is not None and now >= about.until
    if late or about.payload.get("by") == BY_SMS or _wants_no_call(work, task):
        give_up(work, task, rules, now)
        return None
    phone = _number(work, task)
    if phone is None or work.opt_outs.has(phone):
        give_up(work, task, rules, now)
        return None
    person = asked_for(work, _patient(work, task), phone, rules, now)
    if person is None:
        _left_to_people(work, task, rules, now)
        return None
    there = calling_hours(rules, phone)
    if not there.allow(now):
        work.tasks.postpone(task.id, there.next(now))
        return None
    return _begun(work, task, phone, person, node, now)


def _begun(work: Work, task: Task, phone: PhoneNumber, person: Patient, node: str, now: datetime) -> Dial | None:
    dial = Dial(uuid.uuid4().hex, task.id, task.wanted.kind, task.attempts + 1, phone.e164, person.id)
    talking = any(call.ended_at is None for call in work.calls.recent(phone, now - TALKS_NOW))
    if talking or not work.dials.add(dial, node, now + LEASE, now):
        work.tasks.postpone(task.id, now + TALKS_NOW)
        return None
    work.tasks.take(task.id, node, now + LEASE, now)
    return dial


def asked_for(work: Work, patient: Patient, phone: PhoneNumber, rules: Rules, now: datetime) -> Patient | None:
    """Who is called to the telephone: the patient from 15 on, before that a registered representative (4.2).

    Of several the one whose telephone rings; None where nobody is registered: a person looks after it.
    """
    if patient.age(rules.today(now)) >= OWN_CONSENT_AGE:
        return patient
    people = [work.patients.get(each) for each in patient.representatives]
    return next((one for one in people if one.phone == phone), people[0] if people else None)


def _patient(work: Work, task: Task) -> Patient:
    about = task.wanted
    if about.patient_id is not None:
        return work.patients.get(about.patient_id)
    if about.booking_id is not None:
        return work.patients.get(work.bookings.get(about.booking_id).patient_id)
    if about.entry_id is not None:
        return work.patients.get(work.waiting.get(about.entry_id).patient_id)
    raise NotFound("patient")


def _is_needed(work: Work, task: Task, now: datetime) -> bool:
    about = task.wanted
    if about.kind in _OF_A_VISIT and about.booking_id is not None:
        visit = work.bookings.get(about.booking_id)
        return visit.status is BookingStatus.BOOKED and now < visit.slot.starts_at
    if about.offer_id is not None:
        return work.slot_offers.get(about.offer_id).status is OfferStatus.OPEN
    return True


def _wants_no_call(work: Work, task: Task) -> bool:
    """He has chosen to be reminded, but in another way (S3.5)."""
    about = task.wanted
    if about.booking_id is None or about.kind in _BY_SERVICE:
        return False
    answer = _answer(work, work.bookings.get(about.booking_id), about.kind)
    return answer is not None and answer.given and answer.method != Method.CALL


def _number(work: Work, task: Task) -> PhoneNumber | None:
    """Where the patient may be reached by a robot; None: nowhere (D-09, S3.5)."""
    about = task.wanted
    if about.entry_id is not None:
        return about.phone or work.waiting.contact(about.entry_id)
    if about.booking_id is None:
        return about.phone
    visit = work.bookings.get(about.booking_id)
    answer = _answer(work, visit, about.kind)
    if answer is not None and answer.given:
        return answer.phone or visit.contact
    if about.kind in _BY_SERVICE:
        return about.phone or visit.contact
    # Who booked for himself, from that number, is rung up there unless he said no.
    own = visit.channel is Channel.CC and visit.subject is not Subject.OTHER
    return visit.contact if answer is None and own else None


def _answer(work: Work, visit: Booking, kind: TaskKind) -> Consent | None:
    """A survey is an aim of its own: who was asked about it and said no is not rung up for it."""
    if kind is TaskKind.SURVEY:
        return standing.first_answer(work, visit, ConsentPurpose.SURVEY, ConsentPurpose.REMINDER)
    return standing.answer(work, visit, ConsentPurpose.REMINDER)


def renew(work: Work, keys: list[str], *, node: str, now: datetime) -> None:
    """These calls go on."""
    with work:
        for key in keys:
            work.dials.renew(key, now + LEASE)
            work.tasks.renew(work.dials.get(key).task_id, node, now + LEASE)
        work.commit()


def briefing(work: Work, key: str, *, rules: Rules, now: datetime) -> Briefing:
    """What the call of this key is about. Raises NotFound where it is none of ours."""
    with work:
        attempt = work.dials.get(key)
        work.dials.answered(key, now)
        told = _briefing(work, attempt, work.tasks.get(attempt.task_id), rules, now)
        work.commit()
    return told


def _briefing(work: Work, attempt: Attempt, task: Task, rules: Rules, now: datetime) -> Briefing:
    about = task.wanted
    booking = None if about.booking_id is None else work.bookings.get(about.booking_id)
    entry = None if about.entry_id is None else work.waiting.get(about.entry_id)
    speciality = booking.slot.speciality if booking else entry.speciality if entry else None
    return Briefing(
        key=attempt.key,
        task_id=task.id,
        kind=about.kind,
        patient=_patient(work, task),
        phone=attempt.phone,
        final=_final(work, task, rules, now),
        welcome=not work.opt_outs.has(attempt.phone) and _number(work, task) is not None,
        booking=booking,
        entry=entry,
        offer=None if about.offer_id is None else _listened_to(work, about.offer_id, rules, now),
        speciality=None if speciality is None else work.staff.speciality(speciality),
    )


def _final(work: Work, task: Task, rules: Rules, now: datetime) -> frozenset[Outcome]:
    """What is asked after a visit is nothing for which he would have to ring us."""
    number, about, hours = _counted(work, task.id) + 1, task.wanted, calling_hours(rules)
    if about.kind in _AFTER_A_VISIT:
        return frozenset()
    return frozenset(
        outcome for outcome in ANSWERED if next_try(about.kind, Tried(number, outcome, now), hours, about.until) is None
    )


def _listened_to(work: Work, offer_id: int, rules: Rules, now: datetime) -> SlotOffer:
    offer = work.slot_offers.get(offer_id)
    return slot_offers.listens(work, offer, rules, now) if offer.status is OfferStatus.OPEN else offer


def _counted(work: Work, task_id: int) -> int:
    """Attempts that are over and cost the patient one."""
    return sum(one.ended_at is not None and one.outcome not in UNCOUNTED for one in work.dials.of_task(task_id))


def told(
    work: Work,
    key: str,
    outcome: Outcome,
    result: TaskResult | None = None,
    *,
    note: str | None = None,
    now: datetime,
) -> None:
    """The story's own word on its call; with a result the task is done. A repeat changes nothing."""
    with work:
        told_within(work, key, outcome, result, note=note, now=now)
        work.commit()


def told_within(
    work: Work,
    key: str,
    outcome: Outcome,
    result: TaskResult | None = None,
    *,
    note: str | None = None,
    now: datetime,
) -> None:
    """The same as `told`, as a part of the transaction that does what the patient wants."""
    attempt = work.dials.get(key)
    work.dials.note(key, outcome, None if result is None else result.value)
    if result is not None:
        work.tasks.settle(attempt.task_id, Settled(ROBOT, result, over=True, note=note), now)


def came_to(work: Work, call_key: str, result: TaskResult, now: datetime) -> None:
    """What is booked in a call of ours is what the call came to, in one transaction; the first word counts."""
    try:
        attempt = work.dials.get(call_key)
    except NotFound:
        return
    if attempt.result is None:
        told_within(work, call_key, Outcome.DONE, result, now=now)


def finish(work: Work, key: str, ended: Ended, *, rules: Rules, now: datetime) -> bool:
    """The call is over. False where that is known already: nothing changes. Raises NotFound."""
    with work:
        known = _finished(work, work.dials.get(key), ended, rules, now)
        work.commit()
    return known


def _finished(work: Work, attempt: Attempt, ended: Ended, rules: Rules, now: datetime) -> bool:
    if attempt.outcome is not None:  # the story knows better than the line
        ended = replace(ended, outcome=attempt.outcome)
    if not work.dials.end(attempt.key, ended, now):
        return False
    task = work.tasks.get(attempt.task_id)
    # After a lease that lapsed a person may work on the task: it is his to close.
    taken = task.is_leased(now) and task.leased_by != attempt.node
    if attempt.result is None and task.status is TaskStatus.OPEN and not taken:
        _try_again(work, task, ended.outcome, rules, now)
    return True


def _try_again(work: Work, task: Task, outcome: Outcome, rules: Rules, now: datetime) -> None:
    if outcome is Outcome.DONE:  # a person has gone on with him, or has to
        _left_to_people(work, task, rules, now)
        return
    tried = Tried(_counted(work, task.id), outcome, now)
    moment = next_try(task.wanted.kind, tried, calling_hours(rules), task.wanted.until)
    if moment is None:
        give_up(work, task, rules, now)
    else:
        work.tasks.settle(task.id, Settled(ROBOT, TaskResult.NO_ANSWER, over=False, not_before=moment), now)


def _left_to_people(work: Work, task: Task, rules: Rules, now: datetime) -> None:
    """No message instead: a visit is a person's task from now on."""
    if task.wanted.kind in _OF_A_VISIT:
        work.tasks.hand_over(task.id, TaskOwner.REGISTRY, now)
    else:
        give_up(work, task, rules, now)


def give_up(work: Work, task: Task, rules: Rules, now: datetime) -> None:
    """The robot rings no more: an SMS, or a person. No booking is touched (1.6)."""
    match task.wanted.kind:
        case TaskKind.OFFER if task.wanted.offer_id is not None:
            work.tasks.settle(task.id, Settled(ROBOT, TaskResult.NO_ANSWER, over=True), now)
            offer = work.slot_offers.get(task.wanted.offer_id)
            late = now >= offer.until
            slot_offers.ended(work, offer, OfferStatus.LAPSED if late else OfferStatus.UNANSWERED, rules, now)
        case kind if kind in _AFTER_A_VISIT:
            work.tasks.settle(task.id, Settled(ROBOT, TaskResult.NO_ANSWER, over=True), now)
        case TaskKind.FEEDBACK if _messaged(work, task, NoticeKind.REMINDER, rules, now):
            work.tasks.settle(task.id, Settled(ROBOT, TaskResult.NO_ANSWER, over=True, note=BY_SMS), now)
        case kind:
            if kind in _MESSAGES:
                _messaged(work, task, _MESSAGES[kind], rules, now)
            work.tasks.hand_over(task.id, TaskOwner.REGISTRY, now)


def _messaged(work: Work, task: Task, kind: NoticeKind, rules: Rules, now: datetime) -> bool:
    if task.wanted.booking_id is None:
        return False
    visit, phone = work.bookings.get(task.wanted.booking_id), _number(work, task)
    return notices.instead_of_a_call(work, kind, visit, phone, task.id, rules, now)


def left_behind(work: Work, *, node: str) -> list[str]:
    """Keys of this dialler's attempts that are not over."""
    with work.reading():
        return [attempt.key for attempt in work.dials.open_of(node)]


def close_lost(work: Work, *, rules: Rules, now: datetime) -> int:
    """Attempts that a crash left behind are closed, each once; how many there were."""
    with work:
        lapsed = work.dials.lapsed(now)
        for attempt in lapsed:
            _finished(work, attempt, Ended(Outcome.LOST), rules, now)
        work.commit()
    return len(lapsed)
