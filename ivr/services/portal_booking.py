"""What the portal books, cancels and asks about (S1.6 to S1.8)."""

from datetime import datetime

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.consent import NOTICE_AT_PORTAL
from ivr.domain.notice import Method
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import NotFound, WrongTurn
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel
from ivr.services import booking, errands
from ivr.services.booking import BookingCommand, Told
from ivr.services.portal import WHO
from ivr.services.portal_choice import referral_to
from ivr.services.portal_ports import PortalSession
from ivr.services.ports import Work
from ivr.services.purposes import OF_KIND

UNMADE = (BookingStatus.PENDING, BookingStatus.NOT_MADE)
"""Of these nobody was told that they are booked."""
MOST = 200
"""Visits of one patient that are looked through."""


def book(
    work: Work, session: PortalSession, slot_id: int, method: Method | None, *, rules: Rules, now: datetime
) -> Booking:
    """Book the slot once, however often this session asks for it; `method` None: he wants no notices (S1.7).

    By e-mail only where the session has an address: else he is booked, and told nothing.

    Raises NotFound for a slot that there never was, WrongTurn where this session has booked and cancelled it, and the
    refusals of `booking.book`.
    """
    with work.reading():
        slot = work.slots.get(slot_id)
    referral = referral_to(work, session, slot.speciality, rules=rules, now=now)
    command = BookingCommand(
        key=f"{WHO}-{session.id}-{session.patient_id}-{slot_id}",
        slot_id=slot_id,
        patient_id=session.patient_id,
        purpose=OF_KIND[slot.kind] if referral is None else Purpose.REFERRAL,
        call_key=f"{WHO}-{session.id}",
        channel=Channel.EPGU,
        subject=session.subject,
        referral_number=None if referral is None else referral.number,
        contact=session.contact,
        told=_told(session, method),
    )
    booked = booking.book(work, command, rules=rules, now=now)
    if booked.status is not BookingStatus.BOOKED:
        # A repeat that comes late must not book again what was cancelled meanwhile.
        raise WrongTurn(f"booking {booked.id} is {booked.status}")
    return booked


def can_be_told(session: PortalSession, method: Method | None) -> bool:
    """Whether what he wants is possible: nothing is, always."""
    return method is not Method.EMAIL or session.email is not None


def cancel(
    work: Work,
    session: PortalSession,
    booking_id: int,
    reason: str,
    *,
    by_patient: bool,
    rules: Rules,
    now: datetime,
) -> Booking:
    """Cancel a booking of this patient; a repeat changes nothing.

    Raises NotFound, NotYours, WrongTurn where it is over, TooLate from the start of the visit on.
    """
    status = BookingStatus.CANCELLED_BY_PATIENT if by_patient else BookingStatus.CANCELLED_BY_CLINIC
    return booking.cancel(
        work,
        booking_id,
        patient_id=session.patient_id,
        key=f"{WHO}-cancel-{booking_id}",
        rules=rules,
        now=now,
        status=status,
        reason=f"{WHO}:{reason}",
    )


def what_became_of(work: Work, session: PortalSession, booking_id: int) -> Booking:
    """The booking, or the one to which it was moved. Raises NotFound, also for another patient's; Unsettled while the
    regional system has not told.
    """
    visits = _visits(work, session)
    known = {visit.id: visit for visit in visits}
    moved_to = {visit.replaces_id: visit.id for visit in visits if visit.status not in UNMADE}
    if booking_id not in known:
        raise NotFound(f"booking {booking_id}")
    while booking_id in moved_to:
        booking_id = moved_to[booking_id]
    return errands.unless_pending(known[booking_id])


def by_referral(work: Work, session: PortalSession, number: str) -> list[Booking]:
    """What was booked with that referral, the latest visit first. Raises NotFound where nothing was; Unsettled while
    the regional system has not told of the only one.
    """
    visits = [one for one in _visits(work, session) if one.referral_number == number]
    found = [one for one in visits if one.status not in {*UNMADE, BookingStatus.MOVED}]
    for visit in [] if found else visits:
        errands.unless_pending(visit)
    if not found:
        raise NotFound("referral")
    return found


def _visits(work: Work, session: PortalSession) -> list[Booking]:
    with work.reading():
        return work.bookings.of_patient(session.patient_id, MOST)


def _told(session: PortalSession, method: Method | None) -> Told | None:
    if method is None or not can_be_told(session, method):
        return None
    return Told(method, NOTICE_AT_PORTAL, WHO, session.email if method is Method.EMAIL else None)
