"""A recogniser that dies, hangs, is not there or comes back: nobody is held, and the keys stay."""

import asyncio
import os
import signal
import time

import pytest

from ivr.dialogue.line import CallerHungUp, Deaf, Hearing, Keypad, Keys, Silence
from ivr.phone.hush import Hush
from tests.line.asked import DIGITS, SPECIALITY, WITHIN, asking, prompts
from tests.listen.conftest import _started
from tests.phone.far_phone import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("line-deaf")]


async def test_a_worker_that_hangs_in_mid_answer_is_told_within_a_second_and_keys_go_on(ears, call):
    async def body(line):
        question = asyncio.create_task(line.ask(prompts(5), Keypad(first=5), Hearing("digits", barge=False)))
        await until(lambda: ears.metrics.value("questions") == 1)
        os.kill(ears.pool.pids[0], signal.SIGSTOP)
        began = time.monotonic()
        return await question, time.monotonic() - began

    answer, seconds = await call("say-12-quiet", body)

    assert answer == Deaf()
    assert seconds < 2


async def test_one_that_is_killed_in_mid_question_is_told_within_a_second_and_nobody_waits_for_it_again(
    process, call, recogniser
):
    async def body(line):
        question = asyncio.create_task(line.ask(prompts(5), Keypad(first=5), SPECIALITY))
        await asking(call)
        process.kill()
        began = time.monotonic()
        first = await question
        told = time.monotonic() - began
        second = await line.ask([], Keypad(first=0.3), SPECIALITY)
        return first, second, told, time.monotonic() - began - told

    first, second, told, again = await call("say-hush", body)

    assert (first, second) == (Deaf(), Silence())
    assert told < 1.6  # a second is Asterisk's own
    assert again < 1
    assert recogniser.fallbacks["keys"] == 1


async def test_one_that_hangs_in_mid_question_takes_no_key_and_no_second_question(process, call, recogniser):
    async def body(line):
        question = asyncio.create_task(line.ask(prompts(), Keypad(first=0.2), SPECIALITY))
        await asking(call)
        process.send_signal(signal.SIGSTOP)
        first = await question
        began = time.monotonic()
        return first, await line.hears(), time.monotonic() - began

    first, hears, seconds = await call("say-hush", body)

    assert first == Deaf()  # not silence: the caller may have spoken
    assert not hears
    assert seconds < 0.5


async def test_keys_pressed_while_it_hangs_are_all_there(process, call):
    async def body(line):
        question = asyncio.create_task(line.ask(prompts(), Keypad(longest=4, first=3, between=3), DIGITS))
        await asking(call)
        process.send_signal(signal.SIGSTOP)
        return await question

    assert await call("pressw1234", body) == Keys("1234")


async def test_one_that_ends_in_mid_call_leaves_the_keys_and_is_heard_again_when_it_is_back(asterisk, call, recogniser):
    first = await _started(port=asterisk.config.listen_port, workers=1)

    async def body(line):
        question = asyncio.create_task(line.ask(prompts(5), Keypad(first=5), SPECIALITY))
        await asking(call)
        await first.close()
        broken = await question
        by_keys = await line.ask([], Keypad(first=0.3), SPECIALITY)
        second = await _started(port=asterisk.config.listen_port, workers=1)
        try:
            async with asyncio.timeout(WITHIN):
                while not await line.hears():  # noqa: ASYNC110 - it is left alone for a pause
                    await asyncio.sleep(0.05)
            return broken, by_keys, second.health().streams
        finally:
            await second.close()

    assert await call("say-hush", body) == (Deaf(), Silence(), 1)


async def test_one_that_was_started_again_between_two_questions_is_asked_without_a_word(asterisk, call, recogniser):
    servers = [await _started(port=asterisk.config.listen_port, workers=1)]

    async def body(line):
        assert await line.ask([], Keypad(first=0.1), SPECIALITY) == Silence()
        await servers.pop().close()
        servers.append(await _started(port=asterisk.config.listen_port, workers=1))
        recogniser.doubted("test")  # as it is after a second
        began = time.monotonic()
        assert await line.ask([], Keypad(first=0.1), SPECIALITY) == Silence()
        return time.monotonic() - began

    try:
        assert await call("say-hush", body) < 0.9  # Asterisk waits a second for one that is gone
    finally:
        await servers.pop().close()


async def test_an_exchange_without_the_modules_of_speech_takes_keys(ears, call, recogniser):
    async def body(line):
        return await line.ask(prompts(), Keypad(first=2), SPECIALITY), await line.hears()

    await call.phone.cli("module unload app_speech_utils.so")
    try:
        assert await call("pressww5", body) == (Keys("5"), False)
    finally:
        await call.phone.cli("module load app_speech_utils.so")
    assert recogniser.fallbacks == {"create": 1, "keys": 1}


async def test_a_caller_who_hangs_up_in_mid_question_leaves_nothing_behind(ears, call):
    async def body(line):
        question = asyncio.create_task(line.ask(prompts(5), Keypad(first=5), SPECIALITY))
        await asking(call)
        assert ears.health().streams == 1
        await call.phone.hang_up()
        with pytest.raises(CallerHungUp):
            await question
        return "gone"

    assert await call("say-hush", body) == "gone"
    await until(lambda: ears.health().streams == 0)


async def test_one_who_is_in_danger_is_first_in_the_queue_and_listened_to_no_more(ears, call, asterisk):
    async def body(line):
        await line.ask([], Keypad(first=0.1), SPECIALITY)
        await line.transfer(urgent=True)
        return ears.health().streams

    phone = call.phone
    await phone.cli("queue add member Local/ringing@test to operators")
    try:
        await phone.call("listen", to="s@ivr-operators")
        await phone.reaches("ivr-operators Queue")

        assert await call("say-hush", body, stays=True) == 0
        await until(lambda: "prio: 100" in asterisk.cli("queue show operators"))
        waiting = [line for line in asterisk.cli("queue show operators").splitlines() if "prio:" in line]
        assert ["prio: 100" in line for line in waiting] == [True, False]
    finally:
        await phone.hang_up()
        await phone.cli("queue remove member Local/ringing@test from operators")


@pytest.mark.parametrize("trouble", ["dead", "accepts and never answers"])
async def test_a_recogniser_that_is_ill_holds_no_caller(asterisk, call, recogniser, trouble):
    connected = []
    port = asterisk.config.listen_port
    hung = None
    if trouble != "dead":
        hung = await asyncio.start_server(lambda _, writer: connected.append(writer), "127.0.0.1", port)

    async def body(line):
        began = time.monotonic()
        hears = await line.hears(), await line.hears()
        return hears, time.monotonic() - began, await line.ask([], Keypad(first=2), SPECIALITY)

    try:
        hears, seconds, answer = await call("pressww5", body)
    finally:
        for writer in connected:
            writer.close()
            await writer.wait_closed()
        if hung:
            hung.close()
            await hung.wait_closed()

    assert hears == (False, False)
    assert seconds < 1
    assert answer == Keys("5")
    assert recogniser.fallbacks == {"no answer": 1, "keys": 1}


async def test_where_no_silence_can_be_kept_callers_are_served_by_keys(ears, call, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    keep = Hush.__init__
    monkeypatch.setattr(Hush, "__init__", lambda self, folder: keep(self, tmp_path / "file"))

    async def body(line):
        return await line.hears(), await line.ask(prompts(), Keypad(first=2), SPECIALITY)

    assert await call("pressww5", body) == (False, Keys("5"))
