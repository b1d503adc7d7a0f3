"""What tests/web/test_calls_browser.py does not show: who declines, recording, each way to spy, the echo."""

import asyncio
import wave

import numpy as np
import pytest

from ivr.services.exchange import Answered, Ended, SpyMode
from tests.phone.far_phone import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("exchange")]
QUEUE = "s@ivr-operators"


@pytest.fixture
async def operator(asterisk, exchange, a_softphone):
    """operator(user_id, ready=True): an operator's page, registered and in the queue."""
    names = []

    async def at_work(user_id, *, ready=True):
        login = await asyncio.to_thread(exchange.open_phone, user_id)
        names.append(login.phone)
        page = await a_softphone(asterisk, login)
        await asyncio.to_thread(exchange.join, login.phone, reason="login")
        if ready:
            await asyncio.to_thread(exchange.ready, login.phone)
        return page

    yield at_work
    for name in names:
        await asyncio.to_thread(exchange.close_phone, name)


async def talking(first, phone, watch):
    """A caller who hears music and says nothing talks with the operator."""
    await phone.call(to=QUEUE)
    await first.until("state.call?.stage === 'ringing' && state.call.incoming")
    await first.do("phone.answer()")
    await first.until("state.call?.stage === 'talking'")
    await watch.first(Answered)


async def test_a_colleague_who_declines_gives_the_caller_back(operator, phone, watch):
    first, second = await operator(1), await operator(2, ready=False)
    await talking(first, phone, watch)

    assert await first.do("phone.consult('702')")
    await second.until("state.call?.stage === 'ringing'")
    await second.do("phone.reject()")

    await first.until("state.consult === null && state.problem === 'busy' && !state.call.held")


async def test_an_operator_hears_himself_before_the_shift(operator):
    first = await operator(1, ready=False)
    await first.do("phone.call('600')")

    await first.hears()
    devices = await first.do("phone.devices()")
    assert devices["microphones"]
    assert devices["speakers"]


async def test_a_talk_is_recorded_and_silence_while_it_is_paused(asterisk, exchange, operator, phone, watch):
    first = await operator(1)
    await phone.call("sings", to=QUEUE)
    await first.until("state.call?.stage === 'ringing'")
    await first.do("phone.answer()")
    key = (await watch.first(Answered)).call_key
    await first.hears()

    def recorded():
        [file] = asterisk.config.recordings.glob(f"{key}-*.wav")
        return file

    for on in (False, True):
        size = recorded().stat().st_size
        await until(lambda size=size: recorded().stat().st_size > size + SECOND)
        await asyncio.to_thread(exchange.record, key, on=on)
    size = recorded().stat().st_size
    await until(lambda size=size: recorded().stat().st_size > size + SECOND)
    await first.do("phone.hangUp()")
    await watch.first(Ended)
    await until(lambda: "0 active channels" in asterisk.cli("core show channels"))

    loud = loudness(recorded())
    assert loud[1] > 100
    assert min(loud) < 5
    assert loud[-2] > 100


@pytest.mark.parametrize("mode", list(SpyMode))
async def test_a_supervisor_hears_a_talk(exchange, operator, phone, watch, mode):
    first, supervisor = await operator(1), await operator(2, ready=False)
    await phone.call("sings", to=QUEUE)
    await first.until("state.call?.stage === 'ringing'")
    await first.do("phone.answer()")
    await watch.first(Answered)

    await asyncio.to_thread(exchange.spy, "op2", "op1", mode)
    await supervisor.until("state.call?.stage === 'ringing' && state.call.key === null")
    await supervisor.do("phone.answer()")
    await supervisor.hears()
    await first.do("phone.hangUp()")

    await supervisor.until("state.call === null")
    assert [ended.phone for ended in watch.of(Ended)] == ["op1"]


SECOND = 16_000
"""Bytes of a recording."""


def loudness(path):
    """RMS of each fifth of a second."""
    with wave.open(str(path)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(float)
    return [float(np.sqrt(np.mean(part**2))) for part in np.array_split(samples, len(samples) // 1600)]
