"""Set-up's look at what it has rendered."""

from pathlib import Path

import pytest

from ivr.commands.setup import has_all
from ivr.dialogue.line import Utterance
from ivr.speech.lexicon import Lexicon
from ivr.speech.sounds import Voice, VoiceConfig
from ivr.speech.voice.settings import Choice

ESPEAK = Choice("espeak", "ru")
BROKEN = Choice("rhvoice", "anna", Path("/nowhere/libRHVoice.so.5"))
WORDS = [Utterance("x", "Добрый день.")]


@pytest.mark.parametrize(("engines", "whole"), [([ESPEAK], True), ([BROKEN, ESPEAK], False)])
async def test_sounds_are_whole_only_when_the_preferred_engine_spoke_them(tmp_path, engines, whole):
    voice = Voice(engines, Lexicon.load(), VoiceConfig(tmp_path))

    await voice.sounds(WORDS[0])

    assert await has_all(voice, WORDS) is whole
    await voice.close()
