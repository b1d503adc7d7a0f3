"""Asterisk's own speech applications against the recogniser: real channels, a real dialplan, real audio."""

import asyncio
import os
import re
import shutil
import signal
import wave

import pytest
import pytest_asyncio

from ivr.phone.config import PROJECT
from tests.asterisk import EXTRA_DIALPLAN, EXTRA_MODULES, running_asterisk, tone
from tests.listen.conftest import _started
from tests.listen.far_asterisk import BY_FILE, silence
from tests.phone.far_phone import FarPhone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("listen-asterisk")]

MODULES = ("res_http_websocket.so", "res_aeap.so", "res_speech_aeap.so", "app_speech_utils.so")
AEAP = """[ivr-listen]
type = client
codecs = !all,slin
url = ws://127.0.0.1:{port}/
protocol = speech_to_text
"""
TOLD = "${SPEECH_GRAMMAR(0)}/${SPEECH_TEXT(0)}/${SPEECH_SCORE(0)}"
DIALPLAN = """
[speech]
; a question: words of ${EXTEN}, a prompt of two seconds, two seconds to answer
exten => _[a-z].,1,Answer()
 same => n,SpeechCreate(ivr-listen)
 same => n,NoOp(created ${IF($["${ERROR}" = "1"]?not:yes)})
 ; SpeechDestroy without a speech object would drop the call
 same => n,GotoIf($["${ERROR}" = "1"]?end)
 same => n,Set(SPEECH_ENGINE(barge)=${BARGE})
 same => n,Set(SPEECH_ENGINE(step)=${EXTEN})
 same => n,Set(SPEECH_ENGINE(best)=${BEST})
 same => n,Set(SPEECH_DTMF_MAXLEN=4)
 same => n,SpeechStart()
 same => n,SpeechBackground(<sounds>/prompt,2)
 same => n,NoOp(first <told>)
 same => n,GotoIf($["${SPEECH_GRAMMAR(0)}" != "barge"]?bye)
 same => n,SpeechStart()
 same => n,SpeechBackground(<sounds>/hush,5)
 same => n,NoOp(then <told>)
 same => n(bye),SpeechDestroy()
 same => n(end),Hangup()

[test]
exten => _say-.,1,Answer()
 same => n,Wait(0.2)
 same => n,Playback(<sounds>/${EXTEN:4})
 same => n,Wait(10)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asterisk(server, tmp_path_factory):
    """With the speech engine, and sounds: `say-13` speaks recording 13 and then sends nothing, not even silence."""
    folder = tmp_path_factory.mktemp("speech")
    sounds = folder / "said"
    tone(sounds / "prompt", 2)
    tone(sounds / "hush", 0.1)
    for name, sample in BY_FILE.items():
        _write(sounds / f"{name}.wav", silence(0.4) + sample.audio)
        _write(sounds / f"{name}-quiet.wav", silence(0.4) + sample.audio + silence(2))
    templates = shutil.copytree(PROJECT / "asterisk_config", folder / "templates")
    (templates / "aeap.conf").write_text(AEAP.format(port=server.port))
    dialplan = DIALPLAN.replace("<sounds>", str(sounds)).replace("<told>", TOLD).replace("[test]", EXTRA_DIALPLAN)
    with running_asterisk(
        folder, templates=templates, extra_modules=(*EXTRA_MODULES, *MODULES), extra_dialplan=dialplan
    ) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def phone(asterisk):
    telephone = FarPhone(asterisk)
    yield telephone
    await telephone.hang_up()


def _write(path, audio):
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(audio)


def told(phone, name):
    """grammar/text/score of the first or the second result."""
    (line,) = [step for step in phone.steps() if step.startswith(f"speech NoOp {name} ")]
    grammar, text, score = line.removeprefix(f"speech NoOp {name} ").split("/")
    return grammar, text, int(score or 0)


async def test_the_exchange_starts_with_these_modules_without_a_word_of_complaint(asterisk):
    text = asterisk.log_file.read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if re.search("WARNING|ERROR", line)] == []


@pytest.mark.parametrize("far_end", ["say-13-quiet", "say-13"])
async def test_an_answer_comes_as_speech_text_though_no_audio_follows_it(phone, far_end):
    await phone.call(far_end, to="specialty@speech")
    await phone.reaches("speech NoOp created yes", "speech NoOp first", "speech Hangup")

    grammar, text, score = told(phone, "first")
    assert (grammar, text) == ("specialty", BY_FILE["13"].text)
    assert 0 < score <= 100


async def test_barge_in_stops_the_prompt_and_loses_nothing_of_the_answer(phone):
    await phone.cli("dialplan set global BARGE 1")
    await phone.cli("dialplan set global BEST 3")  # of several readings the best is the first
    try:
        await phone.call("say-13-quiet", to="specialty@speech")
        await phone.reaches("speech NoOp first barge", "speech NoOp then", "speech Hangup")
    finally:
        await phone.cli("dialplan set global BARGE 0")
        await phone.cli("dialplan set global BEST 1")

    assert told(phone, "first") == ("barge", "", 0)
    assert told(phone, "then")[:2] == ("specialty", BY_FILE["13"].text)


async def test_keys_answer_the_same_question(phone, server):
    await phone.call("press1234", to="digits@speech")
    await phone.reaches("speech NoOp first", "speech Hangup")

    assert told(phone, "first") == ("dtmf", "1234", 1000)


async def test_one_who_says_nothing_gets_the_time_out(phone):
    await phone.call("listen", to="digits@speech")
    await phone.reaches("speech NoOp first", "speech Hangup", within=12)

    assert told(phone, "first") == ("", "", 0)


async def test_a_hung_worker_gives_the_caller_back_as_failed(phone, server):
    await phone.call("say-12-quiet", to="digits@speech")
    await phone.reaches("speech SpeechBackground")
    await asyncio.sleep(1)
    os.kill(server.pool.pids[0], signal.SIGSTOP)
    await phone.reaches("speech NoOp first failed", within=2)


async def test_without_a_recogniser_the_engine_cannot_be_made_and_the_call_goes_on(asterisk, phone):
    other = await _started()
    (asterisk.config.etc / "aeap.conf").write_text(AEAP.format(port=other.port))
    await phone.cli("module reload res_aeap.so")
    await other.close()

    await phone.call("listen", to="digits@speech")
    await phone.reaches("speech NoOp created not", "speech Hangup", within=2)
