"""A private Asterisk of the product's own configuration, on free ports, in a folder that goes away."""

import contextlib
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ivr.phone.asterisk import Asterisk
from ivr.phone.config import Operator, PhoneConfig, Trunk
from ivr.phone.program import Program, installed, unpacked

HOST = "127.0.0.1"
PREFIX = Path("build/asterisk-prefix")


def the_program() -> Program:
    """The machine's own Asterisk, else the one that `make asterisk` unpacked. Raises FileNotFoundError."""
    if own := shutil.which("asterisk"):
        return installed(Path(own))
    if not PREFIX.exists():
        raise FileNotFoundError(f"no asterisk on this machine and no {PREFIX}: run make asterisk")
    return unpacked(PREFIX)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def an_exchange(*, agi_port: int, extra_dialplan: str = "", max_calls: int = 120) -> Iterator[Asterisk]:
    """Asterisk that takes calls from this machine as from a trunk and hands them to the AGI port."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-exchange-"))
    config = PhoneConfig(
        folder=folder,
        demo_secret=secrets.token_hex(8),
        ami_secret=secrets.token_hex(8),
        sip_port=free_port(socket.SOCK_DGRAM),
        rtp_start=24000,
        rtp_end=24999,
        agi_port=agi_port,
        ami_port=free_port(),
        operators=(Operator("op1", secrets.token_hex(8)),),
        trunk=Trunk(f"{HOST}:{free_port(socket.SOCK_DGRAM)}", match=HOST),
        max_calls=max_calls,
        extra_dialplan=extra_dialplan,
    )
    asterisk = Asterisk(the_program(), config)
    try:
        asterisk.start()
        yield asterisk
    finally:
        asterisk.stop()
        shutil.rmtree(folder, ignore_errors=True)
