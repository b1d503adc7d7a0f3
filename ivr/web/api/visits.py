"""Holds, visits and the waiting list of patients whom the client has named."""

from ivr.domain.booking import Booking
from ivr.domain.client import Scope
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyBooked,
    AlreadyWaiting,
    HoldLost,
    KeyReused,
    NeedsPerson,
    NotAdmitted,
    NotAttached,
    NotFound,
    NotIdentified,
    OutsideHorizon,
    Overlaps,
    ReferralNeeded,
    ReferralNotFound,
    RegionRefused,
    RegionUnreached,
    SlotTaken,
    TooLate,
    TooManyBookings,
    WrongTurn,
)
from ivr.services import client_visits
from ivr.services.waiting import Wish
from ivr.web.api import shown
from ivr.web.api.endpoint import Part
from ivr.web.api.models import (
    Bookings,
    BookingShown,
    Cancel,
    Entries,
    EntryShown,
    HoldShown,
    Move,
    NewBooking,
    NewEntry,
    NewHold,
    Nothing,
)
from ivr.web.clients import client
from ivr.web.site import run, site

holds = Part("Бронь времени", (Scope.BOOK,))
visits = Part("Записи", (Scope.BOOK,))
waiting = Part("Лист ожидания", (Scope.WAITING,))
BOOKING = (
    KeyReused,
    NotIdentified,
    NotFound,
    SlotTaken,
    HoldLost,
    AlreadyBooked,
    Overlaps,
    TooManyBookings,
    NotAdmitted,
    NotAttached,
    OutsideHorizon,
    ReferralNeeded,
    ReferralNotFound,
    RegionRefused,
    RegionUnreached,
    NeedsPerson,
)


@holds.put(
    "/patients/<int:patient>/hold",
    "Забронировать время, прежняя бронь пациента снимается",
    HoldShown,
    refusals=(NotIdentified, NotFound, SlotTaken, OutsideHorizon, Overlaps, NeedsPerson),
)
def hold(patient: int, body: NewHold) -> HoldShown:
    held = run(
        client_visits.hold,
        client(),
        patient,
        body.slot,
        moves=body.moves,
        rules=site().rules,
        now=site().now(),
    )
    return shown.hold(held)


@holds.get(
    "/patients/<int:patient>/hold",
    "Что забронировано и сколько осталось",
    HoldShown,
    refusals=(NotIdentified, NotFound),
)
def held(patient: int) -> HoldShown:
    return shown.hold(run(client_visits.held, client(), patient, now=site().now()))


@holds.post(
    "/patients/<int:patient>/hold/renew",
    "Продлить бронь",
    HoldShown,
    keyed=False,
    refusals=(NotIdentified, HoldLost),
)
def renew(patient: int, body: Nothing) -> HoldShown:
    return shown.hold(run(client_visits.renew, client(), patient, rules=site().rules, now=site().now()))


@holds.delete("/patients/<int:patient>/hold", "Снять бронь", refusals=(NotIdentified,))
def release(patient: int) -> None:
    run(client_visits.release, client(), patient, now=site().now())


@visits.get("/patients/<int:patient>/visits", "Предстоящие записи пациента", Bookings, refusals=(NotIdentified,))
def upcoming(patient: int) -> Bookings:
    return shown.bookings(run(client_visits.visits, client(), patient, now=site().now()))


@visits.post("/bookings", "Записать", BookingShown, status=201, refusals=BOOKING)
def book(body: NewBooking, key: str) -> BookingShown:
    return _booked(
        body.patient, body.slot, body.purpose, body.referral, body.contact, key, subject=body.subject, moves=None
    )


@visits.get("/bookings/<int:booking>", "Одна запись", BookingShown, refusals=(NotFound,))
def visit(booking: int) -> BookingShown:
    return shown.booking(_visit(booking))


@visits.post(
    "/bookings/<int:booking>/move", "Перенести", BookingShown, status=201, refusals=(*BOOKING, TooLate, WrongTurn)
)
def move(booking: int, body: Move, key: str) -> BookingShown:
    old = _visit(booking)
    return _booked(
        old.patient_id, body.slot, old.purpose, body.referral, body.contact, key, subject=old.subject, moves=booking
    )


@visits.post(
    "/bookings/<int:booking>/cancel",
    "Отменить",
    BookingShown,
    refusals=(KeyReused, NotFound, TooLate, WrongTurn),
)
def cancel(booking: int, body: Cancel, key: str) -> BookingShown:
    cancelled = run(
        client_visits.cancel,
        client(),
        booking,
        key=key,
        reason=body.reason,
        rules=site().rules,
        now=site().now(),
    )
    return shown.booking(cancelled)


@waiting.get("/patients/<int:patient>/waiting", "Где пациент ждёт", Entries, refusals=(NotIdentified,))
def entries(patient: int) -> Entries:
    found = run(client_visits.entries, client(), patient, rules=site().rules, now=site().now())
    return Entries(entries=[shown.entry(one) for one in found])


@waiting.post(
    "/waiting",
    "Поставить в лист ожидания",
    EntryShown,
    status=201,
    refusals=(KeyReused, NotIdentified, NotFound, AlreadyWaiting, NeedsPerson),
)
def join(body: NewEntry, key: str) -> EntryShown:
    wish = Wish(
        patient_id=body.patient,
        speciality=body.speciality,
        doctor_id=body.doctor,
        part_of_day=body.part_of_day,
        reason=body.reason,
        contact=_phone(body.contact),
        key=client().key(key),
    )
    return shown.entry(run(client_visits.join, client(), wish, rules=site().rules, now=site().now()))


@waiting.post(
    "/waiting/<int:entry>/leave", "Убрать из листа ожидания", EntryShown, refusals=(KeyReused, NotFound, WrongTurn)
)
def leave(entry: int, body: Nothing) -> EntryShown:
    return shown.entry(run(client_visits.leave, client(), entry, now=site().now()))


def _visit(booking: int) -> Booking:
    return run(client_visits.visit, client(), booking, now=site().now())


def _booked(
    patient: int,
    slot: int,
    purpose: Purpose,
    referral: str | None,
    contact: str | None,
    key: str,
    *,
    subject: Subject,
    moves: int | None,
) -> BookingShown:
    booked = run(
        client_visits.book,
        client(),
        patient,
        slot,
        purpose,
        key=key,
        subject=subject,
        referral=referral,
        moves=moves,
        contact=_phone(contact),
        rules=site().rules,
        now=site().now(),
    )
    return shown.booking(booked)


def _phone(number: str | None) -> PhoneNumber | None:
    return None if number is None else PhoneNumber(number)
