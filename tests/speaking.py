"""Synthetic callers: words spoken by espeak-ng as a telephone carries them, 8000 Hz, 16 bit."""

import subprocess
import tempfile
import wave
from functools import lru_cache
from pathlib import Path

import numpy as np
import soxr

from ivr.speech.audio import alaw

RATE = 8000
PLAIN = "ru"
"""The voice that the tiny model understands best."""


@lru_cache(maxsize=1024)
def spoken(text: str, voice: str = PLAIN, speed: int = 150, pitch: int = 50) -> bytes:
    """Signed 16 bit samples; `speed` in words a minute."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        options = ("-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(path))
        subprocess.run(["espeak-ng", *options, text], check=True, timeout=20)
        with wave.open(str(path)) as recording:
            samples = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(np.float32)
            rate = recording.getframerate()
    narrow = soxr.resample(samples, rate, RATE)
    return narrow.clip(-32768, 32767).astype("<i2").tobytes()


def on_the_line(samples: bytes) -> bytes:
    """A-law, as telephones send it."""
    return alaw(np.frombuffer(samples, "<i2"))
