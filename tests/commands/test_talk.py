"""`ivr talk` in a terminal: what is typed, a caller who hangs up, a database that is not there."""

import os
import pty
import signal
import subprocess
import sys
from contextlib import closing
from sqlite3 import connect

import pytest


@pytest.fixture
def talking(tmp_path, sqlite_template):
    """A conversation that waits for its first key; its terminal, which is never closed."""
    (tmp_path / "ivr.db").write_bytes(sqlite_template.read_bytes())
    terminal, other_end = pty.openpty()
    environment = {**os.environ, "IVR_FOLDERS__VAR": str(tmp_path), "TERM": "dumb"}
    command = [sys.executable, "-m", "ivr.cli", "talk"]
    with subprocess.Popen(
        command, stdin=other_end, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        said = b""
        while "\n» ".encode() not in said:
            said += os.read(process.stdout.fileno(), 4096) or pytest.fail(process.stderr.read().decode())
        yield process, terminal
        process.kill()
    os.close(terminal)
    os.close(other_end)


def outcome_in(folder):
    with closing(connect(folder / "ivr.db")) as database:
        return database.execute("SELECT outcome, detail FROM calls").fetchall()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_hangs_up_at_once(talking, tmp_path, number):
    process, _ = talking

    process.send_signal(number)

    assert (process.wait(timeout=20), process.stderr.read()) == (0, b"")
    assert outcome_in(tmp_path) == [("hangup", None)]


def test_keys_typed_in_a_terminal_are_heard(talking, tmp_path):
    process, terminal = talking

    os.write(terminal, b"5\n2\n")
    said = process.stdout.read().decode()

    assert process.wait(timeout=20) == 0
    assert "улица Примерная" in said
    assert "конец разговора" in said
    assert [outcome for outcome, _ in outcome_in(tmp_path)] == ["goodbye"]


def test_keys_may_come_from_a_file_whose_end_hangs_up(tmp_path, sqlite_template):
    (tmp_path / "ivr.db").write_bytes(sqlite_template.read_bytes())
    (tmp_path / "keys").write_text("5\n\n*\nоператор", encoding="utf-8")
    environment = {**os.environ, "IVR_FOLDERS__VAR": str(tmp_path)}
    with (tmp_path / "keys").open() as keys:
        command = [sys.executable, "-m", "ivr.cli", "talk", "--at", "2026-11-24 10:00"]
        done = subprocess.run(command, stdin=keys, capture_output=True, text=True, check=False, env=environment)

    assert (done.returncode, done.stderr) == (0, "")
    assert "улица Примерная" in done.stdout
    assert "соединение с оператором" in done.stdout


def test_without_a_database_it_says_at_once_what_to_do_and_makes_nothing(tmp_path):
    environment = {**os.environ, "IVR_FOLDERS__VAR": str(tmp_path / "var")}
    command = [sys.executable, "-m", "ivr.cli", "talk"]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=False, env=environment)

    assert (done.returncode, done.stdout) == (2, "")
    assert "`ivr setup`" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "var").exists()
