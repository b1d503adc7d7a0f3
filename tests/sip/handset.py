"""The media half of a telephone: one UDP port that speaks A-law and RFC 4733 keys, hears, and keeps a tape of both.

sipp does the signalling and offers this port in its SDP. Sending our own packets lets a key leave at the very moment
when the caller would press it, and the kernel's time stamps keep the measured times true on a busy machine.
"""

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from collections import deque
from typing import Self

from .tap import FRAME, KEYS, KeyPress, Packet, Sound, Tape, Way, parsed

EVENT = 101
"""Payload type of telephone-event in our SDP."""
SAMPLES = 160
QUIET = b"\xd5" * SAMPLES
"""One packet of A-law silence: a line without packets looks dead to Asterisk."""
PRESS, REST = 5, 3
"""A key lasts 100 ms and is followed by 60 ms of nothing: a quick human, well over Asterisk's least 80 and 45 ms."""
# Not in the socket module: linux/socket.h, the same on every architecture that Debian runs on but SPARC and PA-RISC.
SO_TIMESTAMPNS = 35


class Pulse:
    """One clock for many handsets: every 20 ms each of them sends its packet."""

    def __init__(self) -> None:
        self._handsets: set[Handset] = set()
        self._task: asyncio.Task[None] | None = None

    def join(self, handset: "Handset") -> None:
        """Start sending for a handset."""
        self._handsets.add(handset)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._beat())

    def leave(self, handset: "Handset") -> None:
        """Stop sending; the last one out stops the clock."""
        self._handsets.discard(handset)
        if not self._handsets and self._task:
            self._task.cancel()
            self._task = None

    async def _beat(self) -> None:
        due = time.monotonic()
        while True:
            for handset in tuple(self._handsets):
                handset.send_frame()
            # After a stall we go on from now: a burst of late packets would squeeze the length of a key.
            due = max(due + FRAME, time.monotonic())
            await asyncio.sleep(due - time.monotonic())


class Handset:
    """A port with a tape. Use as `with Handset(pulse) as handset`, inside a running loop."""

    def __init__(self, pulse: Pulse, host: str = "127.0.0.1") -> None:
        self.tape = Tape()
        self.connected = asyncio.Event()
        self.sound_came = asyncio.Event()
        self._pulse = pulse
        self._far: tuple[str, int] | None = None
        self._sequence, self._timestamp = secrets.randbits(16), secrets.randbits(32)  # RFC 3550
        self._source = secrets.randbits(32)
        self._keys: deque[tuple[int, asyncio.Future[KeyPress]]] = deque()
        self._step, self._key_began = 0, 0
        self._speech = b""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))

    @property
    def port(self) -> int:
        """The UDP port for the SDP."""
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    def __exit__(self, *problem: object) -> None:
        self._pulse.leave(self)
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        for _, waiting in self._keys:
            waiting.cancel()

    def connect(self, host: str, port: int) -> None:
        """Send to this address from now on (the far end's SDP), without waiting for its first packet."""
        self._far = (host, port)
        self.connected.set()
        self._pulse.join(self)

    def press(self, keys: str) -> list["asyncio.Future[KeyPress]"]:
        """Queue keys; each future is done when that key has been let go."""
        loop = asyncio.get_running_loop()
        queued = [(KEYS.index(key), loop.create_future()) for key in keys]
        self._keys.extend(queued)
        return [waiting for _, waiting in queued]

    def say(self, alaw: bytes) -> None:
        """Speak these A-law bytes after whatever is being said."""
        self._speech += alaw

    async def has_spoken(self) -> None:
        """Return when everything has been said."""
        while self._speech:  # noqa: ASYNC110 - the clock that sends it makes no event of every packet
            await asyncio.sleep(FRAME)

    def send_frame(self) -> None:
        """Send the packet of these 20 ms: a part of a key, of speech, or silence."""
        if self._far is None:
            return
        if self._keys:
            self._send_key()
        else:
            chunk, self._speech = self._speech[:SAMPLES], self._speech[SAMPLES:]
            self._send(Sound.ALAW.value, chunk.ljust(SAMPLES, QUIET[:1]), self._timestamp)
        self._timestamp = (self._timestamp + SAMPLES) & 0xFFFFFFFF

    def _send_key(self) -> None:
        """One beat of a key: it sounds for PRESS packets, ends with three copies, rests, and gives way to the next."""
        event, waiting = self._keys[0]
        self._step += 1
        if self._step == 1:
            self._key_began = self._timestamp
        if self._step < PRESS:
            self._send_event(event, end=False)
        elif self._step == PRESS:
            packets = [self._send_event(event, end=True) for _ in range(3)]  # RFC 4733 2.5.1.4: the end is said thrice
            if not waiting.done():
                waiting.set_result(KeyPress(KEYS[event], packets[0].at))
        elif self._step >= PRESS + REST:
            self._keys.popleft()
            self._step = 0

    def _send_event(self, event: int, *, end: bool) -> Packet:
        body = struct.pack("!BBH", event, 0x80 | 10 if end else 10, SAMPLES * self._step)
        return self._send(EVENT, body, self._key_began, marker=self._step == 1)

    def _send(self, kind: int, body: bytes, timestamp: int, *, marker: bool = False) -> Packet:
        packet = Packet(time.time(), Way.SENT, kind, self._sequence, timestamp, marker, body)
        head = struct.pack("!BBHII", 0x80, kind | marker << 7, self._sequence, timestamp, self._source)
        # A far end that has just hung up answers with ICMP; the signalling tells that story, not the media.
        with contextlib.suppress(ConnectionRefusedError, BlockingIOError):
            self._socket.sendto(head + body, self._far)  # type: ignore[arg-type]
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.tape.add(packet)
        return packet

    def _read(self) -> None:
        while True:
            try:
                datagram, extras, _, sender = self._socket.recvmsg(2048, 128)
            except (BlockingIOError, ConnectionRefusedError):
                return
            packet = parsed(datagram, _stamp(extras), Way.HEARD)
            if packet is None:
                continue
            if self._far is None:  # symmetric RTP: answer to where it comes from
                self.connect(*sender[:2])
            if self.tape.add(packet):
                self.sound_came.set()


def _stamp(extras: list[tuple[int, int, bytes]]) -> float:
    """The kernel's time of arrival, else ours."""
    for level, kind, data in extras:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= 16:
            seconds, nanos = struct.unpack("qq", data[:16])
            return float(seconds + nanos / 1e9)
    return time.time()
