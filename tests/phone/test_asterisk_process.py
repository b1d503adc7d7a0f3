"""Our own Asterisk as a process: started, watched, started again, ended, and nobody else's touched."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from ivr.phone.asterisk import Asterisk, AsteriskFailed, keep_running
from ivr.phone.program import Program
from tests.asterisk import phone_config, program, running_asterisk
from tests.phone.far_phone import until


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_stopping_ends_the_process(tmp_path):
    with running_asterisk(tmp_path) as asterisk:
        pid = asterisk.pid
        assert asterisk.is_running()

    assert not is_alive(pid)
    assert asterisk.pid is None


async def test_a_crashed_asterisk_is_started_again(tmp_path):
    with running_asterisk(tmp_path) as asterisk:
        stopping, first = asyncio.Event(), asterisk.pid
        keeper = asyncio.create_task(keep_running(asterisk, stopping, check=0.05))

        os.kill(first, signal.SIGKILL)
        await until(lambda: asterisk.pid != first and asterisk.is_running())
        stopping.set()
        await asyncio.wait_for(keeper, 10)

        assert not asterisk.is_running()


def test_what_a_crashed_parent_left_behind_is_ended(tmp_path):
    with running_asterisk(tmp_path) as left_behind:
        second = Asterisk(program(), left_behind.config)

        second.start()

        assert left_behind._process.wait(5) is not None
        assert "0 active channels" in second.cli("core show channels")
        second.stop()


def test_a_process_that_only_has_the_number_of_ours_is_left_alone(tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    config = phone_config(tmp_path)
    (config.folder / "run").mkdir(parents=True)
    (config.folder / "run" / "started.pid").write_text(str(stranger.pid))
    asterisk = Asterisk(program(), config)

    asterisk.start()
    asterisk.stop()

    assert stranger.poll() is None
    stranger.communicate(b"\n")


def test_an_asterisk_that_does_not_start_is_a_clear_error(tmp_path):
    broken = Program((sys.executable, "-c", "raise SystemExit(3)"), tmp_path, tmp_path)

    with pytest.raises(AsteriskFailed, match=r"did not start \(status 3\); see .*messages"):
        Asterisk(broken, phone_config(tmp_path)).start(within=5)
