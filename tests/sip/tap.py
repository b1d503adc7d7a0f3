"""What went over the wire of one call: packets with their times, and what a listener would have heard of them."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np

FRAME = 0.020
"""Seconds of sound in one packet."""
AUDIBLE = 150.0
"""A packet louder than this (root of mean square, of 32768) is heard; the noise of coded silence is about 8."""
KEYS = "0123456789*#"


class Way(Enum):
    """Which way a packet went, from where the caller stands."""

    HEARD = "heard"
    SENT = "sent"


class Sound(Enum):
    """Payload types of RFC 3551 that Asterisk and a Russian trunk agree on."""

    ULAW = 0
    ALAW = 8


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet: when (seconds, the machine's clock), which way and what was in it."""

    at: float
    way: Way
    payload_type: int
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    source: int = 0
    """SSRC: each stream numbers its packets by itself."""

    @property
    def is_sound(self) -> bool:
        return self.payload_type in (Sound.ULAW.value, Sound.ALAW.value)

    @property
    def energy(self) -> float:
        """Root of the mean square of the sound, 0 for anything that is not sound."""
        if not self.is_sound or not self.payload:
            return 0.0
        squares = _SQUARES[self.payload_type].take(np.frombuffer(self.payload, dtype=np.uint8))
        return math.sqrt(float(squares.mean()))


@dataclass(frozen=True, slots=True)
class Gap:
    """A silence between two sounds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key sent by RFC 4733; `end` is when its first end packet left."""

    key: str
    end: float


def parsed(datagram: bytes, at: float, way: Way) -> Packet | None:
    """An RTP packet (RFC 3550) out of a datagram; None when it is something else."""
    if len(datagram) < 12 or datagram[0] >> 6 != 2:
        return None
    start = 12 + 4 * (datagram[0] & 0x0F)
    if datagram[0] & 0x10:
        start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4], "big")
    return Packet(
        at=at,
        way=way,
        payload_type=datagram[1] & 0x7F,
        sequence=int.from_bytes(datagram[2:4], "big"),
        timestamp=int.from_bytes(datagram[4:8], "big"),
        marker=bool(datagram[1] & 0x80),
        payload=datagram[start:],
        source=int.from_bytes(datagram[8:12], "big"),
    )


def _ulaw_table() -> np.ndarray:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -size, size).astype(np.int16)


def _alaw_table() -> np.ndarray:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    step, part = (code & 0x70) >> 4, (code & 0x0F) << 4
    size = np.where(step == 0, part + 8, (part + 0x108) << np.maximum(step - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.int16)


_TABLES = {Sound.ULAW: _ulaw_table(), Sound.ALAW: _alaw_table()}
_SQUARES = {sound.value: table.astype(np.float64) ** 2 for sound, table in _TABLES.items()}


def decoded(payload: bytes, sound: Sound = Sound.ALAW) -> np.ndarray:
    """Samples of 16 bit out of G.711 bytes."""
    return _TABLES[sound][np.frombuffer(payload, dtype=np.uint8)]


class Tape:
    """The packets of one call in order, and questions about them."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self._audible: list[Packet] = []
        self._audible_at: list[float] = []

    def add(self, packet: Packet) -> bool:
        """Keep a packet; True when it is a sound that the caller hears."""
        self.packets.append(packet)
        heard = packet.way is Way.HEARD and packet.energy > AUDIBLE
        if heard:
            self._audible.append(packet)
            self._audible_at.append(packet.at)
        return heard

    def heard_seconds(self, since: float = 0.0) -> float:
        """How many seconds of sound above the threshold have come since then."""
        return FRAME * len(self.audible(since))

    def audible(self, since: float = 0.0) -> list[Packet]:
        """Packets with a sound that were heard after `since`."""
        return self._audible[bisect_right(self._audible_at, since) :]

    def last_heard(self) -> float | None:
        """When the last sound came."""
        return self._audible[-1].at if self._audible else None

    def gaps(self, longer_than: float = 0.3, since: float = 0.0) -> list[Gap]:
        """Silences between two sounds."""
        times = [packet.at for packet in self.audible(since)]
        pairs = pairwise(times)
        return [Gap(one, two) for one, two in pairs if two - one - FRAME > longer_than]

    def first_after(self, moment: float, *, audible: bool = True) -> Packet | None:
        """The first packet of sound that came after a moment, by default one that can be heard."""
        came = iter(self.audible(moment)) if audible else self._sounds(moment)
        return next(came, None)

    def delay_after(self, press: KeyPress, *, audible: bool = True) -> float | None:
        """Seconds from the end of a key to the first packet of what is said next (press it when nothing is playing)."""
        packet = self.first_after(press.end, audible=audible)
        return packet.at - press.end if packet else None

    def presses(self) -> list[KeyPress]:
        """The keys that were sent by RFC 4733, each at the time of its first end packet."""
        found: dict[int, KeyPress] = {}
        for packet in self.packets:
            if packet.way is Way.SENT and not packet.is_sound and len(packet.payload) == 4 and packet.payload[1] & 0x80:
                found.setdefault(packet.timestamp, KeyPress(KEYS[packet.payload[0]], packet.at))
        return list(found.values())

    def lost(self) -> int:
        """How many packets of the other side never came, by their sequence numbers."""
        heard = [packet for packet in self.packets if packet.way is Way.HEARD]
        same = ((one, two) for one, two in pairwise(heard) if one.source == two.source)
        steps = ((two.sequence - one.sequence) & 0xFFFF for one, two in same)
        return sum(step - 1 for step in steps if 1 < step < 0x8000)

    def sound(self, since: float = 0.0) -> bytes:
        """Everything that came as sound, as coded bytes without the silences in which nothing was sent."""
        return b"".join(packet.payload for packet in self._sounds(since))

    def _sounds(self, since: float) -> Iterator[Packet]:
        return (one for one in self.packets if one.way is Way.HEARD and one.is_sound and one.at > since)
