"""A private Asterisk of the product's own configuration, on free ports, in a folder that goes away."""

import contextlib
import itertools
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.phone.asterisk import Asterisk
from ivr.phone.config import Operator, PhoneConfig, Trunk
from ivr.phone.program import Program, installed, unpacked

from .scenario import Login

HOST = "127.0.0.1"
PREFIX = Path(__file__).parents[2] / "build" / "asterisk-prefix"


def the_program() -> Program:
    """The machine's own Asterisk, else the one that `make asterisk` unpacked. Raises FileNotFoundError."""
    if own := shutil.which("asterisk"):
        return installed(Path(own))
    if not PREFIX.exists():
        raise FileNotFoundError(f"no asterisk on this machine and no {PREFIX}: run make asterisk")
    return unpacked(PREFIX)


RTP_PORTS = 400
_rtp_ranges = itertools.cycle(range(40000, 60000, RTP_PORTS))


def free_rtp_range() -> int:
    """Where the media ports of one more Asterisk begin; two of one process never share them."""
    return next(_rtp_ranges)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Exchange:
    """A running Asterisk and how to phone it."""

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
    asterisk = Asterisk(the_program(), PhoneConfig(**{**_defaults(folder), **changes}))
    try:
        asterisk.start()
        yield Exchange(asterisk)
    finally:
        asterisk.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _defaults(folder: Path) -> dict[str, Any]:
    start = free_rtp_range()
    return {
        "folder": folder,
        "demo_secret": secrets.token_hex(8),
        "ami_secret": secrets.token_hex(8),
        "sip_port": free_port(socket.SOCK_DGRAM),
        "rtp_start": start,
        "rtp_end": start + RTP_PORTS - 1,
        "agi_port": free_port(),
        "ami_port": free_port(),
        "operators": (Operator("op1", secrets.token_hex(8)),),
        "trunk": Trunk(f"{HOST}:{free_port(socket.SOCK_DGRAM)}", match=HOST),
    }
