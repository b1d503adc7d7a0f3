"""A visit comes to stand, or ends: the same whether we say so or the regional system, and always in one transaction."""

from datetime import datetime, timedelta
from uuid import uuid4

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.errand import ErrandKind, NewErrand
from ivr.domain.rules import Rules
from ivr.domain.worklist import TaskResult
from ivr.services.aftermath import booked as note_booked
from ivr.services.aftermath import clinic_moved as note_clinic_moved
from ivr.services.aftermath import freed as note_freed
from ivr.services.outreach import came_to
from ivr.services.ports import Work

LEASE = timedelta(seconds=60)
"""Longer than any question to the regional system lasts; after a crash somebody else goes on with the errand."""


def make_room(
    work: Work, old: Booking | None, *, call_key: str, key: str, reason: str | None, rules: Rules, now: datetime
) -> None:
    """The booking that is moved gives way, and a call of ours has come to its result.

    Before anything is dropped that the new booking makes needless: it would be over before it had its result.
    """
    came_to(work, call_key, TaskResult.BOOKED if old is None else TaskResult.MOVED, now)
    if old is not None:
        close(work, old, BookingStatus.MOVED, key, rules, now, reason)


def stands(
    work: Work, booking: Booking, *, by: str | None, clinic_reason: str | None, rules: Rules, now: datetime
) -> None:
    """The booking is made: feedback, notices, the waiting list, the audit log."""
    note_booked(work, booking, rules, now)
    if clinic_reason is not None:
        note_clinic_moved(work, booking, rules, now)
    if by is not None:
        work.audit.add(who=by, action="booking.made", detail=_told(booking, clinic_reason), now=now)


def close(
    work: Work,
    booking: Booking,
    status: BookingStatus,
    key: str,
    rules: Rules,
    now: datetime,
    reason: str | None = None,
) -> Booking:
    """End a booking before its visit: its slot is free again, and the regional system will be told."""
    booking.becomes(status)
    booking.must_not_have_begun(now)
    closed = work.bookings.close(booking, status, key=key, now=now, reason=reason)
    work.slots.free(booking.slot.id)
    if booking.far_id is not None:
        work.errands.add(NewErrand(ErrandKind.CANCEL, booking.id, uuid4()), leased_until=None, now=now)
    note_freed(work, closed, rules, now)
    return closed


def _told(booking: Booking, clinic_reason: str | None) -> dict[str, object]:
    told: dict[str, object] = {"booking": booking.id, "patient": booking.patient_id, "moved": booking.replaces_id}
    if clinic_reason is not None:
        told["moved_for"] = clinic_reason
    if booking.overrides:
        told |= {"overrides": booking.overrides, "reason": booking.override_reason}
    return told
