"""When: the nearest slot, else day, part of day and time; the chosen slot is held for this call (S2.6, S1.6, D-14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from ivr.dialogue.call import Call
from ivr.dialogue.endings import offer_person
from ivr.dialogue.line import Phrase
from ivr.dialogue.turns import GoBack
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import NoSlots, Overlaps, SlotTaken
from ivr.domain.slot import Slot
from ivr.domain.waiting_list import PartOfDay
from ivr.services import booking, search
from ivr.services.search import SlotQuery

REFUSALS = 2
"""Offered times refused before the waiting list is offered (S2.7)."""
DAYS_A_MENU = 3
TIMES_A_MENU = 3
FEW_TIMES = 6
"""So many times of one day are read out without asking for the part of the day."""


class Refused(Exception):
    """The offered times do not suit (S2.7)."""


async def choose_time(call: Call, query: SlotQuery) -> Slot:
    """Return a slot held for this call. Raises NoSlots, or Refused after two refusals."""
    nearest = await call.do(search.nearest, query, rules=call.rules, now=call.desk.now())
    await _promise_of_a_day(call, query, nearest)
    while True:
        local = call.local(nearest.starts_at)
        if await call.yes("slot.nearest", day=local.date(), time=local.time()):
            chosen = nearest
        else:
            refused(call)
            try:
                chosen = await _browse(call, query)
            except GoBack:
                call.form.refusals -= 1  # he hears the same time again: that is one refusal, not two
                continue
        if await held(call, query, chosen):
            return chosen
        nearest = await call.do(search.nearest, query, rules=call.rules, now=call.desk.now())


async def held(call: Call, query: SlotQuery, slot: Slot) -> bool:
    """Hold the slot; False, with the reason said, where somebody was faster (S1.6) or it overlaps another visit."""
    try:
        await call.do(
            booking.hold,
            slot.id,
            patient_id=query.patient_id,
            call_key=call.key,
            rules=call.rules,
            now=call.desk.now(),
            moves=query.moves,
        )
    except SlotTaken:
        call.say("slot.taken")
        return False
    except Overlaps:
        call.say("booking.overlap")
        return False
    call.form.slot_id = slot.id
    call.entered()
    return True


def refused(call: Call) -> None:
    """Count a refusal of offered times; the second one leads to the waiting list."""
    call.form.refusals += 1
    if call.form.refusals >= REFUSALS:
        raise Refused


async def _promise_of_a_day(call: Call, query: SlotQuery, nearest: Slot) -> None:
    """A district doctor sees a patient within 24 hours; where none of them can, a person may help (D-02)."""
    if call.form.purpose is not Purpose.ILLNESS or call.form.moves:
        return
    anybody = nearest
    if query.doctor_id is not None:  # he has chosen to wait for his own
        anybody = await call.do(search.nearest, replace(query, doctor_id=None), rules=call.rules, now=call.desk.now())
    if await call.do(search.breaches_24h, query, anybody, rules=call.rules, now=call.desk.now()):
        call.note("sla_24h", "breached")
        call.say("slot.not_today")
        await offer_person(call, "sla_24h")
    elif call.local(anybody.starts_at).date() > call.today():
        call.say("slot.not_today")


async def _browse(call: Call, query: SlotQuery) -> Slot:
    """Day, part of day, time. 9 leads one question back."""
    while True:
        days = await call.do(search.free_days, query, rules=call.rules, now=call.desk.now())
        if not days:
            raise NoSlots
        day = await _day(call, days)
        try:
            return await _time_of(call, query, day)
        except _OtherDay:
            refused(call)
        except GoBack:
            pass


async def _day(call: Call, days: Sequence[date]) -> date:
    page = 0
    pages = -(-len(days) // DAYS_A_MENU)
    while True:
        shown = days[page * DAYS_A_MENU : (page + 1) * DAYS_A_MENU]
        keys = {str(n): day.isoformat() for n, day in enumerate(shown, 1)}
        phrases = [Phrase("day.menu", {"options": list(shown)})]
        if pages > 1:
            keys["4"] = "more"
            phrases.append(Phrase("day.more"))
        chosen = await call.choose("options", *phrases, keys=keys)
        if chosen != "more":
            return date.fromisoformat(chosen)
        page = (page + 1) % pages


class _OtherDay(Exception):
    """5 in the menu of times."""


async def _time_of(call: Call, query: SlotQuery, day: date) -> Slot:
    slots = await call.do(search.free_times, query, day, PartOfDay.ANY, rules=call.rules, now=call.desk.now())
    if not slots:
        call.say("slot.taken")
        raise GoBack
    parts = {part_of(call, slot) for slot in slots}
    if len(slots) > FEW_TIMES and len(parts) > 1:
        part = await _part(call, day, slots, parts)
        slots = [slot for slot in slots if part_of(call, slot) is part]
    return await _time(call, slots)


async def _part(call: Call, day: date, slots: Sequence[Slot], parts: set[PartOfDay]) -> PartOfDay:
    first, last = call.local(slots[0].starts_at), call.local(slots[-1].starts_at)
    call.say("day.range", day=day, first=first.time(), last=last.time())
    while True:
        part = PartOfDay(await call.choose("part"))
        if part in parts:
            return part
        call.say("part.none")


async def _time(call: Call, slots: Sequence[Slot]) -> Slot:
    page = 0
    pages = -(-len(slots) // TIMES_A_MENU)
    while True:
        shown = slots[page * TIMES_A_MENU : (page + 1) * TIMES_A_MENU]
        keys = {str(n): str(slot.id) for n, slot in enumerate(shown, 1)} | {"4": "more", "5": "other_day"}
        times = [call.local(slot.starts_at).time() for slot in shown]
        chosen = await call.choose("options", Phrase("time.menu", {"options": times}), Phrase("time.more"), keys=keys)
        match chosen:
            case "more":
                page = (page + 1) % pages
            case "other_day":
                raise _OtherDay
            case picked:
                return next(slot for slot in shown if str(slot.id) == picked)


def part_of(call: Call, slot: Slot) -> PartOfDay:
    """Morning before 12:00, day before 17:00, evening from then on, on the hospital's clock."""
    hour = call.local(slot.starts_at).hour
    if hour < 12:
        return PartOfDay.MORNING
    return PartOfDay.DAY if hour < 17 else PartOfDay.EVENING
