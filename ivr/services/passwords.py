"""Passwords of the desk: argon2, one-time passwords, and what is too weak."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ivr.domain.refusals import WeakPassword
from ivr.domain.user import LEAST_PASSWORD

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is mistaken for something else when read out or written down."""
_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))
"""Checked where there is no such user, so that the time tells nothing."""


def digest(password: str) -> str:
    return _hasher.hash(password)


def fits(known: str | None, password: str) -> bool:
    """Takes the same time whether the user exists or not: about 50 ms."""
    try:
        return _hasher.verify(known or _NOBODY, password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


def one_time() -> str:
    """For a new user; three groups of four that can be read out."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


def must_be_strong(password: str, *, login: str, before: str | None = None) -> None:
    """Raise WeakPassword: too short, made of the name, of one sign, or the one before."""
    if len(password) < LEAST_PASSWORD or login in password.lower() or len(set(password)) < 4:
        raise WeakPassword(login)
    if before is not None and fits(before, password):
        raise WeakPassword(login)
