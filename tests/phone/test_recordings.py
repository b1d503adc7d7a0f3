"""The talk with a person is recorded, nothing before it; it may be paused; old files go."""

import asyncio
import os
import stat
import wave
from datetime import UTC, datetime, timedelta

import pytest

from ivr.phone import recordings as files
from ivr.phone.ami import Ami
from ivr.phone.config import PhoneConfig
from ivr.phone.recordings import RecordingWatch
from ivr.phone.render import render
from ivr.services.exchange import Answered, Ended, NobodyTalks
from ivr.services.recordings import Recording
from tests.phone.browser_phone import BrowserPhone
from tests.phone.far_phone import until

pytestmark = pytest.mark.xdist_group("exchange")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
async def told(asterisk):
    """What the dialplan tells of recordings."""
    heard = asyncio.Queue()
    config = asterisk.config
    ami = Ami(config.ami_host, config.ami_port, config.ami_user, config.ami_secret)

    async def begun(*what):
        heard.put_nowait(("begun", *what))

    async def finished(*what):
        heard.put_nowait(("finished", *what))

    RecordingWatch(ami, begin=begun, finish=finished)
    await ami.start()
    yield heard
    await ami.close()


@pytest.fixture
async def operator(asterisk, exchange, phone):
    login = await asyncio.to_thread(exchange.open_phone, 1)
    async with BrowserPhone.connected(asterisk, "op1") as telephone:
        await telephone.register(login)
        await asyncio.to_thread(exchange.join, "op1", reason="login")
        await asyncio.to_thread(exchange.ready, "op1")
        yield telephone
        await asyncio.to_thread(exchange.close_phone, "op1")


async def test_the_talk_with_an_operator_is_recorded_and_told_of(asterisk, operator, phone, watch, told):
    folder = asterisk.config.recordings
    earlier = set(folder.iterdir())
    await phone.call("sings", to="s@ivr-operators")
    leg = await operator.rings()
    assert set(folder.iterdir()) == earlier
    await operator.answer(leg)
    key = (await watch.first(Answered)).call_key
    async with asyncio.timeout(5):
        what, told_key, part, telephone = await told.get()
    assert (what, told_key, telephone) == ("begun", key, "op1")

    path = folder / f"{key}-{part}.wav"
    await until(lambda: path.exists() and path.stat().st_size > 8000)
    await leg.hang_up()
    async with asyncio.timeout(5):
        assert (await told.get())[:3] == ("finished", key, part)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await until(lambda: "0 active channels" in asterisk.cli("core show channels"))
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)


async def test_a_recording_is_paused_and_goes_on(asterisk, exchange, operator, phone, watch):
    await phone.call(to="s@ivr-operators")
    leg = await operator.rings()
    await operator.answer(leg)
    key = (await watch.first(Answered)).call_key

    for on in (False, True):
        await asyncio.to_thread(exchange.record, key, on=on)
    await leg.hang_up()

    await watch.first(Ended)
    with pytest.raises(NobodyTalks):
        await asyncio.to_thread(exchange.record, key, on=False)


def test_where_nothing_is_recorded_the_dialplan_says_so(tmp_path):
    config = PhoneConfig(tmp_path, demo_secret="a", ami_secret="b", recordings=None)

    render(config, tmp_path, tmp_path / "out", include_only=True)

    assert 'GotoIf($["0" != "1" |' in (tmp_path / "out" / "extensions_ivr.conf").read_text()


def a_file(folder, name, ended, size=80_044):
    path = folder / name
    path.write_bytes(bytes(size))
    os.utime(path, (ended.timestamp(), ended.timestamp()))
    return path


def test_files_that_are_finished_tell_of_themselves(tmp_path):
    a_file(tmp_path, "ivr-1795.17-19.wav", NOW - timedelta(hours=2))
    a_file(tmp_path, "ivr-1795.18-20.wav", NOW - timedelta(minutes=1))
    a_file(tmp_path, "letter.wav", NOW - timedelta(hours=2))

    begun = NOW - timedelta(hours=2, seconds=5)
    assert files.settled(tmp_path, NOW - timedelta(hours=1)) == [
        Recording(0, "ivr-1795.17", 19, "", "ivr-1795.17-19.wav", begun, 5)
    ]


def test_old_files_are_removed_and_those_that_are_gone_already_are_no_trouble(tmp_path):
    there = a_file(tmp_path, "a-1.wav", NOW)
    old = [Recording(1, "a", 1, "", "a-1.wav", NOW), Recording(2, "b", 2, "", "b-2.wav", NOW)]

    assert files.remove(tmp_path, old) == old
    assert not there.exists()


def test_a_file_that_cannot_be_removed_is_tried_again(tmp_path, caplog):
    (tmp_path / "a-1.wav").mkdir()

    assert files.remove(tmp_path, [Recording(1, "a", 1, "", "a-1.wav", NOW)]) == []
    assert "could not be removed" in caplog.text
