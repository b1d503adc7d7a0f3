"""From the end of a key to the first sound of the next prompt, in booking calls, 1, 30 and 60 at once."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.callers import engage, people
from bench.conversation import Course, Person, delays, held
from bench.cpu import Spent, spent_by
from bench.measure import Result, result
from tests.sip.exchange import an_exchange
from tests.sip.hospital import SOUNDS, Hospital, hospitals
from tests.sip.sounds import Sounds

LEVELS = (1, 30, 60)
MOMENT = "2026-11-24 10:00"
GOAL = "p50 <= 60, p99 <= 150 ms"
DIALPLAN = "700"
CPU_GOAL = "<= 150 ms"


def measure(*, quick: bool) -> list[Result]:
    """The program first; then its own recordings and keys in pure dialplan."""
    return asyncio.run(_measured(LEVELS[:2] if quick else LEVELS))


async def _measured(levels: Sequence[int]) -> list[Result]:
    sounds = Sounds(SOUNDS)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        async with hospitals([MOMENT], Path(folder), lambda engine: engage(engine, 2 + sum(levels))) as (hospital,):
            everybody = people(2 + sum(levels))
            first, _ = await _course(hospital, [next(everybody)], sounds)  # the voice makes what it has not said before
            for level in levels:
                courses, spent = await _course(hospital, [next(everybody) for _ in range(level)], sounds)
                results.append(_result("ivr", level, courses, sounds))
                results += _apart(level, courses, sounds)
                results += _processor(level, courses, spent)
        results += await _in_dialplan(levels, first[0], sounds)
    return results


async def _course(hospital: Hospital, callers: list[Person], sounds: Sounds) -> tuple[list[Course], Spent]:
    with spent_by(hospital.program) as spent:
        courses = await held(hospital.exchange.address, hospital.exchange.extension, callers, sounds)
        await asyncio.sleep(1)  # journals are written behind the caller's back
    return courses, spent


async def _in_dialplan(levels: Sequence[int], course: Course, sounds: Sounds) -> list[Result]:
    """The same recordings and numbers of keys, Read() after Read(), no program."""
    with an_exchange(extra_dialplan=_dialplan(course, sounds)) as exchange:
        results = []
        for level in levels:
            courses = await held(exchange.address, DIALPLAN, list(people(level)), sounds)
            results.append(_result("pure dialplan", level, courses, sounds))
    return results


def _dialplan(course: Course, sounds: Sounds) -> str:
    lines = ["[from-trunk](+)", f"exten => {DIALPLAN},1,Answer()"]
    ends = [0.0, *(press.end for _, press in course.turns)]
    heard = list(sounds.heard(course.call.heard))
    for number, (keys, _) in enumerate([*course.turns, ("1", None)]):
        until = ends[number + 1] if number + 1 < len(ends) else float("inf")
        played = [one.path for one in heard if ends[number] < one.at < until and one.path.exists()]
        files = [str(path.with_suffix("")) for path in played[:4] or [heard[0].path]]
        lines.append(f" same => n,Read(KEYS,{'&'.join(files)},{len(keys)},,1,8)")
    return "\n".join([*lines, " same => n,Hangup()", ""])


def _result(what: str, level: int, courses: list[Course], sounds: Sounds) -> Result:
    failed = sum(1 for course in courses if course.failure)
    lost = sum(course.call.heard.lost() for course in courses)
    note = f"{failed} of {level} calls failed, {lost} packets lost"
    return result("keys", f"{what}, {level} at once", delays(courses, sounds), goal=GOAL, note=note)


def _apart(level: int, courses: list[Course], sounds: Sounds) -> list[Result]:
    """Sentences with a birth date and the like are spoken for one caller alone: each waits for the voice."""
    kinds = ((False, "prompts known before"), (True, "prompts made for this caller"))
    found = [(name, delays(courses, sounds, own=own)) for own, name in kinds]
    return [result("keys", f"ivr, {level} at once, {name}", times) for name, times in found if times]


def _processor(level: int, courses: list[Course], spent: Spent) -> list[Result]:
    whole = sum(1 for course in courses if not course.failure) or 1
    rows = (("ivr phone", spent.program, CPU_GOAL), ("its voice", spent.children, ""))
    return [
        Result("cpu", f"{who}, {level} at once", whole, ms / whole, ms / whole, goal=goal, note="mean of a whole call")
        for who, ms, goal in rows
    ]
