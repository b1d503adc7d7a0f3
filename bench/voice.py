"""A prompt made anew, and one that is there already: what a caller waits before a sentence can begin."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

from bench.databases import a_folder
from bench.measure import Result, result, stopwatch
from ivr.dialogue.line import Utterance
from ivr.phone.sound_files import seconds_of
from ivr.speech.lexicon import Lexicon
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.sounds import SoundMissing, Voice, VoiceConfig
from ivr.speech.voice.settings import Choice, choices

PHRASES = 60
WARM_TIMES = 20
RHVOICE = Path("build/rhvoice").absolute()


def measure(*, quick: bool) -> list[Result]:
    """Every engine that is here, one sentence at a time."""
    phrases = list(Phrasebook.load().static())[: PHRASES // 5 if quick else PHRASES]
    return [one for engine in choices(rhvoice=RHVOICE) for one in asyncio.run(_spoken(engine, phrases))]


async def _spoken(engine: Choice, phrases: Sequence[Utterance]) -> list[Result]:
    with a_folder() as folder:
        voice = Voice([engine], Lexicon.load(), VoiceConfig(folder))
        await voice.start()
        try:
            cold, sounds = await _said(voice, phrases)
            warm, _ = await _said(voice, list(phrases) * WARM_TIMES)
            seconds = seconds_of(sounds) / len(phrases)
        finally:
            await voice.close()
    name = f"{engine.engine} {engine.voice}"
    note = f"whole sentences, {seconds:.1f} s of speech each on average, {len(phrases) - len(cold)} failed"
    return [result("voice", f"cold prompt, {name}", cold, note=note), result("voice", f"warm prompt, {name}", warm)]


async def _said(voice: Voice, phrases: Sequence[Utterance]) -> tuple[list[float], list[Path]]:
    """How long each sentence took, and its sounds; what the engine cannot say is left out."""
    times: list[float] = []
    sounds: list[Path] = []
    for phrase in phrases:
        taken: list[float] = []
        with contextlib.suppress(SoundMissing), stopwatch(taken):
            sounds += await voice.sounds(phrase)
        times += taken
    return times, sounds
