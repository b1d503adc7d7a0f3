"""`ivr listen` as a process."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.listen.far_asterisk import BY_FILE, FarAsterisk
from tests.phone.far_phone import until
from tests.ports import free_ports


@contextmanager
def listening(folder, **settings):
    (port,) = free_ports(1)
    environment = os.environ | {"IVR_FOLDERS__VAR": str(folder), "IVR_LISTEN__PORT": str(port)} | settings
    command = [sys.executable, "-m", "ivr.cli", "listen"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        process.port = port
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


async def connected(port):
    async with asyncio.timeout(20):
        while True:
            try:
                return await FarAsterisk.create(port)
            except OSError:
                await asyncio.sleep(0.05)


async def test_it_recognises_says_that_its_model_is_for_synthetic_voices_and_ends_in_order(tmp_path):
    with listening(tmp_path, IVR_LISTEN__WORKERS="2") as process:
        caller = await connected(process.port)
        heard = await caller.ask("main", BY_FILE["07"].audio)
        children = _children(process.pid)
        process.send_signal(signal.SIGTERM)
        said = await asyncio.to_thread(process.communicate, timeout=10)
        await caller.close()

    assert heard["text"] == BY_FILE["07"].text
    assert process.returncode == 0
    assert "synthetic voices only" in said[1]
    assert BY_FILE["07"].text not in said[1]
    assert len(children) == 2
    await until(lambda: not any(map(_runs, children)))


async def test_workers_end_though_it_is_killed(tmp_path):
    with listening(tmp_path) as process:
        await (await connected(process.port)).close()
        children = _children(process.pid)
        process.kill()

        assert children
        await until(lambda: not any(map(_runs, children)))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"IVR_LISTEN__MODEL": "small-that-is-missing"}, "ivr models install small"),
        ({"IVR_LISTEN__HOST": "localhost"}, "write an address"),
        ({"IVR_LISTEN__HOST": "192.0.2.1"}, "listen.port: cannot listen"),
    ],
)
def test_it_refuses_what_cannot_be_and_says_why(tmp_path, settings, told):
    with listening(tmp_path, **settings) as process:
        said = process.communicate(timeout=20)[1]

    assert process.returncode == 2
    assert told in said
    assert "Traceback" not in said


def _children(pid):
    with Path(f"/proc/{pid}/task/{pid}/children").open() as file:
        return [int(child) for child in file.read().split()]


def _runs(pid):
    try:
        with Path(f"/proc/{pid}/stat").open() as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
