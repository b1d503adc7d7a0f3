"""Holding a slot, booking it, a rule set aside, the waiting list (S2.6, S2.7)."""

from typing import NoReturn

from flask import Response, jsonify, url_for

from ivr.domain.booking import Booking
from ivr.domain.consent import REMIND_AT_BOOKING
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.domain.override import Override, Waiver
from ivr.domain.refusals import (
    AlreadyWaiting,
    NotAdmitted,
    NotFound,
    OutsideHorizon,
    ReferralNeeded,
    ReferralNotFound,
    Refusal,
)
from ivr.domain.slot import Channel
from ivr.domain.user import Right
from ivr.services import booking, consent, desk_booking, purposes, waiting
from ivr.services.booking import BookingCommand
from ivr.services.desk_booking import Beside
from ivr.services.waiting import Wish
from ivr.web.access import needs, user, who
from ivr.web.messages import told
from ivr.web.registry.asked import (
    AskBooking,
    AskConsent,
    AskDeclined,
    AskHold,
    AskOverride,
    AskRelease,
    AskWaiting,
    asked,
    channel_of,
    moment,
    refuse,
)
from ivr.web.registry.fields import said
from ivr.web.registry.pages import pages
from ivr.web.registry.shown import held_json, when
from ivr.web.registry.visit import brought
from ivr.web.site import run, site

FIELDS: dict[type[Refusal], str] = {
    ReferralNeeded: "referral",
    ReferralNotFound: "referral",
    OutsideHorizon: "waived",
    NotAdmitted: "waived",
}


@pages.post("/visit/hold")
@needs(Right.BOOK)
def hold() -> Response:
    """Keep a slot for this page; every other page sees it at once."""
    wish = asked(AskHold)
    now = site().now()
    try:
        kept = run(
            desk_booking.hold,
            wish.slot,
            patient_id=wish.patient,
            key=wish.key,
            channel=channel_of(wish.key),
            rules=site().rules,
            now=now,
            moves=wish.moves,
            beyond=user().may(Right.OVERRIDE),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        refuse("slot", told(refusal), 409)
    return jsonify(held_json(kept, now))


@pages.post("/visit/release")
@needs(Right.BOOK)
def release() -> Response:
    wish = asked(AskRelease)
    channel_of(wish.key)
    run(booking.release, wish.key)
    return jsonify(released=True)


@pages.post("/visit/book")
@needs(Right.BOOK)
def book() -> Response:
    """Once for one press, however often it is sent."""
    wish = asked(AskBooking)
    try:
        made = run(booking.book, _command(wish, None), rules=site().rules, now=site().now())
    except NotFound:
        raise
    except Refusal as refusal:
        _refuse_booking(refusal)
    return _made(made, wish)


@pages.post("/visit/override")
@needs(Right.OVERRIDE)
def override() -> Response:
    """A rule set aside with a reason, which stays with the booking and in the audit log."""
    wish = asked(AskOverride)
    command = _command(wish, Override(frozenset(wish.waived), wish.reason))
    now = site().now()
    try:
        if Waiver.OVERBOOK in wish.waived:
            made = run(desk_booking.overbook, command, _beside(wish), rules=site().rules, now=now)
            run(booking.release, wish.key)
        elif wish.slot:
            made = run(booking.book, command, rules=site().rules, now=now)
        else:
            refuse("slot", "Сначала выберите время в сетке.")
    except NotFound:
        raise
    except Refusal as refusal:
        _refuse_booking(refusal)
    return _made(made, wish)


@pages.post("/visit/consent")
@needs(Right.BOOK)
def consent_to_reminder() -> Response:
    """May we call or write before the visit? Without a yes nobody does (S3.5, D-09)."""
    wish = asked(AskConsent)
    channel = channel_of(wish.key)
    given = wish.method != "NONE"
    phone = _phone(wish.phone, "consent")
    if given and phone is None:
        refuse("consent", "Укажите телефон, по которому напомнить.")
    made = run(booking.of_id, wish.booking)
    run(
        consent.record,
        patient_id=made.patient_id,
        booking_id=made.id,
        purpose="REMINDER",
        given=given,
        method=wish.method if given else "CALL",
        phone=phone,
        wording=REMIND_AT_BOOKING.version,
        words=REMIND_AT_BOOKING.text,
        call_key=wish.key,
        channel=channel,
        proof="desk:oral",
        noted_by=who(),
        now=site().now(),
    )
    return jsonify(said="Согласие записано." if given else "Отказ записан: напоминать не будем.")


@pages.post("/visit/waiting")
@needs(Right.BOOK)
def join_waiting() -> Response:
    """On the waiting list, with wishes and the reason (S2.7)."""
    wish = asked(AskWaiting)
    contact = _phone(wish.phone)
    key = f"desk-{user().id}-{wish.command}"
    wanted = Wish(
        wish.patient, wish.speciality, wish.doctor, wish.part, wish.reason, contact, key, suspicion=wish.suspicion
    )
    try:
        entry = run(waiting.join, wanted, rules=site().rules, now=site().now())
    except AlreadyWaiting as refusal:
        refuse("part", told(refusal), 409)
    until = entry.deadline.astimezone(site().rules.zone)
    return jsonify(said=f"Пациент в листе ожидания. Предложить время нужно до {until:%d.%m.%Y %H:%M}.")


@pages.post("/visit/declined")
@needs(Right.BOOK)
def declined() -> Response:
    wish = asked(AskDeclined)
    run(
        purposes.waiting_declined,
        patient_id=wish.patient,
        speciality=wish.speciality,
        who=who(),
        now=site().now(),
    )
    return jsonify(said="Отказ от листа ожидания записан.")


def _phone(text: str, field: str = "phone") -> PhoneNumber | None:
    try:
        return PhoneNumber.parse(text) if text else None
    except BadNumber as problem:
        refuse(field, said(problem))


def _command(wish: AskBooking, override: Override | None) -> BookingCommand:
    channel = channel_of(wish.key)
    caller = brought(wish.key) if channel is Channel.CC else None
    return BookingCommand(
        key=f"desk-{user().id}-{wish.command}",
        slot_id=wish.slot,
        patient_id=wish.patient,
        purpose=wish.purpose,
        call_key=wish.key,
        channel=channel,
        referral_number=wish.referral or None,
        moves=wish.moves,
        clinic_reason=wish.clinic_reason if wish.moves else None,
        contact=caller.caller if caller else None,
        by=who(),
        override=override,
    )


def _beside(wish: AskOverride) -> Beside:
    if wish.doctor is None:
        refuse("doctor", "Выберите врача.")
    if wish.day is None:
        refuse("day", "Выберите дату.")
    if wish.at is None:
        refuse("at", "Укажите время.")
    return Beside(wish.doctor, moment(wish.day, wish.at), wish.minutes)


def _refuse_booking(refusal: Refusal) -> NoReturn:
    refuse(FIELDS.get(type(refusal), "slot"), told(refusal), 409)


def _made(made: Booking, wish: AskBooking) -> Response:
    by_clinic = wish.moves is not None and wish.clinic_reason is not None
    told = " Пациенту сообщат о переносе звонком." if by_clinic else ""
    return jsonify(
        booking=made.id,
        ticket=made.ticket,
        said=f"Записан: {when(made.slot)}. Талон № {made.ticket}.{told}",
        present=not by_clinic,
        talon=url_for("registry.talon_page", booking_id=made.id),
    )
