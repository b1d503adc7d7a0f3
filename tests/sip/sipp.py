"""Runs sipp, the SIP client of these tests, and reads what it has to say."""

import asyncio
import contextlib
import csv
import re
import shutil
import signal
import socket
import tempfile
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.ports import free_ports

HOST = "127.0.0.1"
ERRORS, MESSAGES, COMPLAINTS = "errors.log", "messages.log", "complaints.log"
"""What sipp writes of a call that went another way, of each message, and of its own troubles."""


class SippFailed(AssertionError):
    """A call did not go as its scenario says; the text is sipp's own."""


class Sipp:
    """One sipp process playing one scenario, once for each row of values (field0, field1, ...)."""

    def __init__(
        self,
        scenario: str,
        rows: Iterable[Sequence[object]],
        *,
        server: tuple[str, int],
        port: int | None = None,
        answering: str = "",
        rate: float = 20.0,
        limit: float = 240.0,
        trace: bool = False,
    ) -> None:
        """`answering`: a scenario for calls that come in; `rate`: calls a second; `limit`: seconds for all of them."""
        (self.port,) = free_ports(1, socket.SOCK_DGRAM) if port is None else (port,)
        self._scenario, self._answering, self._rows = scenario, answering, list(rows)
        self._server, self._rate, self._limit, self._trace = server, rate, limit, trace
        self._token = uuid.uuid4().hex
        self._folder = Path()
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        program = shutil.which("sipp")
        if program is None:
            raise SippFailed("no sipp on this machine: install the package sip-tester")
        self._folder = Path(tempfile.mkdtemp(prefix="ivr-sipp-"))
        (self._folder / "scenario.xml").write_text(self._scenario, encoding="utf-8")
        (self._folder / "answering.xml").write_text(self._answering, encoding="utf-8")
        with (self._folder / COMPLAINTS).open("wb") as complaints:
            self._process = await asyncio.create_subprocess_exec(
                program,
                *self._arguments(),
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=complaints,
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._running()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def hang_up(self, number: int = 1) -> None:
        """Have the call of that row (counted from 1) hang up; nothing happens when it is over already."""
        self.tell(self._call_id(number))

    def tell(self, call_id: str) -> None:
        """Have the scenario end the call of that id, where it waits for this."""
        info = (
            f"INFO sip:caller@{HOST}:{self.port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {HOST};branch=z9hG4bK{uuid.uuid4().hex}\r\n"
            f"From: <sip:test@{HOST}>;tag=test\r\nTo: <sip:caller@{HOST}>\r\n"
            f"Call-ID: {call_id}\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(info.encode(), (HOST, self.port))

    async def ended(self, timeout: float) -> None:  # noqa: ASYNC109 -- the error tells more than TimeoutError
        """Wait until all calls are over; raises SippFailed when one failed or the time is up."""
        process = self._running()
        try:
            status = await asyncio.wait_for(process.wait(), timeout)
        except TimeoutError:
            raise SippFailed(f"the call is still going on after {timeout} s\n{self.errors()}") from None
        if status:
            raise SippFailed(self.errors())

    @property
    def is_over(self) -> bool:
        return self._running().returncode is not None

    def errors(self) -> str:
        """How sipp ended, if it has, and what it wrote about unexpected messages, time-outs and itself."""
        texts = [self._text(name)[-4000:] for name in (ERRORS, COMPLAINTS)]
        status = self._running().returncode
        return "\n".join([f"sipp ended with status {status}" if status is not None else "", *texts])

    def messages(self, method: str) -> list[dict[str, str]]:
        """Headers (lower-case names) of the received requests of a method, in order; needs `trace`."""
        return [_headers(one) for one in self._received(method)]

    def media(self) -> list[int]:
        """Where each call that came in wants to be spoken to; needs `trace`."""
        offers = (re.search(r"^m=audio (\d+)", one, re.MULTILINE) for one in self._received("INVITE"))
        return [int(offer[1]) for offer in offers if offer]

    def _received(self, method: str) -> list[str]:
        received = re.split(r"^-{20,}.*$", self._text(MESSAGES), flags=re.MULTILINE)
        return [one for one in received if "message received" in one and f"\n{method} " in one]

    def _text(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _arguments(self) -> list[str]:
        values = [":".join(map(str, self._server)), "-sf", "scenario.xml", "-i", HOST, "-p", str(self.port)]
        values += ["-cid_str", self._call_id("%u"), "-nostdin", "-trace_err", "-error_file", ERRORS]
        values += ["-timeout", f"{self._limit:.0f}s", "-timeout_error"]
        if self._trace:
            values += ["-trace_msg", "-message_file", MESSAGES]
        if self._answering:
            values += ["-oocsf", "answering.xml"]
        self._write_rows()
        values += ["-inf", "rows.csv", "-m", str(len(self._rows))]
        values += ["-r", str(max(1, round(self._rate))), "-l", str(len(self._rows))]
        return values

    def _write_rows(self) -> None:
        with (self._folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
            file.write("SEQUENTIAL\n")
            csv.writer(file, delimiter=";", lineterminator="\n").writerows(self._rows)

    def _call_id(self, number: int | str) -> str:
        return f"{number}-{self._token}@{HOST}"

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("sipp is not running: use `async with`")
        return self._process


def _headers(message: str) -> dict[str, str]:
    lines = (line.partition(":") for line in message.splitlines())
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}
