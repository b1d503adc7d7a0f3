"""Packages are unpacked whole or not at all, only from an archive whose signature holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.setup.debs import PrivateApt, SetupFailed
from tests.setup.archive import SUITE, Archive, can_be_made

pytestmark = pytest.mark.skipif(not can_be_made(), reason="no gpg or no apt on this machine")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path / "archive")
    yield made
    made.close()


def _apt(archive: Archive, folder: Path, *, keyring: Path | None = None) -> PrivateApt:
    return PrivateApt(
        folder, mirror=archive.mirror, keyring=keyring or archive.keyring, suite=SUITE, components=("main",)
    )


def _quietly(doing: str, done: int, total: int) -> None:
    pass


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_package_comes_with_what_it_needs_and_without_its_documents(archive, tmp_path):
    archive.add("exchange", needs="library")
    archive.add("library")
    archive.add("unwanted")
    archive.publish()

    _apt(archive, tmp_path / "apt").unpack(["exchange"], tmp_path / "unpacked", progress=_quietly)

    assert _files(tmp_path / "unpacked") == {"usr/share/toy/exchange", "usr/share/toy/library"}
    assert not (tmp_path / "apt").exists()


def test_an_archive_that_somebody_else_signed_is_refused(archive, tmp_path):
    archive.add("exchange")
    archive.publish()
    other = Archive(tmp_path / "other")
    other.close()

    with pytest.raises(SetupFailed, match="is not signed"):
        _apt(archive, tmp_path / "apt", keyring=other.keyring).unpack(
            ["exchange"], tmp_path / "unpacked", progress=_quietly
        )

    assert not (tmp_path / "unpacked").exists()


def test_a_changed_package_is_refused_and_a_repaired_one_taken_at_the_next_try(archive, tmp_path):
    package = archive.add("exchange")
    archive.publish()
    good = package.read_bytes()
    package.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    apt = _apt(archive, tmp_path / "apt")

    # Why is said by older apt alone: "Hash Sum mismatch".
    with pytest.raises(SetupFailed, match=r"Failed to fetch \S*exchange\.deb"):
        apt.unpack(["exchange"], tmp_path / "unpacked", progress=_quietly)
    assert not (tmp_path / "unpacked").exists()

    package.write_bytes(good)
    apt.unpack(["exchange"], tmp_path / "unpacked", progress=_quietly)
    assert _files(tmp_path / "unpacked") == {"usr/share/toy/exchange"}


def test_what_an_interrupted_run_left_is_thrown_away(archive, tmp_path):
    archive.add("exchange")
    archive.publish()
    (tmp_path / "unpacked.part").mkdir()
    (tmp_path / "unpacked.part" / "half").write_text("half")

    _apt(archive, tmp_path / "apt").unpack(["exchange"], tmp_path / "unpacked", progress=_quietly)

    assert _files(tmp_path / "unpacked") == {"usr/share/toy/exchange"}


def test_a_mirror_that_is_away_is_said(archive, tmp_path):
    with pytest.raises(SetupFailed, match="apt-get -q update"):
        _apt(archive, tmp_path / "apt").unpack(["exchange"], tmp_path / "unpacked", progress=_quietly)


def test_the_proxy_of_the_machine_is_used_and_its_hooks_are_not_run(archive, tmp_path, monkeypatch):
    machine = tmp_path / "machine.conf"
    machine.write_text(
        'Acquire::http::Proxy "http://proxy.example:3128";\n'
        f'APT::Update::Post-Invoke {{ "touch {tmp_path}/hooked"; }};\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(machine))
    archive.add("exchange")
    archive.publish()
    told: list[str] = []

    def progress(doing: str, done: int, total: int) -> None:
        told.append((tmp_path / "apt" / "apt.conf").read_text())

    _apt(archive, tmp_path / "apt").unpack(["exchange"], tmp_path / "unpacked", progress=progress)

    assert 'Acquire::http::Proxy "http://proxy.example:3128";' in told[0]
    assert not (tmp_path / "hooked").exists()
