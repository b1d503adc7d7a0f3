"""When: the nearest slot, else day, part of day and time; the chosen slot is held for this call (S2.6, S1.6, D-14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from ivr.dialogue.call import Call, NotThere
from ivr.dialogue.endings import offer_person
from ivr.dialogue.line import Phrase
from ivr.dialogue.request import window_of
from ivr.dialogue.turns import GoBack
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import NoSlots, Overlaps, SlotTaken
from ivr.domain.slot import Slot
from ivr.domain.waiting_list import PartOfDay
from ivr.domain.window import Window
from ivr.services import booking, search
from ivr.services.search import SlotQuery
from ivr.understand.clock import Clock, Hours, TimeOfDay
from ivr.understand.days import Day, Days
from ivr.understand.grammar import Heard

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
    if call.form.window is None:
        await _promise_of_a_day(call, query, nearest)
    while True:
        offered = await _as_asked(call, query) or nearest
        local = call.local(offered.starts_at)
        if await call.offer("offer", "slot.nearest", day=local.date(), time=local.time()):
            chosen = offered
        elif _asks_for_another(call):
            continue
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


async def _as_asked(call: Call, query: SlotQuery) -> Slot | None:
    """The first slot in the days and hours that the caller asked for; else in the days; none there is said, once."""
    wish = call.form.window
    if wish is None:
        return None
    for window in (wish, Window(wish.first, wish.last)):
        slot = await call.do(search.nearest_within, query, window, rules=call.rules, now=call.desk.now())
        if slot is not None:
            return slot
        if window is wish:
            call.say("request.none")
        call.form.forget("window")
    return None


def _asks_for_another(call: Call) -> bool:
    """He refused by naming a day or a time: the search goes on there."""
    said, before = window_of(call.overheard), call.form.window
    if said is not None and said.first is None and before is not None:
        said = replace(said, first=before.first, last=before.last)  # another hour of the same days
    _forget(call, "day", "time")
    call.form.window = said
    call.entered()
    return said is not None


def _forget(call: Call, *kinds: str) -> None:
    for kind in kinds:
        call.overheard.pop(kind, None)


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
            if "day" not in call.overheard:  # to name the other one is no refusal
                refused(call)
        except GoBack:
            pass


async def _day(call: Call, days: Sequence[date]) -> date:
    """Three a page. By voice any day can be named, or several: «на следующей неделе»."""
    page = 0
    if "day" in call.overheard and (said := _days_meant(days, call.overheard.pop("day"))):
        days = said
        if len(days) == 1:
            return days[0]
    while True:
        pages = -(-len(days) // DAYS_A_MENU)
        shown = days[page * DAYS_A_MENU : (page + 1) * DAYS_A_MENU]
        keys = {str(n): day.isoformat() for n, day in enumerate(shown, 1)}
        phrases = [Phrase("day.menu", {"options": list(shown)})]
        if pages > 1:
            keys["4"] = "more"
            phrases.append(Phrase("day.more"))
        meant = partial(_day_meant, days, more=pages > 1)
        match await call.choose("options", *phrases, keys=keys, question="day", meant=meant, own=()):
            case "more":
                page = (page + 1) % pages
            case "several":
                days, page = _days_meant(days, call.overheard.pop("day")), 0
            case chosen:
                _forget(call, "day")
                return date.fromisoformat(chosen)


def _day_meant(days: Sequence[date], heard: Heard, *, more: bool) -> str | None:
    """One free day, `several` of them, or `more`. Raises TryAgain where none is free then."""
    if "day" not in heard.values:
        return "more" if more and heard.values.get("options") == "more" else None
    said = _days_meant(days, heard.values["day"])
    if not said and heard.key is not None:
        return None  # the key of that number
    if not said:
        raise NotThere("day.none_free")
    return said[0].isoformat() if len(said) == 1 else "several"


def _days_meant(days: Sequence[date], said: Day) -> Sequence[date]:
    """Those of the free days that were said; any, or the soonest, is the first one."""
    if isinstance(said, Days):
        return [day for day in days if said.first <= day <= said.last]
    return days[:1]


class _OtherDay(Exception):
    """5 in the menu of times."""


async def _time_of(call: Call, query: SlotQuery, day: date) -> Slot:
    slots = await call.do(search.free_times, query, day, PartOfDay.ANY, rules=call.rules, now=call.desk.now())
    if not slots:
        call.say("slot.taken")
        raise GoBack
    if "time" in call.overheard and (slot := await _named(call, slots)):
        return slot
    parts = {part_of(call, slot) for slot in slots}
    if len(slots) > FEW_TIMES and len(parts) > 1:
        return await _in_part(call, day, slots)
    return await _time(call, slots)


async def _in_part(call: Call, day: date, slots: Sequence[Slot]) -> Slot:
    """One of a part of the day; by voice any time can be named at once."""
    first, last = call.local(slots[0].starts_at), call.local(slots[-1].starts_at)
    call.say("day.range", day=day, first=first.time(), last=last.time())
    while True:
        chosen = await call.choose("part", meant=_part_meant)
        if chosen == "time":
            if slot := await _named(call, slots):
                return slot
            call.say("time.none_free")
        elif found := [slot for slot in slots if part_of(call, slot) == chosen]:
            return await _time(call, found)
        else:
            call.say("part.none")


async def _named(call: Call, slots: Sequence[Slot]) -> Slot | None:
    """The slot at the time that was just said, asked back where it can be two; of hours one is chosen."""
    said = call.overheard.pop("time")
    found = _slots_meant(call, slots, said)
    if not found or not isinstance(said, Clock):
        return await _time(call, found) if found else None
    at = call.local(found[0].starts_at).time()
    certain = len(found) == 1 and at == said.times[0]
    return found[0] if certain or await call.yes("time.meant", time=at) else None


def _part_meant(heard: Heard) -> str | None:
    return heard.values.get("part") or ("time" if "time" in heard.values else None)


async def _time(call: Call, slots: Sequence[Slot]) -> Slot:
    """Three a page. By voice any time can be named; one that can be two is asked back."""
    page = 0
    while True:
        pages = -(-len(slots) // TIMES_A_MENU)
        shown = slots[page * TIMES_A_MENU : (page + 1) * TIMES_A_MENU]
        keys = {str(n): str(slot.id) for n, slot in enumerate(shown, 1)} | {"4": "more", "5": "other_day"}
        times = [call.local(slot.starts_at).time() for slot in shown]
        phrases = (Phrase("time.menu", {"options": times}), Phrase("time.more"))
        meant = partial(_time_meant, call, slots)
        match await call.choose("options", *phrases, keys=keys, question="time", meant=meant, own=()):
            case "more":
                page = (page + 1) % pages
            case "other_day":
                raise _OtherDay
            case "hours":
                slots, page = _slots_meant(call, slots, call.overheard.pop("time")), 0
            case "named":
                if slot := await _named(call, slots):
                    return slot
            case picked:
                return next(slot for slot in slots if str(slot.id) == picked)


def _time_meant(call: Call, slots: Sequence[Slot], heard: Heard) -> str | None:
    """`named` or `hours`, where any is free then; `more` or `other_day`. Raises TryAgain where none is free."""
    if "day" in heard.values and "time" not in heard.values:
        return "other_day" if heard.key is None else None
    if "time" not in heard.values:
        said_of_menu: str | None = heard.values.get("options")
        return said_of_menu
    said = heard.values["time"]
    found = _slots_meant(call, slots, said)
    if not found:
        if heard.key is not None:
            return None  # the key of that number
        raise NotThere("time.none_free")
    return "named" if isinstance(said, Clock) else "hours"


def _slots_meant(call: Call, slots: Sequence[Slot], said: TimeOfDay) -> Sequence[Slot]:
    """Those that begin at a time that was said, or within the hours."""
    if isinstance(said, Clock):
        return [slot for slot in slots if call.local(slot.starts_at).time() in said.times]
    if isinstance(said, Hours):
        window = Window(since=said.since, before=said.before)
        return [slot for slot in slots if window.holds(call.local(slot.starts_at))]
    return slots


def part_of(call: Call, slot: Slot) -> PartOfDay:
    """Morning before 12:00, day before 17:00, evening from then on, on the hospital's clock."""
    hour = call.local(slot.starts_at).hour
    if hour < 12:
        return PartOfDay.MORNING
    return PartOfDay.DAY if hour < 17 else PartOfDay.EVENING
