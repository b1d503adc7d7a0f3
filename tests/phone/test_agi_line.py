"""The line of a story in real calls through a real Asterisk: what is heard, what is keyed, when it ends."""

import asyncio
import time
from pathlib import Path

import pytest

from ivr.dialogue.line import CallerHungUp, Keypad, Keys, LineTrouble, Silence, Utterance
from tests.phone.far_phone import until

WITHIN = 30
"""Seconds: for the slowest machine. What must be cut short would last longer than that."""


def words(key="hello"):
    return Utterance(key, "слова")


def in_call(answer_calls, phone, far_end="listen", **stories):
    """Run a body as the story of one call; returns what the body returned or raised, in less than `WITHIN` seconds."""

    async def run(body):
        outcome = asyncio.get_running_loop().create_future()

        async def story(line, caller, key):
            try:
                outcome.set_result(await body(line))
            except Exception as problem:
                outcome.set_exception(problem)
            await line.hang_up()

        await answer_calls(story, **stories)
        await phone.call(far_end)
        async with asyncio.timeout(WITHIN):
            return await outcome

    return run


async def test_keys_end_by_count_by_the_terminator_by_a_pause_or_not_at_all(answer_calls, phone):
    async def body(line):
        return [
            await line.ask([words(), words("more")], Keypad(longest=1, first=3)),
            await line.ask([words()], Keypad(longest=16, first=3, between=3)),
            await line.ask([words()], Keypad(longest=4, first=2, between=0.6)),
            await line.ask([words()], Keypad(longest=4, first=2, between=0.6)),
            await line.ask([words()], Keypad(longest=4, first=2, between=0.6)),
            await line.ask([words()], Keypad(longest=4, first=0.3)),
            await line.ask([], Keypad(first=0.2)),
        ]

    run = in_call(answer_calls, phone, "press5w12#w*3www#w90")

    assert await run(body) == [
        Keys("5"),
        Keys("12", ended=True),
        Keys("*3"),
        Keys("", ended=True),
        Keys("90"),
        Silence(),
        Silence(),
    ]


async def test_a_number_of_known_length_waits_for_one_key_too_many_or_the_terminator(answer_calls, phone):
    async def body(line):
        return [await line.ask([words()], Keypad(longest=2, first=4, settle=0.4)) for _ in range(3)]

    run = in_call(answer_calls, phone, "press12wwww34#w567")

    assert await run(body) == [Keys("12"), Keys("34", ended=True), Keys("567")]


async def test_the_first_key_stops_the_speech(answer_calls, phone, voice):
    voice.seconds = 2 * WITHIN

    async def body(line):
        return await line.ask([words()], Keypad(longest=1))

    assert await in_call(answer_calls, phone, "presswww7")(body) == Keys("7")


async def test_more_sounds_than_one_command_can_carry_are_all_played(answer_calls, phone, voice):
    voice.seconds = 0.06
    many = [words("n" * 90 + str(n)) for n in range(18)]

    async def body(line):
        begin = time.monotonic()
        await line.play(many)
        played = time.monotonic() - begin
        return played, await line.ask(many, Keypad(longest=1, first=0.2))

    played, answer = await in_call(answer_calls, phone)(body)

    assert played > 18 * 0.06 * 0.95
    for way in ("Playback", "Read"):
        assert [Path(file).name for file in phone.told_to_play(way)] == [utterance.key for utterance in many]
    assert answer == Silence()


async def test_a_missing_sound_is_trouble_and_not_silence(answer_calls, phone):
    async def body(line):
        for utterances in ([words(), words("missing")], [words("broken")]):
            with pytest.raises(LineTrouble):
                await line.ask(utterances, Keypad())
            with pytest.raises(LineTrouble):
                await line.play(utterances)
        return await line.ask([words()], Keypad(first=0.1))

    assert await in_call(answer_calls, phone)(body) == Silence()


async def test_a_sound_that_asterisk_cannot_read_is_trouble(answer_calls, phone, tmp_path):
    async def body(line):
        (tmp_path / "missing.wav").write_bytes(b"not a sound")
        with pytest.raises(LineTrouble):
            await line.play([words("missing")])

    await in_call(answer_calls, phone)(body)


async def test_prepare_returns_at_once_and_tells_the_voice(answer_calls, phone, voice):
    async def body(line):
        await line.prepare([words("later")])

    await in_call(answer_calls, phone)(body)

    assert voice.prepared == ["later"]


async def test_callers_before_this_one_are_counted(answer_calls, phone):
    async def body(line):
        return await line.waiting()

    await phone.cli("queue add member Local/ringing@test to operators")
    await phone.call("listen", to="s@ivr-operators")
    await phone.reaches("ivr-operators Queue")

    assert await in_call(answer_calls, phone)(body) == 1


async def test_a_hang_up_during_speech_is_told_before_its_end(answer_calls, phone, voice):
    voice.seconds = 2 * WITHIN

    async def body(line):
        with pytest.raises(CallerHungUp):
            await line.play([words()])
        return "gone"

    call = asyncio.create_task(in_call(answer_calls, phone)(body))
    await until(lambda: phone.told_to_play("Playback"))
    await phone.hang_up()

    assert await call == "gone"


async def test_a_hang_up_while_the_program_is_busy_is_told_before_it_has_finished(answer_calls, phone):
    busy = asyncio.Event()

    async def body(line):
        busy.set()
        with pytest.raises(CallerHungUp):
            await line.unless_gone(asyncio.sleep(2 * WITHIN))
        with pytest.raises(CallerHungUp):
            await line.play([words()])
        return "gone"

    call = asyncio.create_task(in_call(answer_calls, phone)(body))
    await asyncio.wait_for(busy.wait(), 10)
    await phone.hang_up()

    assert await call == "gone"


async def test_work_beside_the_line_returns_or_raises_its_own(answer_calls, phone):
    async def fails():
        raise KeyError("x")

    async def body(line):
        with pytest.raises(KeyError):
            await line.unless_gone(fails())
        return await line.unless_gone(asyncio.sleep(0, "done"))

    assert await in_call(answer_calls, phone)(body) == "done"
