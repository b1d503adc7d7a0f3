"""A booking call as callers really make it, many at once, and what it took from each key to the next sound."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.dialogue.tape import read_tape
from tests.sip.caller import Call, many_calls
from tests.sip.sipp import SippFailed
from tests.sip.sounds import Sounds
from tests.sip.tap import KeyPress

HAPPY = Path("tests/dialogue/transcripts/booking_happy_path.txt")
RATE = 10.0
"""New calls a second while the level is reached."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who books: the number he calls from, his policy, his birth date as keyed."""

    telephone: str
    oms: str
    born: str


@dataclass(slots=True)
class Course:
    """How one call went."""

    call: Call
    turns: list[tuple[str, KeyPress]] = field(default_factory=list)
    failure: str = ""


def happy_keys(person: Person) -> list[str]:
    """What he keys in the happy path of booking."""
    keys = read_tape(HAPPY.read_text(encoding="utf-8")).keyed
    return [_own(key.replace(" ", ""), person) for key in keys]


def _own(keys: str, person: Person) -> str:
    match len(keys):
        case 17:
            return f"{person.oms}#"
        case 9:
            return f"{person.born}#"
    return keys


async def held(server: tuple[str, int], extension: str, people: Sequence[Person], sounds: Sounds) -> list[Course]:
    """Everybody calls and books; all calls are in conversation at once. Sounds of one call alone are learnt in time."""
    telephones = [person.telephone for person in people]
    async with many_calls(server, extension, telephones, rate=RATE, limit=120) as calls:
        courses = [Course(call) for call in calls]
        learning = asyncio.create_task(_learn(sounds))
        await asyncio.gather(
            *(_converse(course, happy_keys(person)) for course, person in zip(courses, people, strict=True))
        )
        learning.cancel()
        return courses


async def _learn(sounds: Sounds) -> None:
    """What is said to one caller is removed when his call ends."""
    while True:
        sounds.refresh()
        await asyncio.sleep(1.0)


async def _converse(course: Course, keys: Sequence[str]) -> None:
    try:
        for keyed in keys:
            await course.call.hears(0.4, within=30)
            course.turns.append((keyed, await course.call.keys(keyed)))
        await course.call.hears(0.4, within=30)
    except SippFailed as failure:
        course.failure = str(failure)
    course.call.hang_up()


def delays(courses: Sequence[Course], sounds: Sounds, *, own: bool | None = None) -> list[float]:
    """Seconds from the end of each key to the first packet of the next prompt, in all calls.

    `own`: only of prompts that begin with a sound made for this caller alone, or only of the others.
    """
    found = []
    for course in courses:
        for _, press in course.turns:
            heard = sounds.first(course.call.heard, press.end)
            if heard is not None and own in (None, "private" in heard.path.parts):
                found.append(heard.at - press.end)
    return found


def overlap(courses: Sequence[Course]) -> float:
    """Seconds for which all calls were in conversation."""
    began = [course.turns[0][1].end for course in courses if course.turns]
    ended = [course.turns[-1][1].end for course in courses if course.turns]
    return max(0.0, min(ended) - max(began)) if began else 0.0
