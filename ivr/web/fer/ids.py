"""Numbers of the database as GUIDs: always the same one for the same thing, and nobody else can make or read one."""

import hashlib
import hmac
from enum import IntEnum
from uuid import UUID

_ROUNDS = range(4)
_HALF = 8
"""Bytes."""


class Kind(IntEnum):
    SLOT = 1
    BOOKING = 2
    PATIENT = 3
    REFERRAL = 4


class Ids:
    """A permutation of 128 bits under a secret of this installation (Luby and Rackoff: four rounds of a keyed hash).

    The kind stands beside the number: a GUID that was guessed, or that is of something else, opens nothing.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def seal(self, kind: Kind, number: int) -> UUID:
        left, right = kind.to_bytes(_HALF), number.to_bytes(_HALF)
        for turn in _ROUNDS:
            left, right = right, _xor(left, self._round(turn, right))
        return UUID(bytes=left + right)

    def open(self, kind: Kind, sealed: UUID | str) -> int | None:
        """The number; None for what was never sealed as that kind."""
        try:
            both = (sealed if isinstance(sealed, UUID) else UUID(sealed)).bytes
        except ValueError:
            return None
        left, right = both[:_HALF], both[_HALF:]
        for turn in reversed(_ROUNDS):
            left, right = _xor(right, self._round(turn, left)), left
        return int.from_bytes(right) if left == kind.to_bytes(_HALF) else None

    def _round(self, turn: int, half: bytes) -> bytes:
        return hmac.digest(self._secret, bytes([turn]) + half, hashlib.sha256)[:_HALF]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
