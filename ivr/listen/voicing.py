"""Speech, noise or quiet: by loudness against the noise of this very line, and by the pitch that only a voice has."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from ivr.listen.aeap import BYTES_PER_SECOND

FRAME_BYTES = 320

Samples = NDArray[np.float32]

_ABOVE_NOISE = 8.0
"""Decibels. Telephone noise wanders by less, and the weakest vowels reach more."""
_FLOOR = (-60.0, -38.0)
"""Noise is taken to lie between these, dBFS: speech from the first frame on is no noise."""
_QUIETEST = -48.0
"""What is softer than this is never speech."""
_MEMORY = 75
"""Frames (1.5 s) whose softest is the noise: people make a pause within that time, noise does not."""
_BREATH = 0.2
"""A gap inside a word or between two words, seconds; a longer one ends the burst."""

_PITCH = slice(20, 101)
"""Periods of 80 to 400 Hz, in samples."""
_PERIODIC = 0.3
"""Likeness of a wave to itself a period later: noise stays below 0.22, voices on the telephone reach 0.4 to 0.9."""
_SPECTRUM = 1024


class Voicing:
    """Hears frame by frame; times are seconds of audio."""

    def __init__(self) -> None:
        self.quiet = 0.0
        """Since the last loud frame."""
        self.burst = 0.0
        """Loud frames of the present stretch of speech."""
        self.spoken = 0.0
        """Loud frames since the beginning, or since forget()."""
        self.voiced = 0.0
        """Those of them with a pitch: none, and it was noise."""
        self._levels: deque[float] = deque(maxlen=_MEMORY)
        self._before = np.zeros(0, np.float32)

    def hear(self, frame: bytes) -> bool:
        """Whether this frame is loud."""
        samples = np.frombuffer(frame, dtype="<i2").astype(np.float32)
        before, self._before = self._before, samples
        level, seconds = _level(samples), len(frame) / BYTES_PER_SECOND
        self._levels.append(level)
        if level < self._threshold():
            self.quiet += seconds
            self.burst = 0.0 if self.quiet > _BREATH else self.burst
            return False
        self.quiet = 0.0
        self.burst += seconds
        self.spoken += seconds
        self.voiced += seconds if _has_pitch(np.concatenate((before, samples))) else 0.0
        return True

    def forget(self) -> None:
        """What was heard was noise; what is known of the line stays."""
        self.quiet = self.burst = self.spoken = self.voiced = 0.0

    def _threshold(self) -> float:
        least, most = _FLOOR
        noise = min(max(min(self._levels), least), most)
        return max(noise + _ABOVE_NOISE, _QUIETEST)


def _level(samples: Samples) -> float:
    """dBFS, at least -99."""
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return 10.0 * float(np.log10(max(power / 32768.0**2, 1e-10)))


def _has_pitch(samples: Samples) -> bool:
    spectrum = np.fft.rfft(samples - samples.mean(), _SPECTRUM)
    likeness = np.fft.irfft(np.square(np.abs(spectrum)))
    return bool(likeness[_PITCH].max() > _PERIODIC * likeness[0])
