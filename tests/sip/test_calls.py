"""Transcripts as real calls: sipp, keys by RFC 4733, real Asterisk, the real program on SQLite with the demo hospital.

All of them are made at once, each to a hospital of its own; the tests then look at what each left behind.
"""

import asyncio
import math
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ivr.data import load_calendar, load_hospital
from ivr.dialogue.line import Utterance
from ivr.dialogue.tape import Tape
from ivr.domain.rules import Rules
from ivr.phone.config import PROJECT
from ivr.speech.build import open_voice
from ivr.speech.phrasebook import Phrasebook
from ivr.storage import tables
from ivr.storage.engine import open_engine
from ivr.storage.work import SqlWork
from tests.dialogue.world import World

from .hospital import SOUNDS, Hospital, hospitals
from .plays import Played, played, script
from .sounds import Sounds

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("calls")]

BOOKED = ("booking_happy_path", "booking_by_day_and_time", "booking_by_snils", "closed_greeting_and_booking")
CHANGED = ("mine_cancel", "mine_move", "waiting_after_two_refusals", "purpose_urgent", "closed_operator_callback")
TO_A_PERSON = ("operator_with_held_slot", "no_policy", "oms_three_failures", "oms_silent")
HUNG_UP = ("hangup_with_held_slot",)
SCRIPTS = (*BOOKED, *CHANGED, *TO_A_PERSON, *HUNG_UP)
EACH = pytest.mark.parametrize("name", SCRIPTS)
ALL_WITHIN = 240.0
RECOGNISED = 0.1
"""Seconds of a recording that tell it from any other."""


@pytest.fixture(scope="module")
def calls(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[tuple[Played, Hospital]]"]]:
    """What became of each call; a call that broke raises where it is asked for."""
    asked = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    done: dict[str, Future[tuple[Played, Hospital]]] = {name: Future() for name in SCRIPTS if name in asked}
    folder = tmp_path_factory.mktemp("calls")
    thread = threading.Thread(target=lambda: asyncio.run(_make_all(done, folder)))
    thread.start()
    yield done
    thread.join()


async def _make_all(done: dict[str, "Future[tuple[Played, Hospital]]"], folder: Path) -> None:
    tapes = {name: script(name) for name in done}
    try:
        async with hospitals([str(tape.setting("now")) for tape in tapes.values()], folder) as ready:
            pairs = zip(tapes.items(), ready, strict=True)
            await asyncio.gather(*(_make(done[name], tape, hospital) for (name, tape), hospital in pairs))
    except Exception as problem:
        for future in done.values():
            if not future.done():
                future.set_exception(problem)


async def _make(future: "Future[tuple[Played, Hospital]]", tape: Tape, hospital: Hospital) -> None:
    try:
        future.set_result((await played(tape, hospital), hospital))
    except Exception as problem:
        future.set_exception(problem)


@pytest.fixture
def call(calls: dict[str, "Future[tuple[Played, Hospital]]"], name: str) -> Played:
    return calls[name].result(ALL_WITHIN)[0]


@pytest.fixture
def hospital(calls: dict[str, "Future[tuple[Played, Hospital]]"], name: str) -> Hospital:
    return calls[name].result(ALL_WITHIN)[1]


@EACH
def test_the_call_ends_and_leaves_what_its_transcript_says(call: Played) -> None:
    written = [line for line in call.tape.lines if line.startswith(("-- ", "== "))]

    assert [call.ending, *call.changes] == written


@EACH
async def test_the_journal_tells_the_call_as_it_was(call: Played, hospital: Hospital) -> None:
    engine = open_engine(f"sqlite:///{hospital.before}")
    world = World(
        new_work=lambda: SqlWork(engine),
        engine=engine,
        rules=Rules(calendar=load_calendar()),
        hospital=load_hospital(),
        phrasebook=Phrasebook.load(),
        prompts=PROJECT / "prompts",
        now=hospital.at,
    )
    await world.play(call.tape)

    with engine.connect() as connection:
        in_memory = connection.execute(select(tables.steps).order_by(tables.steps.c.id)).mappings().all()
    engine.dispose()
    assert [_step(row) for row in call.steps] == [_step(row) for row in in_memory]
    assert any(row["waited_ms"] > 0 for row in call.steps)


def _step(row: Any) -> tuple[str, int, str]:
    return row["step"], row["attempt"], row["outcome"]


@EACH
async def test_what_is_heard_is_what_the_transcript_says(call: Played) -> None:
    book, sounds = Phrasebook.load(), Sounds(SOUNDS)
    voice = open_voice(SOUNDS / "speech", rhvoice=_rhvoice())
    ends = [0.0, *call.turns, math.inf]
    try:
        for turn, (key, text) in enumerate(_first_lines(call.tape)):
            if book.entries[key].personal:
                continue  # its sounds were this caller's own and are gone
            (recording, *_) = await voice.sounds(Utterance(key, text))
            recorded = recording.with_name(f"{recording.name}.alaw")
            heard = sounds.begins(recorded, call.heard, ends[turn], ends[turn + 1])
            assert heard >= RECOGNISED, f"turn {turn}: {text}"
    finally:
        await voice.close()


def _rhvoice() -> Path | None:
    folder = PROJECT / "build" / "rhvoice"
    return folder if folder.is_dir() else None


def _first_lines(tape: Tape) -> Iterator[tuple[str, str]]:
    """Phrase and words that open each thing the program says; the caller's answer may cut off the rest."""
    speaking = False
    for line in tape.lines:
        if line.startswith(">> ") and not speaking:
            _, key, text = line.split(maxsplit=2)
            yield key, text
        speaking = line.startswith(">> ")


@EACH
def test_the_sound_arrives_whole(call: Played) -> None:
    assert call.heard.heard_seconds() >= 0.2 * len(call.tape.keyed)
    assert call.heard.lost() == 0


@pytest.mark.parametrize("name", HUNG_UP)
def test_a_hang_up_frees_the_held_slot_within_a_second(call: Played) -> None:
    assert call.freed_after is not None and call.freed_after < 1.0


@pytest.mark.parametrize("name", TO_A_PERSON)
def test_the_operator_hears_the_caller_and_gets_the_key_of_the_call(call: Played) -> None:
    (invite,) = call.rings

    assert invite["x-call-key"] == call.call_key
    assert call.desk is not None and call.desk.heard_seconds() > 0.1
