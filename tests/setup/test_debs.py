"""Debian packages into a folder: the real thing, and every way it fails."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ivr.setup import debs
from ivr.setup.debs import PrivateApt, SetupFailed, machine_mirror
from ivr.setup.machine import _codename


def quiet(*_: object) -> None:
    """No progress is shown."""


@pytest.fixture
def no_apt(tmp_path, monkeypatch):
    """no_apt(script) puts a program of that name before the machine's own."""

    def put(script: str, name: str = "apt-get") -> None:
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{Path('/usr/bin')}:/bin")

    return put


def test_a_package_with_all_it_needs_is_unpacked_from_the_machines_mirror(tmp_path):
    apt, into, told = PrivateApt(tmp_path / "apt", suite=_codename()), tmp_path / "out", []

    apt.unpack(["hostname"], into, progress=lambda doing, done, total: told.append(doing))

    program = next(path for path in (into / "bin/hostname", into / "usr/bin/hostname") if path.exists())
    assert subprocess.run([program, "-V"], check=False, capture_output=True).returncode == 0
    assert list(into.glob("usr/lib/*/libc.so.6")) or list(into.glob("lib/*/libc.so.6"))
    assert told[:2] == ["reading the package lists", "downloading"]
    assert told[-1] == "unpacking"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_was_unpacked_is_not_fetched_again(tmp_path, no_apt):
    no_apt("exit 1")
    (tmp_path / "out").mkdir()

    PrivateApt(tmp_path / "apt", suite="none").unpack(["hostname"], tmp_path / "out", progress=quiet)


def test_the_mirror_is_the_machines_own_without_security_and_third_parties(no_apt):
    no_apt(
        "echo 'Elsewhere http://third.example/debian/'\n"
        "echo 'Debian http://mirror.example/debian-security/'\n"
        "echo 'Debian http://mirror.example/debian/'"
    )

    assert machine_mirror() == "http://mirror.example/debian/"


def test_a_machine_without_lists_is_told_to_update_them(no_apt):
    no_apt("exit 0")

    with pytest.raises(SetupFailed, match="run `apt-get update` as root, then try again"):
        machine_mirror()


def test_a_machine_without_apt_is_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupFailed, match="apt-get"):
        machine_mirror()


def test_what_apt_complains_of_is_passed_on(tmp_path, no_apt):
    no_apt(
        'case "$*" in *indextargets*) echo "Debian http://mirror.example/debian/";; '
        "*) echo 'E: Could not resolve mirror.example' >&2; exit 100;; esac"
    )

    with pytest.raises(SetupFailed, match=r"`apt-get -q update …` failed: E: Could not resolve mirror.example"):
        PrivateApt(tmp_path / "apt", suite="none").unpack(["hostname"], tmp_path / "out", progress=quiet)

    assert not (tmp_path / "out").exists()


def test_a_broken_download_leaves_nothing_half(tmp_path, no_apt):
    apt = PrivateApt(tmp_path / "apt", suite="none")
    broken = tmp_path / "apt/cache/archives/hostname_1_all.deb"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"!<arch>\nno archive")
    no_apt('case "$*" in *indextargets*) echo "Debian http://mirror.example/debian/";; esac')

    with pytest.raises(SetupFailed, match=r"hostname_1_all.deb is broken; remove .*/archives and try again"):
        apt.unpack(["hostname"], tmp_path / "out", progress=quiet)

    assert not (tmp_path / "out").exists()


def test_a_download_of_nothing_is_a_failure(tmp_path, no_apt):
    no_apt('case "$*" in *indextargets*) echo "Debian http://mirror.example/debian/";; esac')

    with pytest.raises(SetupFailed, match="apt downloaded nothing"):
        PrivateApt(tmp_path / "apt", suite="none").unpack(["hostname"], tmp_path / "out", progress=quiet)


def test_the_private_apt_reads_no_setting_of_the_machine(tmp_path, no_apt):
    no_apt(
        'case "$*" in *indextargets*) echo "Debian http://mirror.example/debian/";; '
        '*) cp "$APT_CONFIG" ' + str(tmp_path / "seen") + ";; esac"
    )

    with pytest.raises(SetupFailed):
        PrivateApt(tmp_path / "apt", suite="trixie").unpack(["hostname"], tmp_path / "out", progress=quiet)

    seen = (tmp_path / "seen").read_text()
    assert 'Dir::Etc::SourceParts "-"' in seen
    assert f'Dir::State::status "{tmp_path}/apt/status"' in seen
    source = (tmp_path / "apt/etc/sources.list").read_text()
    assert source.endswith("http://mirror.example/debian/ trixie main\n")
    assert "signed-by=/" in source


def test_without_an_archive_keyring_nothing_is_trusted(tmp_path, no_apt, monkeypatch):
    no_apt("echo 'Debian http://mirror.example/debian/'")
    monkeypatch.setattr(debs, "KEYRINGS", ("none.gpg",))

    with pytest.raises(SetupFailed, match="install the package debian-archive-keyring"):
        PrivateApt(tmp_path / "apt", suite="none").unpack(["hostname"], tmp_path / "out", progress=quiet)


def test_this_machine_has_the_tools_of_set_up():
    assert all(map(shutil.which, ("apt-get", "dpkg-deb", "tar")))
