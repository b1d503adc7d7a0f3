"""Asking the regional system, and finding out later where its answer was lost (X13, X14). Never twice for one visit.

The visit and the errand are one transaction, the question is asked outside any, what it came to is one transaction
again. A crash between them leaves an open errand, and `settle` goes on with it. What is asked for is a slot, which has
room for one visit: that is why a question may be repeated (`domain.errand`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import NoReturn

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.errand import (
    ASKED_FOR,
    BY_HAND,
    HEARD,
    UNREACHED,
    Answer,
    Cancelled,
    Errand,
    ErrandKind,
    ErrandStatus,
    Made,
    NewErrand,
    NotSent,
    Refused,
    Silent,
    comes_to,
    pause_after,
)
from ivr.domain.notice import NoticeKind
from ivr.domain.refusals import (
    NotFound,
    NumberTaken,
    Refusal,
    RegionRefused,
    RegionUnreached,
    SlotTaken,
    WrongTurn,
)
from ivr.domain.rules import Rules
from ivr.domain.tasks import NewTask, TaskKind, TaskOwner
from ivr.services import notices, visit
from ivr.services.ports import Work
from ivr.services.region import OF_PATIENT, Region, RegionDown, Unsettled

AT_ONCE = 20
"""Errands that one round leases; the rest is for the next."""
_REASONS: Mapping[str, type[Refusal]] = {
    **OF_PATIENT,
    UNREACHED: RegionUnreached,
    "SLOT_UNAVAILABLE": SlotTaken,
    "NO_FREE_SLOTS": SlotTaken,
}


@dataclass(slots=True)
class Tally:
    """What a round came to, in errands."""

    done: int = 0
    refused: int = 0
    puzzles: int = 0
    waiting: int = 0


def carry_out(work: Work, booking: Booking, *, rules: Rules, now: datetime) -> Booking:
    """Ask for a booking that has just been stored; one of our own schedule stands already.

    Waits no longer than a caller may. Raises Unsettled, or why the regional system has not made it.
    """
    if booking.status is not BookingStatus.PENDING:
        return booking
    region = _region(work)
    return told(region.hurry(partial(_run, work, _booking_errand(work, booking.id), rules, now)))


def told(booking: Booking) -> Booking:
    """The booking, where it was made. Raises Unsettled while nobody knows, else why it was not."""
    if booking.status is BookingStatus.NOT_MADE:
        _refuse(booking)
    return unless_pending(booking)


def unless_pending(booking: Booking) -> Booking:
    """The booking. Raises Unsettled where nobody knows whether there is one: then nothing can be said or done of it."""
    if booking.status is BookingStatus.PENDING:
        raise Unsettled("the regional system has not told yet")
    return booking


def settle(work: Work, *, rules: Rules, now: datetime) -> Tally:
    """Go on with every errand that is due: left by a crash, without an answer, or to cancel."""
    with work:
        due = work.errands.claim(now + visit.LEASE, now, AT_ONCE)
        work.commit()
    tally = Tally()
    for errand in due:
        _run(work, errand, rules, now)
        _count(tally, _now_of(work, errand).status)
    return tally


def found_out(work: Work, booking_id: int, far_id: str | None, *, who: str, rules: Rules, now: datetime) -> Booking:
    """A person has learnt what the regional system made of it: its number there, or None for nothing.

    Raises NotFound, WrongTurn where it is known already.
    """
    with work:
        booking = _locked(work, booking_id)
        if booking.status is not BookingStatus.PENDING:
            raise WrongTurn(f"{booking.status} is no question any more")
        errand = _of_kind(work, booking_id, ErrandKind.BOOK)
        if far_id is not None and not _is_his(work, far_id, booking):
            raise NumberTaken(far_id)
        if far_id is None:
            _not_made(work, booking, errand, BY_HAND, rules, now)
        else:
            _made(work, booking, errand, far_id, rules, now)
        detail = {"booking": booking_id, "patient": booking.patient_id, "made": far_id is not None}
        work.audit.add(who=who, action="booking.found_out", detail=detail, now=now)
        work.commit()
        return work.bookings.get(booking_id)


def unsettled(work: Work) -> list[tuple[Errand, Booking]]:
    """Every errand that is not known to be done or refused, with its visit; the oldest first."""
    with work.reading():
        return [(each, work.bookings.get(each.wanted.booking_id)) for each in work.errands.open_ones(puzzles=True)]


def _run(work: Work, errand: Errand, rules: Rules, now: datetime) -> Booking:
    """Ask, and keep what came of it; the errand is leased by us."""
    booking = _of(work, errand)
    if _is_too_late(errand, booking, now):
        return _settled(work, errand, NotSent("too late"), rules, now, over=True)
    return _settled(work, errand, _asked(work, errand, booking), rules, now)


def _is_too_late(errand: Errand, booking: Booking, now: datetime) -> bool:
    """Nobody books for a patient half an hour after he asked, nor cancels what has begun."""
    begun = now >= booking.slot.starts_at
    return begun or (errand.wanted.kind is ErrandKind.BOOK and now >= errand.created_at + ASKED_FOR)


def _asked(work: Work, errand: Errand, booking: Booking) -> Answer:
    with work.reading():
        patient = work.patients.get(booking.patient_id)
    region = _region(work)
    if errand.wanted.kind is ErrandKind.BOOK:
        slot = _there(booking.slot.far_id, "slot", booking)
        return region.book(errand.wanted.session, patient, slot, booking.slot.starts_at)
    return region.cancel(errand.wanted.session, patient, _there(booking.far_id, "visit", booking))


def _there(far_id: str | None, what: str, booking: Booking) -> str:
    """Its number in the regional system. Raises ValueError where it has none: only what is there makes errands."""
    if far_id is None:
        raise ValueError(f"the {what} of booking {booking.id} is not in the regional system")
    return far_id


def _settled(work: Work, errand: Errand, answer: Answer, rules: Rules, now: datetime, *, over: bool = False) -> Booking:
    with work:
        booking = _locked(work, errand.wanted.booking_id)
        status = ErrandStatus.PUZZLE if over else comes_to(errand, answer)
        if errand.wanted.kind is ErrandKind.BOOK:
            _book_answered(work, errand, booking, answer, status, rules, now)
        else:
            _cancel_answered(work, errand, booking, answer, status, now)
        work.commit()
        return work.bookings.get(booking.id)


def _book_answered(
    work: Work, errand: Errand, booking: Booking, answer: Answer, status: ErrandStatus, rules: Rules, now: datetime
) -> None:
    match answer:
        case Made(far_id) if not _is_his(work, far_id, booking):
            _unknown(work, errand, booking, Silent("the number of another visit"), ErrandStatus.PUZZLE, now)
        case Made(far_id) if booking.status is BookingStatus.PENDING:
            _made(work, booking, errand, far_id, rules, now)
        case Made(far_id) if booking.far_id is None:
            _not_wanted(work, booking, errand, far_id, now)
        case _ if booking.status is not BookingStatus.PENDING:  # settled by somebody quicker
            work.errands.end(errand.id, ErrandStatus.DONE, errand.problem)
        case _ if status is ErrandStatus.REFUSED:
            _not_made(work, booking, errand, _code(answer), rules, now)
        case _:
            _unknown(work, errand, booking, answer, status, now)


def _is_his(work: Work, far_id: str, booking: Booking) -> bool:
    """Whether no other visit has that number: by it two would be cancelled as one."""
    other = work.bookings.of_far(far_id)
    return other is None or other.id == booking.id


def _made(work: Work, booking: Booking, errand: Errand, far_id: str, rules: Rules, now: datetime) -> None:
    """It stands there, so it stands here, and what it moves gives way."""
    about = errand.wanted
    old = None if booking.replaces_id is None else work.bookings.get(booking.replaces_id)
    if old is not None and old.status is not BookingStatus.BOOKED:  # ended otherwise meanwhile
        old = None
    visit.make_room(work, old, call_key=about.call_key, key=about.key, reason=about.clinic_reason, rules=rules, now=now)
    booked = work.bookings.made_far(booking, far_id, now)
    visit.stands(work, booked, by=about.by, clinic_reason=about.clinic_reason, rules=rules, now=now)
    work.errands.end(errand.id, ErrandStatus.DONE, None)
    _promised(work, booked, errand, NoticeKind.BOOKED, rules, now)


def _not_made(work: Work, booking: Booking, errand: Errand, code: str, rules: Rules, now: datetime) -> None:
    """It does not stand there: the slot is seen anew, a referral can be used again."""
    closed = work.bookings.close(booking, BookingStatus.NOT_MADE, key=None, now=now, reason=code)
    work.slots.free(booking.slot.id)
    work.mirror.forget(booking.slot.speciality)
    work.referrals.give_back(booking.id)
    work.errands.end(errand.id, ErrandStatus.REFUSED, code)
    _promised(work, closed, errand, NoticeKind.NOT_MADE, rules, now)


def _not_wanted(work: Work, booking: Booking, errand: Errand, far_id: str, now: datetime) -> None:
    """It was made after a person had said that it was not: it is cancelled there."""
    work.bookings.made_too_late(booking, far_id)
    work.errands.end(errand.id, ErrandStatus.DONE, "made too late")
    work.errands.add(NewErrand(ErrandKind.CANCEL, booking.id, errand.wanted.session), leased_until=None, now=now)


def _unknown(work: Work, errand: Errand, booking: Booking, answer: Answer, status: ErrandStatus, now: datetime) -> None:
    """Asked again later, and a person knows of it; he alone goes on where asking is of no use."""
    errand = replace(errand, unknown_since=errand.unknown_since or now)
    if isinstance(answer, NotSent):  # this attempt did not count
        errand = replace(errand, sent=max(1, errand.sent - 1))
    work.errands.later(errand, now + pause_after(errand.sent), _code(answer))
    if status is ErrandStatus.PUZZLE:
        work.errands.end(errand.id, status, _code(answer))
    _to_people(work, errand, booking, now)


def _cancel_answered(
    work: Work, errand: Errand, booking: Booking, answer: Answer, status: ErrandStatus, now: datetime
) -> None:
    if status is ErrandStatus.OPEN:
        sent = max(0, errand.sent - 1) if isinstance(answer, NotSent) else errand.sent
        work.errands.later(replace(errand, sent=sent), now + pause_after(errand.sent), _code(answer))
        return
    work.errands.end(errand.id, status, None if isinstance(answer, Cancelled) else _code(answer))
    work.mirror.forget(booking.slot.speciality)
    if status is ErrandStatus.PUZZLE:
        _to_people(work, errand, booking, now)


def _to_people(work: Work, errand: Errand, booking: Booking, now: datetime) -> None:
    """Once for each errand: who rings the patient up has his number."""
    task = NewTask(
        key=f"unsettled-{errand.id}",
        kind=TaskKind.UNSETTLED,
        owner=TaskOwner.CALL_CENTRE,
        due_at=now,
        booking_id=booking.id,
        patient_id=booking.patient_id,
        call_key=errand.wanted.call_key or None,
        phone=booking.contact,
        payload={"asked": errand.wanted.kind.value},
    )
    work.tasks.add(task, now)


def _promised(work: Work, booking: Booking, errand: Errand, kind: NoticeKind, rules: Rules, now: datetime) -> None:
    """Who was told to wait for a message has it (X14); where none can be sent the task stays with a person."""
    if errand.unknown_since is None:
        return
    late = now >= errand.unknown_since + HEARD
    if not late or notices.promised(work, booking, kind, rules, now):
        work.tasks.drop(booking.id, TaskKind.UNSETTLED)


def _refuse(booking: Booking) -> NoReturn:
    raise _REASONS.get(booking.close_reason or "", RegionRefused)(booking.slot.id)


def _code(answer: Answer) -> str:
    match answer:
        case Refused(code):
            return code
        case NotSent():
            return UNREACHED
    return type(answer).__name__.lower()


def _count(tally: Tally, status: ErrandStatus) -> None:
    match status:
        case ErrandStatus.DONE:
            tally.done += 1
        case ErrandStatus.REFUSED:
            tally.refused += 1
        case ErrandStatus.PUZZLE:
            tally.puzzles += 1
        case _:
            tally.waiting += 1


def _region(work: Work) -> Region:
    if work.region is None:
        raise RegionDown("the settings name no regional system any more")
    return work.region


def _booking_errand(work: Work, booking_id: int) -> Errand:
    with work.reading():
        return _of_kind(work, booking_id, ErrandKind.BOOK)


def _of_kind(work: Work, booking_id: int, kind: ErrandKind) -> Errand:
    for errand in work.errands.of_booking(booking_id):
        if errand.wanted.kind is kind:
            return errand
    raise NotFound(f"errand of booking {booking_id}")


def _now_of(work: Work, errand: Errand) -> Errand:
    with work.reading():
        return work.errands.get(errand.id)


def _of(work: Work, errand: Errand) -> Booking:
    with work.reading():
        return work.bookings.get(errand.wanted.booking_id)


def _locked(work: Work, booking_id: int) -> Booking:
    """As it is when nobody else changes the patient's visits. Raises NotFound."""
    work.patients.lock(work.bookings.get(booking_id).patient_id)
    return work.bookings.get(booking_id)
