"""Calls through a real Asterisk to a real recogniser with the tiny model."""

import asyncio
import sys
import wave

import pytest_asyncio

from ivr.phone.config import PROJECT
from ivr.phone.recogniser import Recogniser
from ivr.phone.server import ROUTES, PhoneServer
from tests.asterisk import EXTRA_DIALPLAN, running_asterisk, tone
from tests.line.asked import WITHIN
from tests.listen.conftest import _started
from tests.listen.far_asterisk import BY_FILE, hum, noise, silence
from tests.phone.far_phone import FarPhone
from tests.ports import free_ports

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

        stories = dict.fromkeys(ROUTES, story)
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


@pytest_asyncio.fixture(loop_scope="module")
async def process(asterisk):
    """A recogniser in a process of its own."""
    port = asterisk.config.listen_port
    command = (sys.executable, "-m", "tests.line.listen_program", str(port))
    started = await asyncio.create_subprocess_exec(*command, cwd=PROJECT)
    looks = Recogniser("127.0.0.1", port)
    async with asyncio.timeout(WITHIN):
        while not await looks.is_well():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    yield started
    if started.returncode is None:
        started.kill()
    await started.wait()
