"""Our own Asterisk as a process: started, watched, started again, ended, and nobody else's touched."""

import asyncio
import os
import signal
import socket
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


@pytest.mark.parametrize(("name", "kind"), [("sip", socket.SOCK_DGRAM), ("ami", socket.SOCK_STREAM)])
def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path, name, kind):
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        config = phone_config(tmp_path, **{f"{name}_port": other.getsockname()[1]})
        asterisk = Asterisk(program(), config)

        with pytest.raises(AsteriskFailed, match=rf"{name}\.port: cannot listen on 127.0.0.1:\d+ \(Address already"):
            asterisk.start()

    assert asterisk.pid is None


def test_a_folder_too_deep_for_a_socket_is_named(tmp_path):
    asterisk = Asterisk(program(), phone_config(tmp_path / ("a" * 90)))

    with pytest.raises(AsteriskFailed, match=r"folders\.var: .*longer than the name of a socket"):
        asterisk.start()


def test_its_logs_are_closed_to_other_users(tmp_path):
    with running_asterisk(tmp_path) as asterisk:
        logs = list((asterisk.config.folder / "log").iterdir())

    assert {path.name for path in logs} == {"console", "messages"}
    assert [path.name for path in logs if path.stat().st_mode & 0o077] == []
