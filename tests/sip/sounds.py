"""Which recording is this? Asterisk sends an .alaw file unchanged, 160 bytes a packet, so a tape can be read back."""

import contextlib
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from .handset import SAMPLES
from .tap import AUDIBLE, FRAME, Packet, Sound, Tape, Way


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording that was played to the caller: when its first packet came and how much of it was sent."""

    path: Path
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class _Recording:
    path: Path
    frames: tuple[bytes, ...]
    quiet: int
    """Frames before the first that can be heard."""


class Sounds:
    """The recordings of some folders, found again in tapes. Files that come later are noticed."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._by_path: dict[Path, _Recording] = {}
        self._by_onset: dict[bytes, list[_Recording]] = defaultdict(list)

    def refresh(self) -> None:
        """Read the files that are new."""
        for path in (path for folder in self._folders for path in sorted(folder.rglob("*.alaw"))):
            if path not in self._by_path:
                with contextlib.suppress(FileNotFoundError):  # the sounds of a call go with it
                    self._by_path[path] = self._learn(path)

    def heard(self, tape: Tape, since: float = 0.0) -> Iterator[Heard]:
        """The recordings heard after a moment, in order; the sound of an unknown one is passed over."""
        self.refresh()
        packets = [one for one in tape.packets if one.way is Way.HEARD and one.is_sound and one.at > since]
        number = 0
        while number < len(packets):
            found = self._longest(packets, number)
            if found:
                recording, length = found
                yield Heard(recording.path, packets[number].at - recording.quiet * FRAME, length * FRAME)
                number += length
            else:
                number += 1

    def first(self, tape: Tape, since: float) -> Heard | None:
        """The first recording that begins after a moment: what is still sounding from before does not count."""
        return next(self.heard(tape, since), None)

    def begins(self, path: Path, tape: Tape, since: float, until: float = math.inf) -> float:
        """Seconds of this recording that were heard from its first sound on, between two moments; 0 if it was not."""
        self.refresh()
        packets = [one for one in tape.packets if one.way is Way.HEARD and one.is_sound and since < one.at < until]
        recording = self._by_path[path]
        onset = recording.frames[recording.quiet]
        lengths = [_common(recording, packets[n:]) for n, packet in enumerate(packets) if packet.payload == onset]
        return FRAME * max(lengths, default=0)

    def _longest(self, packets: list[Packet], number: int) -> tuple[_Recording, int] | None:
        """Recordings may begin with the same words: the one that goes on longest is meant."""
        candidates = self._by_onset.get(packets[number].payload, ())
        lengths = [(recording, _common(recording, packets[number:])) for recording in candidates]
        return max(lengths, key=lambda pair: pair[1], default=None)

    def _learn(self, path: Path) -> _Recording:
        sound = path.read_bytes()
        frames = tuple(sound[start : start + SAMPLES] for start in range(0, len(sound), SAMPLES))
        quiet = sum(1 for _ in takewhile(lambda frame: not _audible(frame), frames))
        recording = _Recording(path, frames, quiet)
        if quiet < len(frames):
            self._by_onset[frames[quiet]].append(recording)
        return recording


def _audible(frame: bytes) -> bool:
    return Packet(0.0, Way.HEARD, Sound.ALAW.value, 0, 0, False, frame).energy > AUDIBLE


def _common(recording: _Recording, packets: list[Packet]) -> int:
    pairs = zip(recording.frames[recording.quiet :], packets, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1].payload, pairs))
