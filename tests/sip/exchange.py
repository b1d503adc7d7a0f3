"""A private Asterisk of the product's own configuration, and how to phone it."""

import contextlib
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.phone.asterisk import Asterisk
from ivr.phone.config import Operator, Trunk
from tests.asterisk import running_asterisk
from tests.ports import free_ports

from .scenario import Login

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A running Asterisk, seen from the telephones."""

    asterisk: Asterisk

    @property
    def address(self) -> tuple[str, int]:
        return HOST, self.asterisk.config.sip_port

    @property
    def extension(self) -> str:
        """What a patient dials."""
        return self.asterisk.config.ivr_extension

    @property
    def softphone(self) -> Login:
        """The telephone that anybody may register to try the program."""
        return Login(self.asterisk.config.demo_user, self.asterisk.config.demo_secret)

    @property
    def operator(self) -> Login:
        """The operator's telephone."""
        operator = self.asterisk.config.operators[0]
        return Login(operator.name, operator.secret)


@contextlib.contextmanager
def an_exchange(**changes: Any) -> Iterator[Exchange]:
    """Asterisk that takes calls from this machine as from a trunk; `changes` are fields of PhoneConfig."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-exchange-"))
    try:
        with running_asterisk(folder, **{**_from_here(), **changes}) as asterisk:
            yield Exchange(asterisk)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _from_here() -> dict[str, Any]:
    """One operator, and a trunk whose provider is this machine: callers show any number they like."""
    (provider,) = free_ports(1, socket.SOCK_DGRAM)
    return {
        "trunk": Trunk(f"{HOST}:{provider}", match=HOST),
        "operators": (Operator("op1", secrets.token_hex(8)),),
    }
