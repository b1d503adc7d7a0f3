"""The pass that lets a guest's browser phone the IVR once: made by the site, checked before the call is answered."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime

LONGEST_SECONDS = 600
"""No pass lives longer, so a used one need not be remembered longer."""
_FORM = re.compile(r"(\d{1,12})\.([0-9a-f]{24})\.([0-9a-f]{32})")


class BadToken(Exception):
    """The pass lets nobody in; the text says why and holds nothing of it."""


def make(secret: str, now: datetime, seconds: int = 60) -> str:
    """A pass good for one call that begins within so many seconds."""
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise ValueError(f"a pass lives 1 to {LONGEST_SECONDS} seconds, not {seconds}")
    body = f"{int(now.timestamp()) + seconds}.{secrets.token_hex(12)}"
    return f"{body}.{_signature(secret, body)}"


def check(secret: str, token: str, now: datetime) -> str:
    """The nonce of a good pass; that it was not used before is the asker's to know. Raises BadToken."""
    parts = _FORM.fullmatch(token)
    if not secret or not parts:
        raise BadToken("no pass")
    expires, nonce, signature = parts.groups()
    if not hmac.compare_digest(signature, _signature(secret, f"{expires}.{nonce}")):
        raise BadToken("forged")
    if int(expires) < now.timestamp():
        raise BadToken("expired")
    return nonce


def _signature(secret: str, body: str) -> str:
    return hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()[:32]
