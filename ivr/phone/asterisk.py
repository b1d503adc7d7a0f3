"""Our own Asterisk as a child process: prepared, started, watched, stopped."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess  # the command line is ours, word by word
import time
from pathlib import Path

from ivr.phone.config import PhoneConfig
from ivr.phone.music import write_tune
from ivr.phone.program import Program
from ivr.phone.render import render

log = logging.getLogger(__name__)


ASK_SECONDS = 5.0
HUNG_SECONDS = 8.0
LEFTOVER_SECONDS = 2.0
"""A process that was just ended may keep its ports a moment longer."""
LONGEST_SOCKET = 107
"""unix(7): 108 bytes with the final zero."""


class AsteriskFailed(RuntimeError):
    """Asterisk did not start or does not answer; says where its log is."""


class Asterisk:
    """One private Asterisk in `config.folder`."""

    def __init__(self, program: Program, config: PhoneConfig) -> None:
        self.program = program
        self.config = config
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log_file(self) -> Path:
        return self.config.folder / "log" / "messages"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def control(self) -> Path:
        """The socket of its command line."""
        return self.config.folder / "run" / "asterisk.ctl"

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def prepare(self) -> None:
        """Render the configuration and make the folders; a second time changes only what differs."""
        folder = self.config.folder
        for name in ("data", "lib/keys", "spool", "run", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        if self.config.recordings:
            self.config.recordings.mkdir(mode=0o700, parents=True, exist_ok=True)
        _link(folder / "data" / "documentation", self.program.data / "documentation")
        _link(folder / "data" / "sounds", self.config.sounds)
        if self.config.music is None:
            write_tune(folder / "data" / "moh")
        render(self.config, self.program.modules, self.config.etc)

    def start(self, within: float = 30.0) -> None:
        """Start and return when calls are taken. Raises AsteriskFailed."""
        self.stop()
        self.prepare()
        self._end_leftover()
        self._check_ports()
        command = [*self.program.command, "-C", str(self.config.etc / "asterisk.conf"), "-f"]
        console_file = os.open(self.config.folder / "log" / "console", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(console_file, "ab") as console:
            # A session of its own: Ctrl-C in the terminal is for us, we stop Asterisk in order.
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                umask=0o077,  # its logs name callers
            )
        self._pid_file.write_text(str(self._process.pid))
        self._wait_booted(time.monotonic() + within)

    def stop(self, within: float = 10.0) -> None:
        """End every call and the process; killed if it does not go in time."""
        if self._process is None:
            return
        if self.is_running():
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(within)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    def close_doors(self) -> None:
        """Begin no new call; those there are go on."""
        try:
            self.cli("dialplan set global IVR_CLOSED 1")
        except AsteriskFailed as problem:
            log.warning("new calls could not be kept out", extra={"reason": str(problem)})

    def end_if_hung(self, within: float = HUNG_SECONDS) -> None:
        """Kill an Asterisk that lives and does not answer: its callers hear nothing any more."""
        try:
            self.cli("core show uptime seconds", within)
        except AsteriskFailed as problem:
            if self._process is not None and self.is_running():
                log.error("Asterisk hangs, ending it", extra={"reason": str(problem), "pid": self._process.pid})
                self._process.kill()
                self._process.wait()

    def cli(self, command: str, timeout: float = 10.0) -> str:
        """What Asterisk's own command line answers. Raises AsteriskFailed."""
        words = [*self.program.command, "-C", str(self.config.etc / "asterisk.conf"), "-rx", command]
        try:
            done = subprocess.run(  # noqa: S603
                words, capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as problem:
            raise AsteriskFailed(f"Asterisk did not answer within {timeout} s; see {self.log_file}") from problem
        if done.returncode:
            raise AsteriskFailed(f"Asterisk's command line ended with {done.returncode}; see {self.log_file}")
        return done.stdout.decode("utf-8", "replace")

    def _check_ports(self) -> None:
        """Asterisk itself goes on without a port that it did not get, and nobody can phone it."""
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while True:
            try:
                return self._bind_ports()
            except AsteriskFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _bind_ports(self) -> None:
        if len(os.fsencode(self.control)) > LONGEST_SOCKET:
            raise AsteriskFailed(f"folders.var: {self.control} is longer than the name of a socket may be; shorten it")
        wanted = (
            ("sip.port", socket.SOCK_DGRAM, self.config.bind, self.config.sip_port),
            ("sip.ws_port", socket.SOCK_STREAM, self.config.ws_host, self.config.ws_port),
            ("ami.port", socket.SOCK_STREAM, self.config.ami_host, self.config.ami_port),
        )
        for name, kind, host, port in wanted:
            with socket.socket(socket.AF_INET, kind) as probe:
                if kind is socket.SOCK_STREAM:  # connections that just ended do not hold the port
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                except OSError as problem:
                    raise AsteriskFailed(f"{name}: cannot listen on {host}:{port} ({problem.strerror})") from problem

    @property
    def _pid_file(self) -> Path:
        return self.config.folder / "run" / "started.pid"

    def _wait_booted(self, deadline: float) -> None:
        while time.monotonic() < deadline and self.is_running():
            # The control socket appears a little before the end of the boot.
            if self.control.exists() and self._has_booted(deadline):
                return
            time.sleep(0.05)
        status = self._process.poll() if self._process else None
        self.stop()
        raise AsteriskFailed(
            f"Asterisk did not start (status {status}); see {self.log_file} and the file console beside"
        )

    def _has_booted(self, deadline: float) -> bool:
        try:
            booted = "fully booted" in self.cli("core waitfullybooted", max(0.1, deadline - time.monotonic()))
            # Another Asterisk in this folder would have answered, and ours would be about to end.
            return booted and self._noted(self._own_pid_file) == self.pid
        except AsteriskFailed:
            return False

    def _end_leftover(self) -> None:
        """A crashed parent may have left Asterisk behind. It is ended only if it runs on this very configuration."""
        for pid in {self._noted(self._pid_file), self._noted(self._own_pid_file)} - {0}:
            if self._runs_here(pid):
                log.warning("leftover Asterisk is ended", extra={"pid": pid})
                self._end(pid)

    @property
    def _own_pid_file(self) -> Path:
        """Asterisk's own: a parent killed at once had no time to write ours."""
        return self.config.folder / "run" / "asterisk.pid"

    def _noted(self, file: Path) -> int:
        try:
            return int(file.read_text())
        except (OSError, ValueError):
            return 0

    def _runs_here(self, pid: int) -> bool:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(self.config.etc / "asterisk.conf") in words

    def _end(self, pid: int, within: float = 10.0) -> None:
        deadline = time.monotonic() + within
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGTERM)
            while self._runs_here(pid) and time.monotonic() < deadline:
                time.sleep(0.05)
            if self._runs_here(pid):
                os.kill(pid, signal.SIGKILL)


async def keep_running(
    asterisk: Asterisk, stopping: asyncio.Event, *, check: float = 0.5, longest: float = 30.0
) -> None:
    """Start Asterisk again whenever it dies or hangs, pausing longer each time, until `stopping`; then stop it."""
    pause = check
    asked = time.monotonic()
    while not await _happens(stopping, pause):
        if asterisk.is_running():
            pause = check
            if time.monotonic() - asked > ASK_SECONDS:
                await asyncio.to_thread(asterisk.end_if_hung)
                asked = time.monotonic()
            continue
        log.error("Asterisk is down, starting it again")
        try:
            await asyncio.to_thread(asterisk.start)
        except (AsteriskFailed, OSError) as problem:
            pause = min(longest, pause * 2)
            log.error("Asterisk did not start", extra={"reason": str(problem), "next_try_s": pause})
    await asyncio.to_thread(asterisk.stop)


async def _happens(event: asyncio.Event, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await event.wait()
    except TimeoutError:
        return False


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)
