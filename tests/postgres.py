"""A private PostgreSQL for the tests: own data folder, own port, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOW_TO_INSTALL = "PostgreSQL is not installed, and these tests need it: apt-get install --yes postgresql"
UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root: then it runs as the first of these that exists."""
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=120")


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the URL of a new empty server on loopback; stop it and remove its data at the end."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="ivr-postgres-"))
    user = _unprivileged_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    port = _free_port()
    data = folder / "data"
    options = [f"-c {setting}" for setting in (*QUICK, f"port={port}", "listen_addresses=127.0.0.1")]
    try:
        _run(user, folder, programs / "initdb", "-D", data, "-U", "ivr", "-A", "trust", "-E", "UTF8", "--no-sync")
        control = (programs / "pg_ctl", "-D", data, "-w")
        started = " ".join([*options, f"-c unix_socket_directories={folder}"])
        _run(user, folder, *control, "-t", "30", "-l", folder / "log", "-o", started, "start")
        try:
            yield f"postgresql+psycopg://ivr@127.0.0.1:{port}/postgres"
        finally:
            _run(user, folder, *control, "-m", "immediate", "stop")
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
