"""A quiet tune for those who wait, made here so that nothing has to be shipped or licensed."""

import math
import wave
from array import array
from pathlib import Path

RATE = 8000
_CHORDS = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (261.6, 329.6, 392.0), (196.0, 246.9, 293.7))
_NOTE_SECONDS = 0.75
_LOUDNESS = 2400


def tune() -> "array[int]":
    """Twelve soft notes of four broken chords, 16-bit at 8000 Hz; loops without a click."""
    samples = array("h")
    for chord in _CHORDS:
        for pitch in chord:
            samples.extend(_note(pitch))
    return samples


def write_tune(folder: Path) -> Path:
    """Put the tune into `folder` as WAV, unless it is there."""
    path = folder / "quiet.wav"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    with wave.open(str(beside), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tune().tobytes())
    return beside.replace(path)


def _note(pitch: float) -> list[int]:
    length = int(RATE * _NOTE_SECONDS)
    return [int(_LOUDNESS * _fade(i / length) * math.sin(2 * math.pi * pitch * i / RATE)) for i in range(length)]


def _fade(part: float) -> float:
    return math.sin(math.pi * part) ** 2
