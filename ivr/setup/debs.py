"""Debian packages unpacked into a folder, as an ordinary user, without touching the system's own packages.

A private apt (own sources, lists and cache, nothing installed) finds a package with everything it needs, checks the
archive's signature and downloads; the files are then unpacked side by side. The mirror is the one that the machine's
own apt sources name.
"""

import os
import re
import shutil
import subprocess  # the command lines are ours, word by word
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

KEYRINGS = ("debian-archive-keyring.gpg", "ubuntu-archive-keyring.gpg")
LEFT_OUT = ("usr/share/doc/*", "usr/share/man/*", "usr/share/locale/*", "dev/*")

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it, of how much."""


class SetupFailed(Exception):
    """Set-up cannot go on; the message says why and what to do."""


def machine_mirror() -> str:
    """The archive this machine already uses, without security and third parties. Raises SetupFailed."""
    listed = _run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"])
    for line in listed.splitlines():
        origin, _, address = line.partition(" ")
        if origin in ("Debian", "Ubuntu") and "security" not in address:
            return address.strip()
    raise SetupFailed("apt knows no archive of Debian or Ubuntu; run `apt-get update` as root, then try again")


class PrivateApt:
    """An apt of our own in `folder`, for one suite and its components.

    Mirror and keyring are the machine's own where they are not given.
    """

    def __init__(
        self,
        folder: Path,
        *,
        suite: str,
        components: Sequence[str] = ("main",),
        mirror: str | None = None,
        keyring: Path | None = None,
    ) -> None:
        self._folder = folder
        self._mirror = mirror
        self._keyring = keyring
        self._suite = suite
        self._components = tuple(components)

    def unpack(self, packages: Sequence[str], into: Path, *, progress: Progress) -> None:
        """Download the packages with all they need and unpack them; `into` appears whole or not at all."""
        if into.exists():
            return
        self._prepare()
        progress("reading the package lists", 0, 1)
        self._apt("update")
        progress("downloading", 0, 1)
        self._apt("install", "--yes", "--download-only", *packages)
        part = into.with_name(into.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        self._unpack_all(part, progress)
        part.rename(into)
        shutil.rmtree(self._folder)

    def _prepare(self) -> None:
        for name in ("etc/conf.d", "lists/partial", "cache/archives/partial"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "status").touch()
        # Of a mirror on this disk apt would use the packages where they lie; `copy:` puts them into the cache.
        mirror = re.sub(r"^file:", "copy:", self._mirror or machine_mirror())
        keyring = self._keyring or _keyring()
        source = f"deb [signed-by={keyring}] {mirror} {self._suite} {' '.join(self._components)}\n"
        (self._folder / "etc/sources.list").write_text(source, encoding="utf-8")
        configuration = _CONFIGURATION.format(folder=self._folder) + _machine_ways()
        (self._folder / "apt.conf").write_text(configuration, encoding="utf-8")

    def _apt(self, *words: str) -> None:
        # apt reads this file first. It names our folders, so nothing of the machine's own configuration follows.
        _run(["apt-get", "-q", *words], APT_CONFIG=str(self._folder / "apt.conf"))

    def _unpack_all(self, into: Path, progress: Progress) -> None:
        archives = sorted((self._folder / "cache/archives").glob("*.deb"))
        if not archives:
            raise SetupFailed("apt downloaded nothing")
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for done, _ in enumerate(pool.map(lambda archive: _unpack(archive, into), archives), 1):
                progress("unpacking", done, len(archives))


_CONFIGURATION = """\
Dir::Etc "{folder}/etc";
Dir::Etc::SourceList "{folder}/etc/sources.list";
Dir::Etc::SourceParts "-";
Dir::Etc::Parts "{folder}/etc/conf.d";
Dir::Etc::PreferencesParts "{folder}/etc/conf.d";
Dir::Etc::netrc "/etc/apt/auth.conf";
Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
Dir::State::Lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Update::Error-Mode "any";
"""
_WAYS = ("Acquire::http::", "Acquire::https::", "Acquire::Check-")


def _machine_ways() -> str:
    """How this machine reaches its mirror: proxies, certificates, whether an old copy of the archive is accepted."""
    dumped = _run(["apt-config", "dump"]).splitlines()
    return "".join(f"{line}\n" for line in dumped if line.startswith(_WAYS))


def _unpack(archive: Path, into: Path) -> None:
    left_out = [f"--exclude=./{name}" for name in LEFT_OUT]
    words = ["tar", "-x", "-C", str(into), "--no-same-owner", "--keep-directory-symlink", *left_out]
    broken = f"{archive.name} is broken; remove {archive.parent} and try again"
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as unpacked:  # noqa: S603, S607
        try:
            _run(words, stdin=unpacked.stdout)
            if unpacked.stdout:
                unpacked.stdout.read()  # tar leaves the padding; closed upon it, dpkg-deb would seem to fail
        except SetupFailed as problem:
            raise SetupFailed(f"{broken} ({problem})") from problem
    if unpacked.returncode != 0:
        raise SetupFailed(broken)


def _keyring() -> Path:
    for folder in (Path("/usr/share/keyrings"), Path("/etc/apt/trusted.gpg.d")):
        for name in KEYRINGS:
            if (folder / name).exists():
                return folder / name
    raise SetupFailed("no archive keyring on this machine; install the package debian-archive-keyring")


def _run(words: Sequence[str], stdin: IO[bytes] | None = None, **environment: str) -> str:
    if shutil.which(words[0]) is None:
        raise SetupFailed(f"{words[0]} is not on this machine; set-up needs Debian or Ubuntu")
    done = subprocess.run(  # noqa: S603
        list(words),
        stdin=stdin or subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", **environment},
    )
    if done.returncode:
        raise SetupFailed(f"`{' '.join(words[:3])} …` failed: {_reason(done.stderr)}")
    return done.stdout


def _reason(said: str) -> str:
    """apt marks its errors; of other programs the last lines."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " / ".join([line for line in lines if line.startswith("E: ")] or lines[-3:])
