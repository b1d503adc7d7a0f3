"""`ivr check` looks whether Asterisk can lead callers to the recogniser."""

from dataclasses import replace

import pytest

from ivr.commands import check
from ivr.phone.render import listen_url
from ivr.settings import Listen, Settings


@pytest.fixture
def ours(asterisk, monkeypatch):
    """Make the shared Asterisk that of the settings, perhaps with changes that it does not know of."""

    def of(**changes):
        config = replace(asterisk.config, **changes)
        monkeypatch.setattr(check, "phone_config_of", lambda settings: config)
        monkeypatch.setattr(check.machine, "find_asterisk", lambda folder: asterisk.program)
        return config

    return of


async def test_all_is_well(ours):
    config = ours()

    assert listen_url(config) in await check.speech_in_asterisk(Settings())


async def test_a_module_that_does_not_run_is_named(asterisk, ours):
    ours()
    asterisk.cli("module unload app_speech_utils.so")
    try:
        with pytest.raises(RuntimeError, match=r"keys only: app_speech_utils\.so not running"):
            await check.speech_in_asterisk(Settings())
    finally:
        asterisk.cli("module load app_speech_utils.so")


async def test_a_recogniser_elsewhere_is_noticed(ours):
    ours(listen_port=1)

    with pytest.raises(RuntimeError, match=r"does not lead to ws://127\.0\.0\.1:1/"):
        await check.speech_in_asterisk(Settings())


async def test_without_speech_nothing_is_needed(ours):
    ours(listen_port=1)

    assert "not needed" in await check.speech_in_asterisk(Settings(listen=Listen(enabled=False)))


async def test_an_asterisk_of_somebody_else_is_not_looked_at(ours, tmp_path):
    ours(folder=tmp_path)

    assert "not looked at" in await check.speech_in_asterisk(Settings())
