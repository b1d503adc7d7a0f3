"""A private PostgreSQL for the tests: own data folder, own port, gone afterwards."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .ports import free_ports

HOW_TO_INSTALL = "PostgreSQL is not installed, and these tests need it: apt-get install --yes postgresql"
UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root: then it runs as the first of these that exists."""
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=120")
KILLABLE = ("fsync=off", "max_connections=120")
"""A commit outlives the end of every process, though not the end of the machine."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that can be harmed."""

    url: str
    folder: Path
    user: pwd.struct_passwd | None
    control: tuple[str | Path, ...]
    options: str

    def start(self) -> None:
        _run(self.user, self.folder, *self.control, "-t", "30", "-l", self.folder / "log", "-o", self.options, "start")

    def stop(self, how: str = "fast") -> None:
        """Break every connection; "immediate" forgets what was written, for it runs without fsync."""
        _run(self.user, self.folder, *self.control, "-m", how, "stop")

    def kill(self) -> None:
        """The end of every process at once, in the midst of whatever it does."""
        postmaster, children = self._processes()
        for pid in (postmaster, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}/exe").exists() for pid in (postmaster, *children)):
            time.sleep(0.02)
        # Until somebody has reaped them their numbers are taken, and it would believe to run.
        for taken in (self.folder / "data" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            taken.unlink()

    def freeze(self) -> None:
        """It accepts, and never answers: what a hung disk looks like from outside."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        postmaster, children = self._processes()
        for pid in (postmaster, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _processes(self) -> tuple[int, list[int]]:
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return postmaster, [int(child) for child in children]


@contextmanager
def running_postgres(settings: Sequence[str] = QUICK) -> Iterator[Postgres]:
    """Yield a new empty server on loopback; stop it and remove its data at the end."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="ivr-postgres-"))
    user = _unprivileged_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    (port,) = free_ports(1)
    data = folder / "data"
    options = [*settings, f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
    server = Postgres(
        url=f"postgresql+psycopg://ivr@127.0.0.1:{port}/postgres",
        folder=folder,
        user=user,
        control=(programs / "pg_ctl", "-D", data, "-w"),
        options=" ".join(f"-c {setting}" for setting in options),
    )
    try:
        _run(user, folder, programs / "initdb", "-D", data, "-U", "ivr", "-A", "trust", "-E", "UTF8", "--no-sync")
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """The folder with initdb and pg_ctl: the newest version that is installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    beside = shutil.which("initdb")
    programs = [*versions[-1:], *([Path(beside)] if beside else [])]
    if not programs:
        raise RuntimeError(HOW_TO_INSTALL)
    return programs[0].parent


def _unprivileged_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in UNPRIVILEGED if name in known)


def _run(user: pwd.struct_passwd | None, folder: Path, *command: str | Path) -> None:
    identity = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    output = folder / "output"
    with output.open("w") as written:
        # Not a pipe: the server inherits it and would keep it open.
        done = subprocess.run(command, cwd="/", stdout=written, stderr=subprocess.STDOUT, check=False, **identity)
    if done.returncode:
        log = folder / "log"
        raise RuntimeError(f"{command[0]} failed: {output.read_text()}{log.read_text() if log.exists() else ''}")
