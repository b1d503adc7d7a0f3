"""Who phones, as far as the network says so: taken from AGI headers, never trusted, never shown whole."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NUMBER = re.compile(r"\+?\d{3,20}")
_CODE = re.compile(r"[A-Z]{1,20}")


@dataclass(frozen=True, slots=True)
class Caller:
    """The far end of a call."""

    number: str | None
    """As the network gave it, digits and perhaps a +; None if withheld or not a number."""
    dialled: str = ""
    status: str = ""
    """On /unserved why the queue gave the caller back (TIMEOUT, FULL, JOINEMPTY, ...), on /outbound who has answered,
    as far as Asterisk was asked to guess (HUMAN, MACHINE, NOTSURE, HANGUP)."""

    @property
    def is_machine(self) -> bool:
        return self.status == "MACHINE"

    def __repr__(self) -> str:
        return f"Caller(…{self.number[-2:] if self.number else ''})"


def caller_of(headers: Mapping[str, str]) -> Caller:
    """Whatever is not of the expected form is left out."""
    number = headers.get("agi_callerid", "")
    dialled = headers.get("agi_dnid", "")
    status = headers.get("agi_arg_2", "")
    return Caller(
        number=number if _NUMBER.fullmatch(number) else None,
        dialled=dialled if _NUMBER.fullmatch(dialled) else "",
        status=status if _CODE.fullmatch(status) else "",
    )


def call_key_of(headers: Mapping[str, str]) -> str:
    """The opaque key the dialplan gave to this call; a fresh one if it gave none."""
    key = headers.get("agi_arg_1", "")
    return key if _KEY.fullmatch(key) else uuid.uuid4().hex


def is_guest(headers: Mapping[str, str]) -> bool:
    """Whether a browser without an account calls (pjsip_ivr.conf)."""
    return headers.get("agi_channel", "").startswith("PJSIP/webguest-")
