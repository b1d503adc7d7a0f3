"""The line of a story heard by the recogniser in real calls: words or keys, whichever is complete first."""

import asyncio
import os
import signal
import sys
import time
import wave

import pytest
import pytest_asyncio

from ivr.dialogue.line import CallerHungUp, Deaf, Hearing, Keypad, Keys, Silence, Unclear, Utterance
from ivr.phone.config import PROJECT
from ivr.phone.recogniser import Recogniser
from ivr.phone.server import PhoneServer
from tests.asterisk import EXTRA_DIALPLAN, free_ports, running_asterisk, tone
from tests.listen.conftest import _started
from tests.listen.far_asterisk import BY_FILE, hum, noise, silence
from tests.phone.far_phone import FarPhone, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("listen-line")]

SPECIALITY = Hearing("specialty")
DIGITS = Hearing("digits", silence=1.5)
WITHIN = 30

FAR_ENDS = """
[test]
exten => _say-.,1,Answer()
 same => n,Wait(0.3)
 same => n,Playback(<sounds>/${EXTEN:4})
 same => n,Wait(20)
; keys, a hum in between, more keys
exten => keys-hum-keys,1,Answer()
 same => n,Wait(0.4)
 same => n,SendDTMF(12,80,80)
 same => n,Playback(<sounds>/hum)
 same => n,SendDTMF(34,80,80)
 same => n,Wait(20)
; "12", a hum that stops the prompt long before, and a pause
exten => hum-part,1,Answer()
 same => n,Wait(0.3)
 same => n,Playback(<sounds>/hum)
 same => n,SendDTMF(12,80,80)
 same => n,Wait(20)
; a pause long enough for the prompt to be over, then half a number
exten => late-part,1,Answer()
 same => n,Wait(3)
 same => n,SendDTMF(12,80,80)
 same => n,Wait(20)
; a lone # just before the time is over
exten => late-end,1,Answer()
 same => n,Wait(3.5)
 same => n,SendDTMF(#,80,80)
 same => n,Wait(20)
exten => hum-keys,1,Answer()
 same => n,Wait(0.3)
 same => n,Playback(<sounds>/hum)
 same => n,SendDTMF(7,80,80)
 same => n,Wait(20)
"""


class Prompts:
    """Every utterance is a tone of two seconds."""

    def __init__(self, folder):
        self.folder = folder

    async def sounds(self, utterance):
        return [tone(self.folder / utterance.key, 2)]

    def prepare(self, utterances):
        pass


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asterisk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("line")
    sounds = folder / "said"
    recordings = {f"{name}-quiet": silence(0.4) + sample.audio + silence(2) for name, sample in BY_FILE.items()}
    recordings |= {"hum": silence(0.2) + hum(0.6) + silence(0.3), "rustle": noise(1.5) + silence(3)}
    recordings |= {"hush": silence(4), "hum-word": hum(0.4) + silence(4.5) + BY_FILE["10"].audio + silence(2)}
    recordings |= {"10-late": silence(2.0) + BY_FILE["10"].audio + silence(2)}
    yes, no = BY_FILE["01"].audio, BY_FILE["02"].audio
    recordings |= {"no-no-yes": no + silence(2.5 - len(no) / 16000) + yes + silence(2)}
    for name, audio in recordings.items():
        _write(sounds / f"{name}.wav", audio)
    (port,) = free_ports(1)
    dialplan = EXTRA_DIALPLAN.replace("[test]", FAR_ENDS.replace("<sounds>", str(sounds)))
    with running_asterisk(folder, listen_port=port, extra_dialplan=dialplan) as started:
        yield started


def _write(path, audio):
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(audio)


@pytest_asyncio.fixture(loop_scope="module")
async def ears(asterisk):
    """The recogniser where Asterisk looks for it."""
    server = await _started(port=asterisk.config.listen_port, workers=1)
    yield server
    await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def recogniser(asterisk):
    return Recogniser("127.0.0.1", asterisk.config.listen_port)


@pytest_asyncio.fixture(loop_scope="module")
async def call(asterisk, recogniser, tmp_path):
    """call(far_end, body): what the body of a story returns; the call ends with it, or `stays`."""
    phone, servers = FarPhone(asterisk), []

    async def run(far_end, body, *, stays=False):
        outcome = asyncio.get_running_loop().create_future()

        async def story(line, caller, key):
            try:
                outcome.set_result(await body(line))
            except Exception as problem:
                outcome.set_exception(problem)
            if not stays:
                await line.hang_up()

        stories = dict.fromkeys(("inbound", "callback", "unserved"), story)
        server = PhoneServer(asterisk.config, Prompts(tmp_path), stories, recogniser=recogniser)
        await server.start()
        servers.append(server)
        await phone.call(far_end)
        async with asyncio.timeout(WITHIN):
            return await outcome

    run.phone = phone
    yield run
    await phone.hang_up()
    for server in servers:
        await server.close()


def prompts(count=1):
    return [Utterance(f"prompt{number}", "слова") for number in range(count)]


async def test_words_answer_and_stop_the_prompt_with_their_other_readings(ears, call):
    async def body(line):
        began = time.monotonic()
        answer = await line.ask(prompts(10), Keypad(), Hearing("specialty", best=3))
        return await line.hears(), answer, time.monotonic() - began

    hears, answer, seconds = await call("say-13-quiet", body)

    assert hears
    assert answer.text == BY_FILE["13"].text
    assert answer.others
    assert all(answer.others)
    assert answer.text not in answer.others
    assert seconds < 15  # the prompt lasts twenty


async def test_keys_answer_the_same_question_and_a_number_is_collected(ears, call):
    async def body(line):
        return [
            await line.ask(prompts(), Keypad(), SPECIALITY),
            await line.ask(prompts(), Keypad(longest=16, first=3, between=3), DIGITS),
            await line.ask(prompts(), Keypad(longest=4, first=3, between=3), DIGITS),
            await line.ask(prompts(), Keypad(longest=2, first=3, settle=0.4), DIGITS),
            await line.ask(prompts(), Keypad(longest=2, first=3, settle=0.4), DIGITS),
            await line.ask([], Keypad(longest=4, first=0.5), DIGITS),
        ]

    answers = await call("pressww5w12#w#w34w9*56", body)

    assert answers == [Keys("5"), Keys("12"), Keys("", ended=True), Keys("34"), Keys("56"), Silence()]


async def test_a_voice_between_keys_loses_none_of_them(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(longest=4, first=3, between=3), DIGITS)

    assert await call("keys-hum-keys", body) == Keys("1234")


async def test_a_key_after_a_voice_answers(ears, call):
    async def body(line):
        return await line.ask(prompts(5), Keypad(first=3), SPECIALITY)

    assert await call("hum-keys", body) == Keys("7")


@pytest.mark.parametrize(("far_end", "long"), [("hum-part", 5), ("late-part", 1)])
async def test_half_a_number_ends_by_the_pause_between_keys_whatever_was_heard_before(ears, call, far_end, long):
    async def body(line):
        answer = await line.ask(prompts(long), Keypad(longest=16, first=8, between=0.7), DIGITS)
        return answer, time.monotonic()

    began = time.monotonic()
    answer, ended = await call(far_end, body)

    assert answer == Keys("12")
    assert ended - began < 7  # by the first pause, or that of a spoken answer, it would be twelve and more


async def test_a_lone_terminator_is_told_from_silence_to_the_end(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(longest=4, first=2.5), DIGITS)

    assert await call("late-end", body) == Keys("", ended=True)


async def test_nobody_speaks(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(first=0.5), SPECIALITY)

    assert await call("say-hush", body) == Silence()


async def test_a_sound_without_words_costs_the_prompt_once_and_the_answer_is_heard_after_it(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(first=5), Hearing("digits"))

    answer = await call("say-hum-word", body)

    assert answer.text == BY_FILE["10"].text
    assert prompts_played(call) == 2


async def test_a_sound_after_the_prompt_does_not_bring_it_back(ears, call):
    async def body(line):
        return await line.ask([], Keypad(first=4), Hearing("digits"))

    answer = await call("say-hum", body)

    assert answer == Unclear()
    assert prompts_played(call) == 0


async def test_an_answer_that_begins_late_and_lasts_is_heard_to_its_end_without_barge_in(ears, call):
    """He begins half a second behind the prompt, and goes on beyond the pause."""

    async def body(line):
        return await line.ask(prompts(), Keypad(first=1.2), Hearing("digits", barge=False))

    answer = await call("say-10-late", body)

    assert answer.text == BY_FILE["10"].text


async def test_without_barge_in_words_over_the_prompt_are_heard(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(first=5), Hearing("specialty", barge=False))

    answer = await call("say-13-quiet", body)

    assert answer.text == BY_FILE["13"].text
    assert prompts_played(call) == 1


async def test_on_a_trunk_with_echo_nothing_is_heard_while_the_prompt_plays(ears, call):
    async def body(line):
        await line._call.set("IVR_BARGE", "0")
        return await line.ask(prompts(), Keypad(first=6), Hearing("yesno"))

    answer = await call("say-no-no-yes", body)

    assert answer.text == BY_FILE["01"].text
    assert prompts_played(call) == 1


def prompts_played(call):
    return [path.rsplit("/", 1)[1] for path in call.phone.told_to_play("SpeechBackground")].count("prompt0")


async def test_a_worker_that_hangs_in_mid_answer_is_told_within_a_second_and_keys_go_on(ears, call):
    async def body(line):
        asking = asyncio.create_task(line.ask(prompts(5), Keypad(first=5), Hearing("digits", barge=False, silence=3)))
        await asyncio.sleep(2)
        os.kill(ears.pool.pids[0], signal.SIGSTOP)
        began = time.monotonic()
        return await asking, time.monotonic() - began

    answer, seconds = await call("say-12-quiet", body)

    assert answer == Deaf()
    assert seconds < 2


async def asking(call):
    """Return when Asterisk plays and listens."""
    await until(lambda: call.phone.told_to_play("SpeechBackground"))


@pytest_asyncio.fixture(loop_scope="module")
async def process(asterisk):
    """A recogniser in a process of its own."""
    port = asterisk.config.listen_port
    command = (sys.executable, "-m", "tests.listen.listen_program", str(port))
    started = await asyncio.create_subprocess_exec(*command, cwd=PROJECT)
    looks = Recogniser("127.0.0.1", port)
    async with asyncio.timeout(WITHIN):
        while not await looks.is_well():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    yield started
    if started.returncode is None:
        started.kill()
    await started.wait()


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
