"""Bookings: the unique indexes of the table have the last word (1.6)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.booking import FILLS_A_SLOT, Booking, BookingStatus
from ivr.domain.client import client_of
from ivr.domain.event import OF_BOOKING, EventKind
from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import AlreadyBooked, SlotTaken
from ivr.domain.slot import Channel
from ivr.services.ports import NewBooking
from ivr.storage.events import happened
from ivr.storage.register import Register, e164, found, phone
from ivr.storage.slots import slot_of
from ivr.storage.tables import bookings, slots


class BookingRegister(Register):
    def get(self, booking_id: int) -> Booking:
        return found(self._one(bookings.c.id == booking_id), f"booking {booking_id}")

    def of_key(self, key: str) -> Booking | None:
        return self._one(bookings.c.key == key)

    def of_ticket(self, ticket: str) -> Booking | None:
        return self._one(bookings.c.ticket == ticket)

    def of_call(self, call_key: str, patient_id: int) -> Booking | None:
        own = (bookings.c.patient_id == patient_id) & (bookings.c.call_key == call_key)
        return next(iter(self._all(own & (bookings.c.status == BookingStatus.BOOKED.value))), None)

    def of_call_key(self, call_key: str) -> list[Booking]:
        return sorted(self._all(bookings.c.call_key == call_key), key=lambda booking: booking.id)

    def of_doctor(self, doctor_id: int, since: datetime, until: datetime) -> list[Booking]:
        own = (slots.c.doctor_id == doctor_id) & (bookings.c.status == BookingStatus.BOOKED.value)
        return self._all(own & (slots.c.starts_at >= since) & (slots.c.starts_at < until))

    def filling(self, doctor_id: int, since: datetime, until: datetime) -> list[Booking]:
        own = (slots.c.doctor_id == doctor_id) & bookings.c.status.in_([status.value for status in FILLS_A_SLOT])
        return self._all(own & (slots.c.starts_at >= since) & (slots.c.starts_at < until))

    def mark(self, booking: Booking, status: BookingStatus) -> Booking:
        booking.becomes(status)
        self._run(update(bookings).where(bookings.c.id == booking.id).values(status=status.value))
        return self.get(booking.id)

    def active(self, patient_id: int) -> list[Booking]:
        return self._all((bookings.c.patient_id == patient_id) & (bookings.c.status == BookingStatus.BOOKED.value))

    def pending(self, patient_id: int) -> list[Booking]:
        return self._all((bookings.c.patient_id == patient_id) & (bookings.c.status == BookingStatus.PENDING.value))

    def made_far(self, booking: Booking, far_id: str, now: datetime) -> Booking:
        changes = {"status": booking.becomes(BookingStatus.BOOKED).status.value, "far_id": far_id}
        self._run(update(bookings).where(bookings.c.id == booking.id).values(changes))
        made = self.get(booking.id)
        self._tell_made(made, self._call_key(booking), now)
        return made

    def of_far(self, far_id: str) -> Booking | None:
        return self._one(bookings.c.far_id == far_id)

    def made_too_late(self, booking: Booking, far_id: str) -> None:
        self._run(update(bookings).where(bookings.c.id == booking.id).values(far_id=far_id))

    def add(self, new: NewBooking) -> Booking:
        try:
            # A savepoint: after a refusal the transaction can still be asked whose fault it was.
            with self._connection.begin_nested():
                booking_id = self._insert(bookings, **_values(new))
        except IntegrityError:
            raise self._refusal(new.booking) from None
        made = self.get(booking_id)
        if made.status is BookingStatus.BOOKED:  # what the regional system may not have made is told by nobody
            self._tell_made(made, new.call_key, made.created_at)
        return made

    def _refusal(self, booking: Booking) -> Exception:
        for other in [*self.active(booking.patient_id), *self.pending(booking.patient_id)]:
            if other.slot.speciality == booking.slot.speciality:
                return AlreadyBooked(other.id)
        filled = bookings.c.status.in_([status.value for status in FILLS_A_SLOT])
        if self._one((bookings.c.slot_id == booking.slot.id) & filled):
            return SlotTaken(booking.slot.id)
        raise

    def of_patient(self, patient_id: int, limit: int) -> list[Booking]:
        return self._all(bookings.c.patient_id == patient_id)[::-1][:limit]

    def close(
        self, booking: Booking, status: BookingStatus, *, key: str | None, now: datetime, reason: str | None = None
    ) -> Booking:
        booking.becomes(status)
        changes = {"status": status.value, "closed_at": now, "closed_key": key, "close_reason": reason}
        self._run(update(bookings).where(bookings.c.id == booking.id).values(changes))
        if status in OF_BOOKING:
            self._tell(OF_BOOKING[status], booking, self._call_key(booking), now)
        return self.get(booking.id)

    def _call_key(self, booking: Booking) -> str | None:
        return self._run(select(bookings.c.call_key).where(bookings.c.id == booking.id)).scalar()

    def _tell_made(self, made: Booking, call_key: str | None, now: datetime) -> None:
        kind = EventKind.MADE if made.replaces_id is None else EventKind.MOVED
        self._tell(kind, made, call_key, now)

    def _tell(self, kind: EventKind, booking: Booking, call_key: str | None, now: datetime) -> None:
        """Other systems hear of it with the commit."""
        facts = {
            "booking": booking.id,
            "replaces": booking.replaces_id,
            "slot": booking.slot.id,
            "patient": booking.patient_id,
        }
        happened(self._connection, kind, facts, client_of(call_key), now)

    def _one(self, condition: ColumnElement[bool]) -> Booking | None:
        return next(iter(self._all(condition)), None)

    def _all(self, condition: ColumnElement[bool]) -> list[Booking]:
        joined = select(bookings, slots).join(slots, slots.c.id == bookings.c.slot_id)
        chosen = joined.where(condition).order_by(slots.c.starts_at, bookings.c.id)
        return [_booking(row) for row in self._run(chosen).mappings()]


def _booking(row: RowMapping) -> Booking:
    own = bookings.c
    return Booking(
        id=row[own.id],
        ticket=row[own.ticket],
        slot=slot_of(row),
        patient_id=row[own.patient_id],
        purpose=Purpose(row[own.purpose]),
        channel=Channel(row[own.channel]),
        status=BookingStatus(row[own.status]),
        created_at=row[own.created_at],
        referral_number=row[own.referral_number],
        subject=Subject(row[own.subject]),
        contact=phone(row[own.contact]),
        replaces_id=row[own.replaces_id],
        closed_at=row[own.closed_at],
        closed_key=row[own.closed_key],
        close_reason=row[own.close_reason],
        overrides=row[own.overrides],
        override_reason=row[own.override_reason],
        far_id=row[own.far_id],
    )


def _values(new: NewBooking) -> dict[str, Any]:
    booking = new.booking
    return {
        "key": new.key,
        "ticket": booking.ticket,
        "slot_id": booking.slot.id,
        "patient_id": booking.patient_id,
        "speciality": booking.slot.speciality,
        "purpose": booking.purpose.value,
        "channel": booking.channel.value,
        "subject": booking.subject.value,
        "status": booking.status.value,
        "created_at": booking.created_at,
        "call_key": new.call_key,
        "contact": e164(booking.contact),
        "referral_number": booking.referral_number,
        "replaces_id": booking.replaces_id,
        "overrides": booking.overrides,
        "override_reason": booking.override_reason,
    }
