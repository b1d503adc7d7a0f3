"""What the machine must have: what is missing is named, and the line that brings it is printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.phone.config import PROJECT
from ivr.setup import machine
from ivr.setup.debs import SetupFailed
from ivr.setup.machine import find_asterisk, install_packages, missing_packages


@pytest.fixture
def asterisk(tmp_path, monkeypatch):
    """asterisk(says) puts a program of that name before all others."""
    monkeypatch.delenv("IVR_ASTERISK", raising=False)

    def put(says: str) -> Path:
        program = tmp_path / "bin" / "asterisk"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n[ \"$1\" = -V ] && echo '{says}'\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return program

    return put


def test_only_packages_whose_file_is_absent_are_missing(tmp_path):
    assert missing_packages({"shell": "/bin/sh", "nonsense": "/usr/bin/no-such-*", "libc": "/usr/share/*"}) == [
        "nonsense"
    ]


def test_nothing_is_done_where_nothing_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "")

    install_packages([])


def test_an_ordinary_user_gets_the_exact_line_to_run(monkeypatch):
    monkeypatch.setattr(machine, "_as_root", lambda: None)

    with pytest.raises(SetupFailed) as refused:
        install_packages(["espeak-ng", "sip-tester"])

    lines = str(refused.value).splitlines()
    install = "sudo apt-get install --yes --no-install-recommends espeak-ng sip-tester"
    assert lines[1:] == [f"  sudo apt-get update && {install}"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_nobody_without_sudo_is_not_root():
    """In a process of its own, for a user cannot be changed back."""
    code = "import os; os.setuid(65534)\nfrom ivr.setup.machine import _as_root\nprint(_as_root())"
    environment = {**os.environ, "PATH": "/nonexistent"}
    # The modules are read before the user changes: he may have no way to the project's folder.
    code = f"import ivr.setup.machine\n{code}"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.stdout == "None\n", done.stderr


@pytest.mark.parametrize(
    ("says", "found"),
    [
        ("Asterisk 22.5.1~dfsg+~cs6.15-1", True),
        ("Asterisk 20.0.0", True),
        ("Asterisk certified/20.7-cert2", True),
        ("Asterisk 18.10.0~dfsg", False),
        ("Asterisk certified/18.9-cert4", False),
        ("Asterisk GIT-master", False),
        ("", False),
    ],
)
def test_the_machines_own_asterisk_is_used_when_it_is_new_enough(asterisk, tmp_path, says, found):
    own = asterisk(says)

    program = find_asterisk(tmp_path / "build")

    assert (program is not None and program.command == (str(own),)) == found


def test_a_chosen_asterisk_goes_before_all_others(asterisk, tmp_path, monkeypatch):
    asterisk("Asterisk 22.0.0")
    chosen = tmp_path / "chosen"
    chosen.touch()
    monkeypatch.setenv("IVR_ASTERISK", str(chosen))

    program = find_asterisk(tmp_path / "build")

    assert program and program.command == (str(chosen),)


def test_a_chosen_asterisk_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("IVR_ASTERISK", str(tmp_path / "none"))

    with pytest.raises(SetupFailed, match=re.escape(f"IVR_ASTERISK: {tmp_path}/none does not exist")):
        find_asterisk(tmp_path)


def test_a_chosen_folder_without_an_asterisk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("IVR_ASTERISK", str(tmp_path))

    with pytest.raises(SetupFailed, match=re.escape(f"{tmp_path}: no unpacked Asterisk")):
        find_asterisk(tmp_path)


def test_an_unpacked_asterisk_that_lost_its_files_is_refused(asterisk, tmp_path):
    asterisk("Asterisk 18.0.0")
    (tmp_path / "asterisk").mkdir()

    with pytest.raises(SetupFailed, match="no unpacked Asterisk here; remove the folder"):
        find_asterisk(tmp_path)


def test_the_distribution_of_this_machine_is_known():
    assert machine._distribution() in ("debian", "ubuntu")
    assert machine._codename().isalpha()
