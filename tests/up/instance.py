"""An installation in a folder of its own, run as a hospital runs it: by `ivr`, from the environment."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from ivr.phone.config import PROJECT
from tests.ports import free_ports


class Instance:
    """Everything it writes lies in `folder`; `sounds` may be shared, for speech is found by what it says."""

    def __init__(self, folder: Path, sounds: Path) -> None:
        agi, ami, ws, listen, web = free_ports(5)
        (self.sip_port,) = free_ports(1, socket.SOCK_DGRAM)
        rtp = secrets.choice(range(33000, 59000, 200))
        self.site = f"http://127.0.0.1:{web}"
        self.folder = folder
        folder.mkdir(parents=True)
        self._said = folder / "said"
        self._program: subprocess.Popen[bytes] | None = None
        clean = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        self.environment = clean | {
            "IVR_FOLDERS__VAR": str(folder / "var"),
            "IVR_FOLDERS__BUILD": str(PROJECT / "build"),
            "IVR_FOLDERS__SOUNDS": str(sounds),
            "IVR_VOICE__ENGINE": "espeak",
            "IVR_SIP__PORT": str(self.sip_port),
            "IVR_SIP__WS_PORT": str(ws),
            "IVR_SIP__RTP_START": str(rtp),
            "IVR_SIP__RTP_END": str(rtp + 199),
            "IVR_AGI__PORT": str(agi),
            "IVR_AMI__PORT": str(ami),
            "IVR_LISTEN__PORT": str(listen),
            "IVR_LISTEN__WORKERS": "1",
            "IVR_WEB__PORT": str(web),
            "IVR_PHONE__DRAIN_SECONDS": "2",
        }

    def ivr(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        command = [sys.executable, "-m", "ivr.cli", *words]
        return subprocess.run(
            command, cwd=PROJECT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def secrets(self) -> dict[str, str]:
        """The passwords of this installation; some command has made them."""
        self.ivr("status")
        return tomllib.loads((self.folder / "var" / "secrets.toml").read_text())

    def takes_calls(self) -> bool:
        return self.ivr("status").returncode == 0

    def up(self) -> None:
        """Start `ivr up` in the background; what it says goes into a file."""
        with self._said.open("wb") as said:
            self._program = subprocess.Popen(
                [sys.executable, "-m", "ivr.cli", "up"],
                cwd=PROJECT,
                env=self.environment,
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
            )

    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    def until(self, what: str, holds: Callable[[], object], within: float = 60.0) -> None:
        """Wait for something that no event tells of."""
        deadline = time.monotonic() + within
        while not holds():
            assert time.monotonic() < deadline, f"not {what} within {within:.0f} s:\n{self.said()}"
            assert self._program and self._program.poll() is None, f"`ivr up` ended:\n{self.said()}"
            time.sleep(0.2)

    def until_ready(self) -> None:
        self.until("ready", lambda: "Ctrl-C stops everything" in self.said())

    def child(self, *words: str) -> int:
        """The one process of ours whose command line has these words; 0 where there is none now."""
        found = self.children(*words)
        assert len(found) < 2, found
        return found[0] if found else 0

    def children(self, *words: str) -> list[int]:
        """All of them."""
        return [pid for pid in self.processes() if set(words) <= set(map(os.fsdecode, _words(pid, "cmdline")))]

    def phone_process(self) -> int:
        return self.child("ivr.cli", "phone")

    def listen_process(self) -> int:
        return self.child("ivr.cli", "listen")

    def asterisk_process(self) -> int:
        return self.child(str(self.folder / "var/asterisk/etc/asterisk.conf"), "-f")

    def processes(self) -> list[int]:
        """Every process that was started with our environment, whoever its parent is now."""
        mark = f"IVR_FOLDERS__VAR={self.folder / 'var'}".encode()
        return [pid for pid in _all_processes() if mark in _words(pid, "environ")]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """A signal, and its exit status."""
        assert self._program
        self._program.send_signal(number)
        return self._program.wait(30)

    def die(self) -> None:
        """As if the kernel had killed `ivr up` alone."""
        assert self._program
        self._program.kill()
        self._program.wait()

    def end(self) -> None:
        """Whatever went wrong in a test, nothing of ours stays."""
        if self._program and self._program.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _all_processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _words(pid: int, name: str) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().split(b"\0")
    except OSError:  # ended, or not ours to look at
        return []
