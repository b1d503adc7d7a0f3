"""Where a purpose leads, whether there is time, and the grid of slots (S2.4 to S2.6)."""

from dataclasses import replace
from datetime import date, timedelta

from flask import Response, jsonify

from ivr.domain.purpose import Purpose
from ivr.domain.refusals import NoSlots
from ivr.domain.slot import SlotKind
from ivr.domain.speciality import Speciality
from ivr.domain.user import Right
from ivr.services import choice, identification, purposes, search
from ivr.services import grid as grids
from ivr.services.grid import GridQuery
from ivr.services.ports import Work
from ivr.services.purposes import ROUTES, Ending
from ivr.services.search import SlotQuery
from ivr.web.access import asked_by_itself, needs, who
from ivr.web.registry import words
from ivr.web.registry.asked import AskDays, AskGrid, AskRoute, AskSlots, asked, channel_of, refuse
from ivr.web.registry.pages import pages
from ivr.web.registry.shown import cell_json, doctor_json, when
from ivr.web.site import run, site
from ivr.web.wording import telephone

MOST_DAYS = 31


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
        last = words.day(_last_day(wish.speciality))
        return jsonify(days=[], nearest=None, last=last, unreferred=not run(_may_see, query))
    late = run(search.breaches_24h, query, first, rules=rules, now=now)
    return jsonify(
        days=[{"day": day.isoformat(), "said": words.day(day), "short": words.short_day(day)} for day in found],
        nearest={"slot": first.id, "said": when(first), "late": late},
        last=words.day(_last_day(wish.speciality)),
    )


@pages.post("/visit/slots")
@needs(Right.BOOK)
@asked_by_itself
def slots() -> Response:
    wish = asked(AskDays)
    if not timedelta(0) <= wish.last - wish.first <= timedelta(days=MOST_DAYS):
        refuse("last", "Слишком много дней.")
    seen = run(grids.grid, _grid_query(wish, wish.first, wish.last), rules=site().rules, now=site().now())
    doctors = [doctor_json(one) for one in seen.doctors]
    return jsonify(doctors=doctors, cells=[cell_json(cell) for cell in seen.cells])


@pages.post("/visit/changed")
@needs(Right.BOOK)
@asked_by_itself
def changed() -> Response:
    """Single slots of the grid as they are now."""
    wish = asked(AskSlots)
    today = site().rules.today(site().now())
    query = _grid_query(wish, today, today)
    seen = run(grids.cells, wish.ids, query, rules=site().rules, now=site().now())
    return jsonify(cells=[cell_json(cell) for cell in seen])


def _may_see(work: Work, query: SlotQuery) -> bool:
    """Times kept for referrals are shown to whom a doctor has referred there (S4.2)."""
    today = site().rules.today(site().now())
    with work.reading():
        return query.kind is not SlotKind.REFERRAL or work.referrals.opens(query.patient_id, query.speciality, today)


def _staffed(work: Work) -> list[Speciality]:
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
                f"Вызовы принимают {here.home_hours}, телефон {telephone(here.registry_phone)}.",
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


def _grid_query(wish: AskGrid, first: date, last: date) -> GridQuery:
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


def _last_day(speciality: str) -> date:
    rules = site().rules
    horizon = run(choice.speciality_of, speciality).horizon_days
    return rules.last_day(rules.today(site().now()), horizon)
