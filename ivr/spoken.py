"""The voice that callers hear, in the site's process: for an administrator who listens to a phrase."""

import asyncio
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ivr.dialogue.line import Utterance
from ivr.services.spoken import BadReading, SpokenPhrase, VoiceDown
from ivr.speech.audio import write_as_heard
from ivr.speech.examples import example_of
from ivr.speech.lexicon import Lexicon
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.sounds import SoundMissing, Voice
from ivr.speech.wording import BadWording

WITHIN_SECONDS = 20.0


class HeardPhrases:
    """Implements ivr.services.spoken.Spoken. The voice starts with the first phrase that is listened to."""

    def __init__(self, book: Phrasebook, open_voice: Callable[[], Voice]) -> None:
        self._book, self._open_voice = book, open_voice
        self._turn = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._voice: Voice | None = None
        self._readings: Mapping[str, str] = {}

    def phrases(self) -> Sequence[SpokenPhrase]:
        return [
            SpokenPhrase(entry.key, entry.text, self._book.utterance(example_of(entry)).text)
            for entry in self._book.entries.values()
        ]

    def sound(self, key: str, readings: Mapping[str, str]) -> bytes:
        """Raises KeyError, VoiceDown."""
        text = self._book.utterance(example_of(self._book.entries[key])).text
        with self._turn, tempfile.NamedTemporaryFile(suffix=".wav") as file:
            work = self._sounds(Utterance(key, text), dict(readings))
            try:
                sounds = asyncio.run_coroutine_threadsafe(work, self._started()).result(WITHIN_SECONDS)
                write_as_heard(sounds, Path(file.name))
            except (SoundMissing, BadWording, OSError, TimeoutError) as problem:
                raise VoiceDown(str(problem)) from problem
            return Path(file.name).read_bytes()

    def check(self, word: str, reading: str) -> None:
        """Raises BadReading."""
        try:
            Lexicon({}).with_words({word: reading})
        except BadWording as problem:
            raise BadReading("Слово пишут строчными русскими буквами, ударение знаком + перед гласной.") from problem
        if reading.replace("+", "") != word or reading.count("+") != 1:
            raise BadReading("Чтение — то же слово с одним знаком + перед ударной гласной: «п+олис».")

    def close(self) -> None:
        if self._loop is None or self._thread is None:
            return
        if self._voice is not None:
            asyncio.run_coroutine_threadsafe(self._voice.close(), self._loop).result(WITHIN_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_SECONDS)
        self._loop.close()

    async def _sounds(self, utterance: Utterance, readings: Mapping[str, str]) -> list[Path]:
        if self._voice is None:
            self._voice = self._open_voice()
            await self._voice.start()
        if readings != self._readings:
            self._voice.learn(readings)
            self._readings = readings
        return await self._voice.sounds(utterance)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="listening", daemon=True)
            self._thread.start()
        return self._loop
