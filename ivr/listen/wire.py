"""What the server and a worker send each other through a pipe: kind, number, length, payload."""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import IO

HEAD = struct.Struct("!BII")
LONGEST = 4 * 1024 * 1024
"""A payload beyond this is not ours: the pipe is out of step."""


class Kind(IntEnum):
    """The number is that of a question, of a ping, or 0."""

    BEGIN = 1  # server to worker: Question as JSON
    AUDIO = 2
    FORGET = 3
    PING = 4
    READY = 5  # worker to server
    BARGE = 6
    HEARD = 7  # JSON: readings, after, unknown
    BROKEN = 8  # this question failed
    PONG = 9  # JSON: Load
    REFUSED = 10  # the worker cannot work at all; why, as text


Frame = tuple[Kind, int, bytes]


class OutOfStep(ValueError):
    """The pipe brings something that is no frame."""


def packed(kind: Kind, number: int = 0, payload: bytes = b"") -> bytes:
    return HEAD.pack(kind, number, len(payload)) + payload


def header(data: bytes) -> tuple[Kind, int, int]:
    """Kind, number and length of the payload. Raises OutOfStep."""
    kind, number, length = HEAD.unpack(data)
    if length > LONGEST or not min(Kind) <= kind <= max(Kind):
        raise OutOfStep(f"kind {kind}, {length} bytes")
    return Kind(kind), number, length


def frames(pipe: IO[bytes]) -> Iterator[Frame]:
    """Until the other side is gone. Blocks. Raises OutOfStep."""
    while len(head := pipe.read(HEAD.size)) == HEAD.size:
        kind, number, length = header(head)
        if len(payload := pipe.read(length)) < length:
            return
        yield kind, number, payload
