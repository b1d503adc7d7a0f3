"""What a hospital really starts: `ivr up` from a settings file, phoned by a softphone with the password it tells."""

import asyncio
import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from ivr.bootstrap import prepare_database
from ivr.phone.config import PROJECT
from ivr.settings import Settings
from ivr.storage import tables
from ivr.storage.engine import open_engine
from tests.ports import free_ports

from .caller import a_call
from .exchange import HOST
from .hospital import SOUNDS
from .scenario import Login

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("instruments")]

READY_WITHIN = 90.0
SETTINGS = """
[folders]
var = "{var}"
build = "{build}"
prompts = "{prompts}"
sounds = "{sounds}"
[sip]
port = {sip}
rtp_start = 33000
rtp_end = 33199
[agi]
port = {agi}
[ami]
port = {ami}
[phone]
drain_seconds = 2
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    agi, ami = free_ports(2)
    (sip,) = free_ports(1, socket.SOCK_DGRAM)
    folders = {"var": tmp_path / "var", "build": PROJECT / "build", "prompts": PROJECT / "prompts", "sounds": SOUNDS}
    path = tmp_path / "ivr.toml"
    path.write_text(SETTINGS.format(sip=sip, agi=agi, ami=ami, **folders), encoding="utf-8")
    folders["var"].mkdir()
    prepare_database(Settings(database={"url": f"sqlite:///{folders['var'] / 'ivr.db'}"}))
    return path


async def test_a_softphone_reaches_the_program_and_sigterm_ends_all_of_it(settings: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivr.cli", "up"),
        cwd=PROJECT,
        env={**os.environ, "IVR_CONFIG": str(settings)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        port, login = await asyncio.wait_for(_ready(program), READY_WITHIN)
        async with a_call((HOST, port), "122", login=login) as call:
            await call.hears(0.3, within=30)
            await call.keys("5")
            await call.hears(1.0)
            call.hang_up()
            await call.ended(5)
        program.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(program.wait(), 30) == 0
    finally:
        await _end(program)

    engine = open_engine(f"sqlite:///{settings.parent / 'var' / 'ivr.db'}")
    with engine.connect() as connection:
        steps = connection.execute(select(tables.steps.c.step, tables.steps.c.outcome)).all()
        (outcome,) = connection.execute(select(tables.calls.c.outcome)).one()
    engine.dispose()
    assert tuple(steps[0]) == ("main", "info")
    assert outcome == "hangup"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, _agi_port(settings)), 1)


async def _ready(program: asyncio.subprocess.Process) -> tuple[int, Login]:
    """The address, user and password that the program prints when it takes calls."""
    said = ""
    assert program.stdout
    while line := (await program.stdout.readline()).decode():
        said += line
        found = re.search(r"server \S+:(\d+) \(UDP\), user (\S+), password (\S+), dial 122", line)
        if found:
            return int(found[1]), Login(found[2], found[3])
    raise AssertionError(f"the program ended before it was ready:\n{said}")


async def _end(program: asyncio.subprocess.Process) -> None:
    """Whatever went wrong, its children must not stay."""
    if program.returncode is None:
        program.terminate()
        await asyncio.wait_for(program.wait(), 30)


def _agi_port(settings: Path) -> int:
    found = re.search(r"\[agi\]\nport = (\d+)", settings.read_text(encoding="utf-8"))
    assert found
    return int(found[1])
