"""From the policy to the booking: speciality, doctor, date and time, in this order (S3.1 to S3.3, S3.8)."""

import uuid
from datetime import date

from flask import Response, g, request
from flask.typing import ResponseReturnValue as Answer

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.identifiers import BadNumber
from ivr.domain.kiosk import KioskVisit
from ivr.domain.patient import Patient
from ivr.domain.refusals import NoSlots, NotIdentified, Overlaps, Refusal, RegionRefused, SessionOver, SlotTaken
from ivr.domain.scanned import policy_in
from ivr.domain.slot import Slot
from ivr.services import booking, choice, infomat
from ivr.services.infomat import key_of
from ivr.web.access import by_pass
from ivr.web.kiosk.asked import at_kiosk, command, day, number, speciality, visit_id
from ivr.web.kiosk.pages import pages, screen
from ivr.web.kiosk.service import kiosk, kiosk_or_none, service_or_none
from ivr.web.limits import limiter
from ivr.web.messages import told
from ivr.web.registry import words
from ivr.web.registry.fields import said
from ivr.web.site import run, site

LOST = (SlotTaken, Overlaps, RegionRefused)
"""This time he cannot have, but perhaps another one."""
NOBODY = 404
"""The status of an answer to a number that nobody has: these are counted against guessing."""


def _machine() -> str:
    here = kiosk_or_none()
    return f"kiosk-{here.id}" if here else request.remote_addr or "-"


def _per_minute() -> str:
    ours = service_or_none()
    return f"{ours.per_minute if ours else 10}/minute"


def _unknown_per_hour() -> str:
    ours = service_or_none()
    return f"{ours.unknown_per_hour if ours else 60}/hour"


def _unknown(answer: Response) -> bool:
    return answer.status_code == NOBODY


@pages.post("/policy")
@by_pass
@limiter.limit(_per_minute, key_func=_machine)
@limiter.limit(_unknown_per_hour, key_func=_machine, deduct_when=_unknown)
def policy() -> Answer:
    """The number of a policy, typed or scanned, and nothing else (S3.1)."""
    typed = request.form.get("number", "")[:2000]
    try:
        known = policy_in(typed)
    except BadNumber as problem:
        return screen("policy", error=said(problem), typed=typed if typed.isdigit() else ""), 422
    try:
        visit, patient = run(infomat.begin, kiosk(), known, now=site().now())
    except NotIdentified:
        return screen("unknown"), NOBODY
    g.kiosk_visit = visit.id
    return _specialities(patient)


@pages.post("/specialities")
@by_pass
def specialities() -> Answer:
    _, patient = at_kiosk()
    return _specialities(patient)


@pages.post("/doctors")
@by_pass
def doctors() -> Answer:
    return _doctors(*at_kiosk(), speciality())


@pages.post("/days")
@by_pass
def days() -> Answer:
    visit, _ = at_kiosk()
    return _days(visit, speciality(), number("doctor"))


@pages.post("/times")
@by_pass
def times() -> Answer:
    visit, _ = at_kiosk()
    return _times(visit, speciality(), number("doctor"), day())


@pages.post("/hold")
@by_pass
def hold() -> Answer:
    """The slot is kept while the question is on the screen; lost to somebody else: what is free now (S3.3)."""
    visit, _ = at_kiosk()
    try:
        kept = run(infomat.hold, visit, number("slot"), rules=site().rules, now=site().now())
    except LOST as refusal:
        return _times(visit, speciality(), number("doctor"), day(), _told(refusal))
    return screen("confirm", slot=kept.slot, command=uuid.uuid4().hex, day=day(), **_chosen(kept.slot))


@pages.post("/book")
@by_pass
def book() -> Answer:
    """Once, however often it is sent: also where the answer was lost and the page's turn has ended since."""
    try:
        visit, _ = at_kiosk()
        booked = run(infomat.book, visit, number("slot"), command(), rules=site().rules, now=site().now())
    except SessionOver:
        return _after_the_turn(key_of(visit_id(), command()))
    except LOST as refusal:
        return _times(visit, speciality(), number("doctor"), day(), _told(refusal))
    except NoSlots:
        return screen("no_slots")
    return _booked(booked)


@pages.post("/alive")
@by_pass
def alive() -> Answer:
    """Somebody touches the screen: what he holds stays his."""
    at_kiosk()
    return "", 204


@pages.post("/end")
@by_pass
def end() -> Answer:
    """Everything of this patient is gone, here and on the screen; whoever came while this was on its way stays."""
    run(infomat.leave, kiosk().id, visit_id())
    return "", 204


def _specialities(patient: Patient) -> str:
    found = run(infomat.specialities, patient, rules=site().rules, now=site().now())
    return screen("specialities", initials=patient.initials, specialities=found)


def _doctors(visit: KioskVisit, patient: Patient, wanted: str) -> str:
    try:
        found = run(infomat.doctors, visit, patient, wanted, rules=site().rules, now=site().now())
    except NoSlots:
        return screen("no_slots")
    return screen("doctors", speciality=run(choice.speciality_of, wanted), doctors=found, words=words)


def _days(visit: KioskVisit, wanted: str, doctor_id: int, problem: str = "") -> str:
    try:
        found = run(infomat.days, visit, wanted, doctor_id, rules=site().rules, now=site().now())
    except NoSlots:
        return screen("no_slots")
    return screen("days", days=found, problem=problem, words=words, **_who(wanted, doctor_id))


def _times(visit: KioskVisit, wanted: str, doctor_id: int, wanted_day: date, problem: str = "") -> str:
    try:
        found = run(infomat.days, visit, wanted, doctor_id, rules=site().rules, now=site().now())
    except NoSlots:
        return screen("no_slots")
    if wanted_day not in found:
        return _days(visit, wanted, doctor_id, problem)
    shown = {"day": wanted_day, "slots": found[wanted_day], "problem": problem, "words": words}
    return screen("times", **shown, **_who(wanted, doctor_id))


def _after_the_turn(key: str) -> Answer:
    """What became of the press; he begins anew where nothing was booked, since times shown to him would be of no use.

    Why the regional system has not booked it is not said: nobody knows who stands there now (4.2).
    """
    try:
        made = run(booking.result_of, key)
    except Refusal:
        return screen("over", not_made=True), 409
    if made is None or made.status is not BookingStatus.BOOKED:
        raise SessionOver
    return _booked(made, over=True)


def _booked(made: Booking, *, over: bool = False) -> str:
    return screen("booked", booking=made, over=over, **_chosen(made.slot))


def _told(refusal: Refusal) -> str:
    """Not of other visits of the patient (4.2)."""
    return told(SlotTaken() if isinstance(refusal, Overlaps) else refusal)


def _who(wanted: str, doctor_id: int) -> dict[str, object]:
    return {"speciality": run(choice.speciality_of, wanted), "doctor": run(choice.doctor, doctor_id)}


def _chosen(slot: Slot) -> dict[str, object]:
    """How a slot is told."""
    who = _who(slot.speciality, slot.doctor_id)
    doctor = run(choice.doctor, slot.doctor_id)
    here = site().hospital
    at = slot.starts_at.astimezone(site().rules.zone)
    where = here.sites.get(doctor.site, here.adult_address)
    return who | {"at": at, "room": slot.room, "where": where, "words": words}
