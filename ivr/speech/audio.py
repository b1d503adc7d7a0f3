"""Speech made fit for the telephone: resampled, filtered, trimmed, levelled, and written as A-law and wideband."""

import os
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import numpy as np
import soxr  # type: ignore[import-untyped]
from numpy.typing import NDArray

CHAIN = "1"
"""Raise it with every change that is heard: sounds made before are then made anew."""
LEVEL = -19.0
"""Loudness of speech, dB below full scale, pauses left out."""
NARROW, WIDE = 8000, 16000
_BANDS = {NARROW: (200.0, 3400.0), WIDE: (80.0, 7000.0)}
_FRAME_SECONDS = 0.01
_PAD_SECONDS = 0.03
_SILENT_DB = -45.0
"""Below the loudest frame."""
_GATE_DB = -10.0
"""Below the mean: pauses do not count as speech (as in ITU-R BS.1770)."""
_KNEE, _CEILING = 0.7, 0.89
_STREAMED = 2**30
"""Bytes: a WAV that says it is longer was written without knowing its length."""

Samples = NDArray[np.float64]


class BadAudio(ValueError):
    """A sound that cannot be used: empty, silent or in an unknown format."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono samples within -1 and 1."""

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def read_wav(path: Path) -> Sound:
    """A 16-bit WAV of any rate; several channels are mixed into one. Raises BadAudio."""
    try:
        with wave.open(str(path)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.getnframes()
            data = file.readframes(frames)
    except (OSError, EOFError, wave.Error) as problem:
        raise BadAudio(f"{path.name}: {str(problem) or 'it ends too early'}") from problem
    if width != 2 or not data:
        raise BadAudio(f"{path.name}: a WAV with 16-bit samples is needed")
    if len(data) % (width * channels) or len(data) < frames * width * channels < _STREAMED:
        raise BadAudio(f"{path.name}: its end is cut off")
    samples = np.frombuffer(data, "<i2").astype(np.float64) / 32768
    return Sound(samples.reshape(-1, channels).mean(axis=1), rate)


def fault_of(path: Path) -> str | None:
    """Why a WAV cannot be made into a sound; None where it can."""
    try:
        loudness(read_wav(path))
    except BadAudio as problem:
        return str(problem)
    return None


def for_telephone(sound: Sound, rate: int) -> Sound:
    """Filtered, trimmed and levelled at 8000 or 16000 Hz. Raises BadAudio for silence."""
    if not len(sound.samples):
        raise BadAudio("the sound is empty")
    # Half a second to import, and only who renders sound needs it.
    from scipy import signal  # type: ignore[import-untyped]

    samples = signal.sosfilt(_filter(rate), soxr.resample(sound.samples, sound.rate, rate))
    trimmed = _trimmed(samples, rate)
    gain = 10 ** ((LEVEL - loudness(Sound(trimmed, rate))) / 20)
    return Sound(_limited(trimmed * gain), rate)


def loudness(sound: Sound) -> float:
    """dB below full scale, pauses left out."""
    energy = _energy(sound.samples, sound.rate)
    gate = energy.mean() * 10 ** (_GATE_DB / 10)
    return float(10 * np.log10(energy[energy >= gate].mean()))


def write_pair(sound: Sound, out: Path) -> None:
    """out.sln16 first and out.alaw last: whoever sees the second finds both. Whole files or none."""
    wide, narrow = for_telephone(sound, WIDE), for_telephone(sound, NARROW)
    write_whole(out.with_name(f"{out.name}.sln16"), linear(wide).tobytes())
    write_whole(out.with_name(f"{out.name}.alaw"), alaw(linear(narrow)))


def write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # else a machine that loses its power may keep the name and not the sound
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def linear(sound: Sound) -> NDArray[np.int16]:
    return (np.clip(sound.samples, -1, 1) * 32767).astype("<i2")


def alaw(samples: NDArray[np.int16]) -> bytes:
    """G.711 A-law; the standard library has had no encoder since 3.13."""
    return _alaw_table()[samples.view(np.uint16)].tobytes()


@cache
def _alaw_table() -> NDArray[np.uint8]:
    """The code of every 16-bit sample, by its unsigned reading."""
    levels = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 3
    sign = np.where(levels >= 0, 0xD5, 0x55)
    size = np.where(levels >= 0, levels, -levels - 1)
    segment = np.searchsorted([0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF], size)
    step = np.where(segment < 2, size >> 1, size >> segment) & 0x0F
    return ((segment << 4 | step) ^ sign).astype(np.uint8)


def write_as_heard(sounds: Sequence[Path], out: Path) -> None:
    """One WAV for any player of what a caller hears on a narrow line: the .alaw of each, one after another."""
    codes = b"".join(Path(f"{sound}.alaw").read_bytes() for sound in sounds)
    with wave.open(str(out), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(NARROW)
        file.writeframes(_alaw_levels()[np.frombuffer(codes, np.uint8)].tobytes())


@cache
def _alaw_levels() -> NDArray[np.int16]:
    """The middle of all samples that have a code, by the code."""
    codes = _alaw_table()
    samples = np.arange(65536, dtype=np.uint16).view(np.int16)
    return np.asarray(np.bincount(codes, samples) / np.bincount(codes)).astype("<i2")


@cache
def _filter(rate: int) -> NDArray[np.float64]:
    from scipy import signal

    return np.asarray(signal.butter(4, _BANDS[rate], "bandpass", fs=rate, output="sos"))


def _energy(samples: Samples, rate: int) -> Samples:
    """Mean square of each 10 ms."""
    size = int(rate * _FRAME_SECONDS)
    whole = len(samples) // size
    if not whole:
        raise BadAudio("the sound is empty")
    energy: Samples = (samples[: whole * size].reshape(whole, size) ** 2).mean(axis=1)
    if energy.max() < 1e-9:
        raise BadAudio("the sound is silent")
    return energy


def _trimmed(samples: Samples, rate: int) -> Samples:
    energy = _energy(samples, rate)
    heard = np.flatnonzero(energy > energy.max() * 10 ** (_SILENT_DB / 10))
    size, pad = int(rate * _FRAME_SECONDS), int(rate * _PAD_SECONDS)
    return samples[max(0, heard[0] * size - pad) : (heard[-1] + 1) * size + pad]


def _limited(samples: Samples) -> Samples:
    """Peaks above the knee are bent, none passes the ceiling."""
    over = np.abs(samples) - _KNEE
    room = _CEILING - _KNEE
    bent = np.sign(samples) * (_KNEE + room * np.tanh(over / room))
    return np.where(over > 0, bent, samples)
