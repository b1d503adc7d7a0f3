"""Booking a visit: the purpose first, then the grid, a hold, the booking; or the waiting list (S2.4 to S2.7)."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

from flask import Response, abort, jsonify, render_template, request, url_for

from ivr.domain.booking import Booking
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.domain.override import Override, Waiver
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyWaiting,
    NoSlots,
    NotAdmitted,
    NotFound,
    OutsideHorizon,
    ReferralNeeded,
    ReferralNotFound,
    Refusal,
)
from ivr.domain.slot import Channel, Hold, Slot, SlotKind
from ivr.domain.user import Right
from ivr.services import booking, choice, desk_booking, identification, look, purposes, search, waiting
from ivr.services import grid as grids
from ivr.services.booking import BookingCommand
from ivr.services.desk_booking import Beside, Brought
from ivr.services.grid import Cell, GridQuery
from ivr.services.ports import Work
from ivr.services.purposes import ROUTES, Ending
from ivr.services.search import SlotQuery
from ivr.services.waiting import Wish
from ivr.web.access import needs, user, who
from ivr.web.messages import told
from ivr.web.registry import pages, words
from ivr.web.registry.asked import (
    AskBooking,
    AskDays,
    AskDeclined,
    AskGrid,
    AskHold,
    AskOverride,
    AskRelease,
    AskRoute,
    AskSlots,
    AskWaiting,
    asked,
    channel_of,
    moment,
    refuse,
)
from ivr.web.registry.fields import said
from ivr.web.site import run, site

MOST_DAYS = 31


@pages.get("/patients/<int:patient_id>/visit")
@needs(Right.BOOK)
def visit(patient_id: int) -> str:
    """The page; what a served call has entered and holds is there already."""
    now = site().now()
    patient = run(look.patient, patient_id, who=who(), why="booking", now=now)
    came = _brought(request.args.get("call"))
    own = came is not None and came.patient_id == patient_id
    moved = _moved(patient_id, (came.moves if came and own else None) or request.args.get("moves", type=int))
    return render_template(
        "registry/visit.html",
        patient=patient,
        age=patient.age(site().rules.today(now)),
        came=came if own else None,
        call_key=came.call_key if came else None,
        key=came.call_key if came else desk_booking.page_key(user().id, uuid.uuid4().hex),
        held=_held_json(came.held, now) if came and own and came.held else None,
        moved=moved,
        purpose=moved.purpose if moved else came.purpose if came and own else None,
        speciality=moved.slot.speciality if moved else came.speciality if came and own else None,
        referrals=run(_referrals, patient_id),
        referral=came.referral if came and own and came.referral else "",
        may_override=user().may(Right.OVERRIDE),
        words=words,
        parts=words.PARTS.items(),
    )


@pages.post("/visit/route")
@needs(Right.BOOK)
def route() -> Response:
    """Where the purpose leads: to the grid, or to an ending that is said (S2.4, S2.5)."""
    wish = asked(AskRoute)
    now = site().now()
    patient = run(identification.patient_of, wish.patient)
    led = run(purposes.settle, wish.purpose, patient_id=patient.id, who=who(), now=now)
    if led.ending is not None:
        return jsonify(ending=_ending(led.ending))
    fitting = {one.key for one in run(choice.specialities_for, patient, rules=site().rules, now=now)}
    every = run(_staffed)
    offered = [
        {"key": one.key, "name": one.name, "fits": one.key in fitting, "referral": one.access.value == "referral"}
        for one in every
    ]
    return jsonify(kind=words.KINDS[led.kind or SlotKind.PRIMARY], opened_only=led.opened_only, specialities=offered)


@pages.post("/visit/days")
@needs(Right.BOOK)
def days() -> Response:
    """Whether there is time within the horizon, and where (S2.6)."""
    wish = asked(AskGrid)
    now = site().now()
    # At the window nobody needs half an hour to come (D-12 is the robot's).
    rules = replace(site().rules, lead_time=timedelta(0))
    query = _slot_query(wish)
    found = run(search.free_days, query, rules=rules, now=now)
    try:
        first = run(search.nearest, query, rules=rules, now=now)
    except NoSlots:
        return jsonify(days=[], nearest=None, last=words.day(_last_day(wish.speciality)))
    late = run(search.breaches_24h, query, first, rules=rules, now=now)
    return jsonify(
        days=[{"day": day.isoformat(), "said": words.short_day(day)} for day in found],
        nearest={"slot": first.id, "said": _when(first), "late": late},
        last=words.day(_last_day(wish.speciality)),
    )


@pages.post("/visit/slots")
@needs(Right.BOOK)
def slots() -> Response:
    wish = asked(AskDays)
    if not timedelta(0) <= wish.last - wish.first <= timedelta(days=MOST_DAYS):
        refuse("last", "Слишком много дней.")
    seen = run(grids.grid, _grid_query(wish, wish.first, wish.last), rules=site().rules, now=site().now())
    doctors = [{"id": one.id, "name": one.full_name, "short": _short(one), "room": one.room} for one in seen.doctors]
    return jsonify(doctors=doctors, cells=[_cell_json(cell) for cell in seen.cells])


@pages.post("/visit/changed")
@needs(Right.BOOK)
def changed() -> Response:
    """Single slots of the grid as they are now."""
    wish = asked(AskSlots)
    today = site().rules.today(site().now())
    query = _grid_query(wish, today, today)
    seen = run(grids.cells, wish.ids, query, rules=site().rules, now=site().now())
    return jsonify(cells=[_cell_json(cell) for cell in seen])


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
    return jsonify(_held_json(kept, now))


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
    return _made(made)


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
    return _made(made)


@pages.post("/visit/waiting")
@needs(Right.BOOK)
def join_waiting() -> Response:
    """On the waiting list, with wishes and the reason (S2.7)."""
    wish = asked(AskWaiting)
    try:
        contact = PhoneNumber.parse(wish.phone) if wish.phone else None
    except BadNumber as problem:
        refuse("phone", said(problem))
    wanted = Wish(
        wish.patient, wish.speciality, wish.doctor, wish.part, wish.reason, contact, f"desk-{user().id}-{wish.command}"
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
    named = {"patient_id": wish.patient, "speciality": wish.speciality}
    run(purposes.waiting_declined, **named, who=who(), now=site().now())  # type: ignore[arg-type]
    return jsonify(said="Отказ от листа ожидания записан.")


def _brought(call_key: str | None) -> Brought | None:
    """A call that nobody knows any more brings nothing; the page works without it."""
    if not call_key:
        return None
    try:
        return run(desk_booking.brought, call_key, now=site().now())
    except NotFound:
        return None


def _moved(patient_id: int, booking_id: int | None) -> Booking | None:
    if booking_id is None:
        return None
    old = run(booking.of_id, booking_id)
    if old.patient_id != patient_id:
        abort(404)
    return old


def _referrals(work: Work, patient_id: int) -> list[tuple[str, str]]:
    with work.reading():
        names = {one.key: one.name for one in work.staff.specialities()}
        found = work.referrals.open_of(patient_id, site().rules.today(site().now()))
    return [(one.number, names.get(one.speciality, one.speciality)) for one in found]


def _staffed(work: Work) -> Any:
    with work.reading():
        return work.staff.specialities(staffed=True)


def _ending(ending: Ending) -> list[str]:
    here = site().hospital
    match ending:
        case Ending.NURSE_POST:
            return [
                "Запись не нужна: справки и рецепты оформляет сестринский пост.",
                f"Кабинет {here.nurse_room}, часы работы {here.nurse_hours}.",
            ]
        case Ending.URGENT_ROOM:
            return [
                "Запись не нужна: примут сегодня в кабинете неотложной помощи.",
                f"Адрес: {here.adult_address}, часы работы {here.adult_hours}. При угрозе жизни — 103 или 112.",
            ]
        case Ending.HOME_VISIT:
            return [
                "Запись в сетку не нужна: оформите вызов врача на дом.",
                f"Вызовы принимают {here.home_hours}, телефон {words.telephone(here.registry_phone)}.",
            ]


def _slot_query(wish: AskGrid) -> SlotQuery:
    return SlotQuery(
        speciality=wish.speciality,
        patient_id=wish.patient,
        kind=_kind(wish.purpose),
        channel=channel_of(wish.key),
        moves=wish.moves,
        call_key=wish.key,
    )


def _grid_query(wish: AskGrid, first: Any, last: Any) -> GridQuery:
    return GridQuery(
        speciality=wish.speciality,
        first=first,
        last=last,
        patient_id=wish.patient,
        kind=_kind(wish.purpose),
        page_key=wish.key,
        channel=channel_of(wish.key),
    )


def _kind(purpose: Purpose) -> SlotKind:
    kind = ROUTES[purpose].kind
    if kind is None:
        refuse("purpose", "Для этой цели запись не нужна.")
    return kind


def _last_day(speciality: str) -> Any:
    rules = site().rules
    horizon = run(choice.speciality_of, speciality).horizon_days
    return rules.last_day(rules.today(site().now()), horizon)


def _command(wish: AskBooking, override: Override | None) -> BookingCommand:
    channel = channel_of(wish.key)
    caller = _brought(wish.key) if channel is Channel.CC else None
    return BookingCommand(
        key=f"desk-{user().id}-{wish.command}",
        slot_id=wish.slot,
        patient_id=wish.patient,
        purpose=wish.purpose,
        call_key=wish.key,
        channel=channel,
        referral_number=wish.referral or None,
        moves=wish.moves,
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


FIELDS: dict[type[Refusal], str] = {
    ReferralNeeded: "referral",
    ReferralNotFound: "referral",
    OutsideHorizon: "waived",
    NotAdmitted: "waived",
}


def _refuse_booking(refusal: Refusal) -> NoReturn:
    refuse(FIELDS.get(type(refusal), "slot"), told(refusal), 409)


def _made(made: Booking) -> Response:
    return jsonify(
        booking=made.id,
        ticket=made.ticket,
        said=f"Записан: {_when(made.slot)}. Талон № {made.ticket}.",
        talon=url_for("registry.talon_page", booking_id=made.id),
    )


def _held_json(kept: Hold, now: datetime) -> dict[str, Any]:
    return {
        "slot": kept.slot.id,
        "doctor": kept.slot.doctor_id,
        "speciality": kept.slot.speciality,
        "day": _local(kept.slot.starts_at).date().isoformat(),
        "said": _when(kept.slot),
        "seconds": max(0, int((kept.until - now).total_seconds())),
    }


def _when(slot: Slot) -> str:
    doctor = run(choice.doctor, slot.doctor_id)
    local = _local(slot.starts_at)
    return f"{words.day(local)}, {local:%H:%M}, {doctor.full_name}, кабинет {slot.room}"


def _local(at: datetime) -> datetime:
    return at.astimezone(site().rules.zone)


def _cell_json(cell: Cell) -> dict[str, Any]:
    begins, ends = _local(cell.slot.starts_at), _local(cell.slot.ends_at)
    return {
        "id": cell.slot.id,
        "doctor": cell.slot.doctor_id,
        "start": f"{begins:%Y-%m-%dT%H:%M}",
        "end": f"{ends:%Y-%m-%dT%H:%M}",
        "kind": cell.slot.kind.value,
        "kind_said": words.KINDS[cell.slot.kind],
        "mark": cell.mark.value,
        "said": words.MARKS[cell.mark],
        "lapses": _left(cell.held_until),
        "patient": cell.patient_id,
        "extra": cell.slot.extra,
    }


def _left(until: datetime | None) -> int | None:
    return None if until is None else max(0, int((until - site().now()).total_seconds() * 1000))


def _short(one: Any) -> str:
    initials = "".join(f"{name[0]}." for name in (one.given_name, one.patronymic) if name)
    return f"{one.surname} {initials}".strip()
