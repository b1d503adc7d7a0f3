"""A real, private Asterisk for tests: free ports, own folder, gone at the end.

with running_asterisk(tmp_path) as asterisk:
    asterisk.config.sip_port, asterisk.cli("core show channels")
"""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ivr.phone.asterisk import Asterisk
from ivr.phone.config import PROJECT, PhoneConfig
from ivr.phone.program import Program, installed, unpacked

from .ports import free_ports

EXTRA_MODULES = ("res_clioriginate.so", "app_senddtmf.so")

# The far end of a call made by `originate`: presses keys, or only listens.
EXTRA_DIALPLAN = """
[test]
exten => _press.,1,Answer()
 same => n,Wait(0.4)
 same => n,SendDTMF(${EXTEN:5},80,80)
 same => n,Wait(30)
exten => listen,1,Answer()
 same => n,Wait(60)
exten => sings,1,Answer()
 same => n,MusicOnHold(default,60)
exten => operator,1,Answer()
 same => n,Wait(60)
exten => ringing,1,Ringing()
 same => n,Wait(60)
"""


def program() -> Program:
    """IVR_ASTERISK (a binary or a folder with an unpacked package), else the project's own, else the machine's."""
    for place in (os.environ.get("IVR_ASTERISK"), PROJECT / "build/asterisk", "/usr/sbin/asterisk"):
        if place and (path := Path(place)).exists():
            return unpacked(path) if path.is_dir() else installed(path)
    raise FileNotFoundError("no Asterisk: set IVR_ASTERISK to its binary or to a folder with Debian's package unpacked")


def phone_config(folder: Path, **changes: Any) -> PhoneConfig:
    """A configuration for tests: everything on free ports of the loopback, short queue times, tones for words."""
    agi, ami, ws = free_ports(3)
    (sip,) = free_ports(1, socket.SOCK_DGRAM)
    rtp = secrets.choice(range(34000, 59000, 400))
    sounds = folder / "sounds"
    for name in ("queue-next", "queue-place", "queue-please-wait", "queue-busy", "queue-callback"):
        tone(sounds / "ru" / name, 0.2)
    config = PhoneConfig(
        folder=folder / "asterisk",
        demo_secret="demo-secret",
        ami_secret="ami-secret",
        desk_secret="desk-secret",
        sip_port=sip,
        ws_port=ws,
        web_guests=3,
        rtp_start=rtp,
        rtp_end=rtp + 399,
        agi_port=agi,
        ami_port=ami,
        sounds=sounds,
        apology=tone(sounds / "apology", 0.3),
        recordings=folder / "recordings",
        queue_seconds=20,
        retry_seconds=1,
        extra_modules=EXTRA_MODULES,
        extra_dialplan=EXTRA_DIALPLAN,
    )
    return replace(config, **changes)


@contextmanager
def running_asterisk(folder: Path, **changes: Any) -> Iterator[Asterisk]:
    """Asterisk, booted. `changes` are fields of PhoneConfig, like trunk=Trunk("127.0.0.1:5090")."""
    asterisk = Asterisk(program(), phone_config(folder, **changes))
    try:
        asterisk.start()
        yield asterisk
    finally:
        asterisk.stop()


def tone(path: Path, seconds: float) -> Path:
    """A sound to be heard, as Asterisk likes it; `path` is without extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = bytes.fromhex("d5 3f 25 3f d5 bf a5 bf")  # about 1000 Hz in A-law
    path.with_name(path.name + ".alaw").write_bytes(wave * int(seconds * 1000))
    return path
