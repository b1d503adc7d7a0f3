"""A small hospital for transcripts: real stories, real use cases, a real SQLite file, a clock that obeys."""

import csv
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from ivr.data import bundled
from ivr.desk import StoredJournal
from ivr.dialogue import inbound, outbound, queue
from ivr.dialogue.call import Call
from ivr.dialogue.ears import Ears, load_hearings
from ivr.dialogue.endings import conduct
from ivr.dialogue.line import Line
from ivr.dialogue.menus import load_menus
from ivr.dialogue.tape import Tape, TapeLine
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.purpose import Purpose
from ivr.domain.rules import Rules
from ivr.services import booking, calls, doctor_room, follow_up
from ivr.services.booking import BookingCommand
from ivr.services.follow_up import Order
from ivr.services.ports import StorageDown
from ivr.speech.verbalise.specialities import read_specialities
from ivr.storage import tables
from ivr.understand.grammar import Grammar
from tests.dialogue import facts, region, ringing

MOSCOW = ZoneInfo("Europe/Moscow")
STORIES = {
    "inbound": inbound.answer,
    "callback": queue.callback,
    "unserved": queue.unserved,
    "outbound": outbound.answer,
}


def a_grammar(prompts: Path) -> Grammar:
    """That of the demo hospital, with its doctors."""
    menus, specialities = load_menus(prompts / "menus.ru.toml"), read_specialities(prompts / "specialities.toml")
    with bundled("doctors.csv").open(encoding="utf-8") as file:
        doctors = [(row["surname"], row["sex"]) for row in csv.DictReader(file, delimiter=";")]
    return Grammar(
        {name: menu.words for name, menu in menus.items()},
        {key: speciality.said for key, speciality in specialities.items()},
        doctors,
    )


@cache
def _menus(prompts: Path):
    return load_menus(prompts / "menus.ru.toml")


@cache
def _ears(prompts: Path) -> Ears:
    """No call of a world teaches it new doctors: all worlds share it."""
    return Ears(a_grammar(prompts), load_hearings(prompts / "voice.ru.toml"))


class World:
    """Everything a call needs, at a moment of choice. Implements Desk."""

    def __init__(self, *, new_work, engine, rules: Rules, hospital, phrasebook, prompts: Path, now: datetime) -> None:
        self.rules = rules
        self.hospital = hospital
        self.phrasebook = phrasebook
        self.menus = _menus(prompts)
        self.ears = _ears(prompts)
        self.engine = engine
        self.clock = now
        self.recorded = True
        self.paused = 0.0
        self.before: dict[str, list[Callable[..., None]]] = {}
        self.after: dict[str, list[Callable[..., None]]] = {}
        self.new_work = new_work
        self.dialled: str | None = None
        """The key of the attempt whose call is answered."""
        self.machine = False
        """Asterisk takes who has answered for a machine."""
        self.closing: list[Callable[[], None]] = []
        self._keys = itertools.count(1)

    def now(self) -> datetime:
        return self.clock

    async def do(self, use_case: Callable[..., Any], *args: Any, **named: Any) -> Any:
        for act in self.before.get(use_case.__name__, []):
            act(*args)
        value = use_case(self.new_work(), *args, **named)
        for act in self.after.get(use_case.__name__, []):
            act(*args)
        return value

    async def pause(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    async def converse(self, line: Line, caller: PhoneNumber | None, story: str = "inbound") -> str:
        key = self.dialled or f"call-{next(self._keys):04}"
        await self.do(calls.begin, call_key=key, caller=caller, line="inbound", now=self.clock)
        call = Call(
            line=line,
            phrasebook=self.phrasebook,
            menus=self.menus,
            ears=self.ears,
            desk=self,
            journal=StoredJournal(self, key),
            key=key,
            caller=caller,
            recorded=self.recorded,
        )
        outcome = await conduct(call, outbound.machine if self.machine else STORIES[story])
        self.last_key = key
        return outcome

    async def play(self, tape: Tape) -> list[str]:
        """Play a transcript in memory and return the talk, the ending and what changed."""
        caller = await self.arrange(tape)
        before = facts.snapshot(self.engine)
        line = TapeLine(tape.keyed, waiting=int(tape.setting("queue") or 0))
        outcome = await self.converse(line, caller, tape.setting("story") or "inbound")
        return [*line.talk, *self.result(outcome, before)]

    async def arrange(self, tape: Tape) -> PhoneNumber | None:
        """Bring about the state of the world that the transcript begins with; return its caller."""
        caller = PhoneNumber.parse(tape.setting("caller")) if tape.setting("caller") else None
        for name, value in tape.settings:
            if name == "given":
                state, _, rest = value.partition(" ")
                await STATES[state](self, caller, rest)
        return caller

    def result(self, outcome: str, before: dict[str, Any]) -> list[str]:
        """How the last call ended and what it changed."""
        reason = facts.reason_of(self.engine, self.last_key)
        changes = facts.changes(self.engine, before, self.rules.zone)
        return [f"-- {outcome} {reason or ''}".rstrip(), *(f"== {change}" for change in changes)]


async def _earlier(world: World, caller: PhoneNumber | None, value: str) -> None:
    await world.converse(TapeLine(value.split()), caller)
    world.clock += timedelta(minutes=3)


async def _earlier_by(world: World, caller: PhoneNumber | None, value: str) -> None:
    other, _, keys = value.partition(" ")
    await _earlier(world, PhoneNumber.parse(other), keys)


async def _no_slots(world: World, caller: PhoneNumber | None, speciality: str) -> None:
    """Somebody else holds everything for the whole day."""
    with world.engine.begin() as connection:
        connection.execute(
            update(tables.slots)
            .where(tables.slots.c.speciality == speciality)
            .values(held_by="somebody", held_until=world.clock + timedelta(days=1))
        )


async def _rival(world: World, caller: PhoneNumber | None, use_case: str) -> None:
    """Just before our first hold, another caller takes that very slot."""
    once = iter([True])

    def takes(slot: int) -> None:
        if next(once, False):
            with world.engine.begin() as connection:
                connection.execute(
                    update(tables.slots)
                    .where(tables.slots.c.id == slot)
                    .values(held_by="rival", held_until=world.clock + timedelta(minutes=3))
                )

    world.before["hold"] = [takes]


async def _late(world: World, caller: PhoneNumber | None, use_case: str) -> None:
    """The visit begins while the caller thinks."""

    def begins(*_: Any) -> None:
        world.clock += timedelta(days=20)

    world.after[use_case] = [begins]


async def _overlap(world: World, caller: PhoneNumber | None, use_case: str) -> None:
    """Just before our first hold, the registry books the same patient to a surgeon at that very time."""
    once = iter([True])

    def books(slot_id: int) -> None:
        if next(once, False):
            surgeon = facts.free_slot_at_the_time_of(world.engine, slot_id, "surgeon")
            command = BookingCommand(
                key="registry", slot_id=surgeon, patient_id=1, purpose=Purpose.ILLNESS, call_key="registry"
            )
            booking.book(world.new_work(), command, rules=world.rules, now=world.clock)

    world.before[use_case] = [books]


async def _certificate_expired(world: World, caller: PhoneNumber | None, _: str) -> None:
    yesterday = world.clock.date() - timedelta(days=1)
    with world.engine.begin() as connection:
        connection.execute(update(tables.patients).values(certificate_until=yesterday))


async def _deadline_near(world: World, caller: PhoneNumber | None, _: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(tables.waiting_entries).values(deadline=world.clock + timedelta(hours=1)))


async def _doctor_absent(world: World, caller: PhoneNumber | None, code: str) -> None:
    """Nothing of this doctor is free."""
    doctor = select(tables.doctors.c.id).where(tables.doctors.c.code == code).scalar_subquery()
    with world.engine.begin() as connection:
        connection.execute(update(tables.slots).where(tables.slots.c.doctor_id == doctor).values(state="CLOSED"))


async def _doctor_busy(world: World, caller: PhoneNumber | None, code: str) -> None:
    """Nothing of this doctor is free for two days."""
    doctor = select(tables.doctors.c.id).where(tables.doctors.c.code == code).scalar_subquery()
    soon = (tables.slots.c.doctor_id == doctor, tables.slots.c.starts_at < world.clock + timedelta(days=2))
    with world.engine.begin() as connection:
        connection.execute(update(tables.slots).where(*soon, tables.slots.c.state == "FREE").values(state="CLOSED"))


async def _storage_down(world: World, caller: PhoneNumber | None, use_case: str) -> None:
    world.before[use_case] = [_raise(StorageDown("given by the transcript"))]


async def _storage_down_after(world: World, caller: PhoneNumber | None, use_case: str) -> None:
    world.after[use_case] = [_raise(StorageDown("given by the transcript"))]


async def _crash(world: World, caller: PhoneNumber | None, use_case: str) -> None:
    world.before[use_case] = [_raise(ZeroDivisionError("given by the transcript"))]


async def _crash_after(world: World, caller: PhoneNumber | None, use_case: str) -> None:
    """The program dies once, when the use case has just done its work."""
    once = iter([True])

    def dies(*_: Any) -> None:
        if next(once, False):
            raise ZeroDivisionError("given by the transcript")

    world.after[use_case] = [dies]


def _raise(problem: Exception) -> Callable[..., None]:
    def act(*_: Any) -> None:
        raise problem

    return act


async def _failed_identifications(world: World, caller: PhoneNumber | None, count: str) -> None:
    keys = ["1", "1", "2", "1"] + ["6256410854009015#", "1", "13031985#", "1"] * 3
    for _ in range(-(-int(count) // 3)):
        await world.converse(TapeLine(keys), caller)


async def _sent_on(world: World, caller: PhoneNumber | None, how: str) -> None:
    """After today's visit the doctor has given a referral of this number, or opened the first time of his own."""
    with world.new_work().reading() as work:
        (patient,) = work.patients.phoned(caller)
        (visit,) = work.bookings.of_patient(patient.id, 1)
    named = {"rules": world.rules, "now": world.clock}
    purpose = Purpose.REPEAT if how == "opened" else Purpose.REFERRAL
    order = Order("sent-on", visit.id, visit.slot.doctor_id, "user:1", purpose, "контроль лечения")
    if how == "opened":
        vacant = doctor_room.vacant(world.new_work(), visit, purpose, visit.slot.speciality, **named)
        follow_up.open_slot(world.new_work(), order, vacant[0][1][0].id, **named)
    else:
        follow_up.refer(world.new_work(), replace(order, number=how), "cardiologist", **named)


async def _not_recorded(world: World, caller: PhoneNumber | None, value: str) -> None:
    world.recorded = False


STATES = {
    **region.STATES,
    "ringing": ringing.ringing,
    "machine": ringing.machine,
    "offer_lapses": ringing.offer_lapses,
    "declined_before": ringing.declined_before,
    "visit_cancelled": ringing.visit_cancelled,
    "opened_by_doctor": ringing.opened_by_doctor,
    "sent_on": _sent_on,
    "not_recorded": _not_recorded,
    "earlier": _earlier,
    "earlier_by": _earlier_by,
    "no_slots": _no_slots,
    "rival": _rival,
    "late": _late,
    "overlap": _overlap,
    "certificate_expired": _certificate_expired,
    "deadline_near": _deadline_near,
    "doctor_absent": _doctor_absent,
    "doctor_busy": _doctor_busy,
    "storage_down": _storage_down,
    "storage_down_after": _storage_down_after,
    "crash": _crash,
    "crash_after": _crash_after,
    "failed_identifications": _failed_identifications,
}
