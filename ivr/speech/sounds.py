"""The voice of the telephone: what is to be said goes in, sound files that Asterisk can play come out."""

import asyncio
import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ivr.dialogue.line import LineTrouble, Utterance
from ivr.speech import audio
from ivr.speech.cache import PrivateSounds, SingleFlight, SoundCache, is_there, key_of, touch
from ivr.speech.lexicon import Lexicon
from ivr.speech.recordings import UNHEARD
from ivr.speech.verbalise.dates import birth_parts
from ivr.speech.verbalise.digits import DIGITS
from ivr.speech.voice.process import VoiceProcess, VoiceTrouble
from ivr.speech.voice.settings import Choice

log = logging.getLogger(__name__)
_NO_CALL = "no-call"
_call: ContextVar[str] = ContextVar("call", default=_NO_CALL)
_DIGITS = rf"\b(?:{'|'.join(DIGITS)})(?:,? (?:{'|'.join(DIGITS)}))+\b"
_EVICT_EVERY = 200
"""Sounds made between two looks at the size of the folder."""
_BREATH_SECONDS = 0.3
"""The engine's rest between two sounds that nobody waits for yet."""
_REST_SECONDS = 30.0
"""How long an engine that failed is left alone."""


class SoundMissing(LineTrouble):
    """No engine could speak this."""


@dataclass(frozen=True, slots=True)
class VoiceConfig:
    """Where sounds are kept and how fast the voice speaks."""

    folder: Path
    most_bytes: int = 2_000_000_000
    rate: float = 1.0
    slow_rate: float = 0.8
    patience: float = 5.0
    fragments: frozenset[str] = frozenset()
    """Words of the phrase file: in a personal phrase only these may be kept."""
    recordings: Mapping[str, Path] = field(default_factory=dict)


@dataclass(slots=True)
class Counters:
    hits: int = 0
    made: int = 0
    fallbacks: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Recording:
    """A file as it is now: one that is copied again is another."""

    path: Path
    changed: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words spoken in one breath."""

    text: str
    rate: float
    private: bool


class Voice:
    """Safe for any number of calls in one event loop, which it never blocks. Close it at the end."""

    def __init__(self, engines: Sequence[Choice], lexicon: Lexicon, config: VoiceConfig) -> None:
        self.counters = Counters()
        self.engines = [VoiceProcess(choice, patience=config.patience) for choice in engines]
        self._config, self._lexicon, self._own_lexicon = config, lexicon, lexicon
        self._kept = frozenset(map(_bare, config.fragments))
        self._cache = SoundCache(config.folder / "shared", most_bytes=config.most_bytes)
        self._private = PrivateSounds(config.folder / "private")
        self._flights = SingleFlight()
        self._known: dict[_Piece, Path] = {}
        self._unheard: set[_Recording] = set()
        self._resting: dict[str, float] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._complained = False
        self._talking: set[str] = set()

    async def start(self) -> None:
        """Warm the engines up and clear what a crash left. Without it the first caller waits for the engine."""
        await asyncio.to_thread(self._private.forget_stale, time.time())
        await asyncio.gather(*(engine.version() for engine in self.engines), return_exceptions=True)

    async def sounds(self, utterance: Utterance) -> list[Path]:
        """Absolute paths without extension, to be played one after another. Raises SoundMissing."""
        return [await self._sound(piece) for piece in self._pieces(utterance)]

    def learn(self, readings: Mapping[str, str]) -> None:
        """Read these words so from now on; only sentences with them are made anew. Raises BadWording."""
        self._lexicon = self._own_lexicon.with_words(readings)
        self._known.clear()

    def prepare(self, utterances: Sequence[Utterance]) -> None:
        """Have these ready soon; returns at once. A failure shows when the sound is asked for."""
        task = asyncio.create_task(self._prepare(tuple(utterances)))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def missing(self, utterances: Sequence[Utterance]) -> list[Utterance]:
        """Those that would have to be made; raises SoundMissing when the engine does not start."""
        try:
            return [utterance for utterance in utterances if not await self._all_there(utterance)]
        except VoiceTrouble as problem:
            raise SoundMissing(str(problem)) from problem

    @contextmanager
    def private(self, call_key: str) -> Iterator[None]:
        """What is said about a patient within is kept for this call alone, and removed with it."""
        token = _call.set(call_key)
        self._talking.add(call_key)
        try:
            yield
        finally:
            _call.reset(token)
            self._talking.discard(call_key)
            self._private.forget(call_key)

    async def close(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._flights.close()
        for engine in self.engines:
            await engine.close()

    async def _prepare(self, utterances: Sequence[Utterance]) -> None:
        for utterance in utterances:
            made = self.counters.made
            try:
                await self.sounds(utterance)
            except SoundMissing:
                log.warning("sound not prepared", extra={"phrase": utterance.key})
            if self.counters.made > made:  # callers who wait for their own sentence come first
                await asyncio.sleep(_BREATH_SECONDS)

    async def _all_there(self, utterance: Utterance) -> bool:
        return all([is_there(await self._best(piece)) for piece in self._pieces(utterance)])

    def _pieces(self, utterance: Utterance) -> list[_Piece]:
        rate = self._config.slow_rate if utterance.slow else self._config.rate
        if not utterance.personal:
            return [_Piece(utterance.text, rate, private=False)]
        return [_Piece(text, rate, private=not self._may_keep(text)) for text in apart(utterance.text)]

    def _may_keep(self, text: str) -> bool:
        return text in DIGITS or text in self._kept or text in _birth_parts()

    async def _sound(self, piece: _Piece) -> Path:
        known = self._known.get(piece)
        if known and is_there(known):
            self.counters.hits += 1
            touch(known)
            return known
        if recorded := await self._recorded(piece):
            return recorded
        reason = ""
        for engine in self._awake():
            try:
                return await self._from(engine, piece)
            except (VoiceTrouble, OSError) as problem:
                self._failed(engine, problem)
                reason = str(problem)
        self.counters.failed += 1
        raise SoundMissing(f"no engine could speak: {reason}")

    async def _from(self, engine: VoiceProcess, piece: _Piece) -> Path:
        place = await self._place(engine, piece)
        if not is_there(place):
            await self._flights.once(place, lambda out: self._make(engine, piece, out))
        if engine is self.engines[0]:
            self._remember(piece, place)
        else:
            self.counters.fallbacks += 1
        return place

    async def _recorded(self, piece: _Piece) -> Path | None:
        """The living voice, where it has read this and its file is whole: a bad file is told once."""
        recording = self._recording(piece)
        if recording is None:
            return None
        place = self._place_of(recording)
        try:
            if not is_there(place):
                await self._flights.once(place, lambda out: self._import(recording, out))
        except audio.BadAudio as problem:
            if recording not in self._unheard:
                self._unheard.add(recording)
                log.error(UNHEARD, extra={"file": recording.path.name, "reason": str(problem)})
            return None
        except OSError:  # a full disk: the engines meet it too, and tell
            return None
        self._remember(piece, place)
        return place

    def _recording(self, piece: _Piece) -> _Recording | None:
        path = None if piece.private else self._config.recordings.get(piece.text)
        if path is None:
            return None
        try:
            recording = _Recording(path, path.stat().st_mtime_ns)
        except OSError:  # taken away while the program runs
            return None
        return recording if recording not in self._unheard else None

    def _place_of(self, recording: _Recording) -> Path:
        return self._cache.place(key_of(audio.CHAIN, f"{recording.path}:{recording.changed}"))

    async def _best(self, piece: _Piece) -> Path:
        recording = self._recording(piece)
        return self._place_of(recording) if recording else await self._place(self.engines[0], piece)

    async def _place(self, engine: VoiceProcess, piece: _Piece) -> Path:
        """Where the sound belongs; anything that changes how it is heard changes the place."""
        said = self._lexicon.for_engine(engine.choice.engine, piece.text)
        source = await engine.version()
        key = key_of(audio.CHAIN, source, engine.choice.voice, str(piece.rate), said)
        return self._private.place(_call.get(), key) if piece.private else self._cache.place(key)

    async def _make(self, engine: VoiceProcess, piece: _Piece, out: Path) -> None:
        await engine.render(self._lexicon.for_engine(engine.choice.engine, piece.text), piece.rate, out)
        if piece.private and _call.get() not in {
            *self._talking,
            _NO_CALL,
        }:  # its caller hung up while it was being made
            self._private.forget(_call.get())
        self._made()

    async def _import(self, recording: _Recording, out: Path) -> None:
        await asyncio.to_thread(lambda: audio.write_pair(audio.read_wav(recording.path), out))
        self._made()

    def _remember(self, piece: _Piece, place: Path) -> None:
        if piece.private:  # what a patient said stays no longer than his call, in memory too
            return
        if len(self._known) > 20_000:
            self._known.clear()
        self._known[piece] = place

    def _made(self) -> None:
        self.counters.made += 1
        if self.counters.made % _EVICT_EVERY == 0:
            task = asyncio.create_task(asyncio.to_thread(self._evict))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

    def _evict(self) -> None:
        self._cache.evict(time.time())

    def _awake(self) -> list[VoiceProcess]:
        """Engines in order of preference; one that failed rests, unless all did."""
        now = time.monotonic()
        awake = [engine for engine in self.engines if self._resting.get(engine.choice.engine, 0.0) <= now]
        return awake or self.engines

    def _failed(self, engine: VoiceProcess, problem: Exception) -> None:
        self._resting[engine.choice.engine] = time.monotonic() + _REST_SECONDS
        if not self._complained:  # once: a broken engine would fill the log with every phrase
            self._complained = True
            log.error(
                "engine cannot speak", exc_info=problem, extra={"engine": engine.choice.engine, "reason": str(problem)}
            )


def apart(text: str) -> list[str]:
    """A personal phrase in pieces that tell nothing alone, so that few sounds serve everybody and none is kept.

    Digits read one by one, the day with the month, and the year of a birth date.
    """
    pieces: list[str] = []
    end = 0
    for run in _alone().finditer(text):
        words = [run[0]] if run[0] in _birth_parts() else re.findall(r"[а-яё]+", run[0].lower())
        pieces += [text[end : run.start()], *words]
        end = run.end()
    pieces.append(text[end:])
    return [bare for piece in pieces if (bare := _bare(piece))]


_birth_parts = cache(birth_parts)


@cache
def _alone() -> re.Pattern[str]:
    longest_first = sorted(_birth_parts(), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(longest_first)})\b|{_DIGITS}", re.IGNORECASE)


def _bare(words: str) -> str:
    """Without the signs that end what was said before; empty if there was nothing else."""
    return words.strip().lstrip(" .,;:!?—")
