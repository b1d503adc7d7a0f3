"""A worker seen from the server: started, fed, watched; whoever asked it something is told when it is gone."""

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ivr.listen.answer import Answer, Barge, Broken, Heard
from ivr.listen.question import Question
from ivr.listen.trouble import BadModel
from ivr.listen.wire import HEAD, Kind, OutOfStep, header, packed

log = logging.getLogger(__name__)

PING_SECONDS = 0.2
SILENT_SECONDS = 0.6
"""Without an answer for so long a worker is dead or stopped. With a ping this stays below a second."""
STUCK_SECONDS = 2.0
"""Longer than any piece of audio takes: the worker hangs inside Vosk."""
BOOT_SECONDS = 180.0
"""A big model takes a minute to load from a slow disk."""
MOST_UNSENT = 256 * 1024
"""Bytes in our own buffer: beyond the pipe's, so the worker does not read. Audio is dropped then."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a worker says of itself; seconds of audio heard, of work done, that audio waited, in the present piece."""

    questions: int = 0
    audio: float = 0.0
    busy: float = 0.0
    lag: float = 0.0
    stuck: float = 0.0
    dropped: int = 0


class WorkerProcess:
    """One life of a worker."""

    def __init__(self, model: Path) -> None:
        self.load = Load()
        self.dropped = 0
        """Frames that were not sent."""
        self.ready = False
        self._model = model
        self._answers: dict[int, Answer] = {}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def questions(self) -> int:
        return len(self._answers)

    async def live(self, on_ready: Callable[[], None]) -> None:
        """From start to end; returns when the process is gone and all askers know. Raises BadModel."""
        starting = asyncio.create_task(self._start())
        try:
            self._process = await asyncio.shield(starting)
        except asyncio.CancelledError:  # half started is not gone
            await self._end(await starting)
            raise
        watch = asyncio.create_task(self._watch(on_ready))
        try:
            await self._listen()
        except OutOfStep as problem:
            log.error("worker speaks out of step", extra={"reason": str(problem)})
        finally:
            watch.cancel()
            self.ready = False
            self._tell_everyone()
            await self._end(self._process)

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ivr.listen.worker", str(self._model)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C in the terminal is for the server, which ends its workers in order
        )

    def begin(self, number: int, question: Question, answer: Answer) -> None:
        self._answers[number] = answer
        self._send(Kind.BEGIN, number, question.as_json())

    def hear(self, number: int, audio: bytes) -> None:
        """Give it audio; dropped and counted when the worker does not keep up."""
        assert self._process and self._process.stdin  # noqa: S101  a pipe since it began
        if self._process.stdin.transport.get_write_buffer_size() > MOST_UNSENT:
            self.dropped += 1
        else:
            self._send(Kind.AUDIO, number, audio)

    def forget(self, number: int) -> None:
        if self._answers.pop(number, None):
            self._send(Kind.FORGET, number)

    def _send(self, kind: Kind, number: int = 0, payload: bytes = b"") -> None:
        if self._process and self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.write(packed(kind, number, payload))

    async def _listen(self) -> None:
        assert self._process and self._process.stdout  # noqa: S101  opened as a pipe
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, number, length = header(await self._process.stdout.readexactly(HEAD.size))
                self._take(kind, number, await self._process.stdout.readexactly(length))

    def _take(self, kind: Kind, number: int, payload: bytes) -> None:
        match kind:
            case Kind.READY:
                self.ready = True
            case Kind.PONG:
                self.load = Load(**json.loads(payload))
                self._heard_at = asyncio.get_running_loop().time()
            case Kind.BARGE if number in self._answers:
                self._answers[number](Barge())
            case Kind.HEARD if number in self._answers:
                values = json.loads(payload)
                readings = [(text, score) for text, score in values["readings"]]
                self._answers.pop(number)(Heard(readings, values["after"]))
            case Kind.BROKEN if number in self._answers:
                self._answers.pop(number)(Broken())
            case Kind.REFUSED:
                raise BadModel(payload.decode())

    async def _watch(self, on_ready: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        boot_until = loop.time() + BOOT_SECONDS
        while not self.ready:
            await asyncio.sleep(0.02)
            if loop.time() > boot_until:
                return self._give_up("does not start")
        on_ready()
        self._heard_at = loop.time()
        while True:
            sent = loop.time()
            self._send(Kind.PING)
            await asyncio.sleep(PING_SECONDS)
            if loop.time() - sent > PING_SECONDS + SILENT_SECONDS / 2:
                self._heard_at = loop.time()  # we slept ourselves; the worker may be well
            elif loop.time() - self._heard_at > SILENT_SECONDS:
                return self._give_up("does not answer")
            elif self.load.stuck > STUCK_SECONDS:
                return self._give_up("hangs")

    def _give_up(self, why: str) -> None:
        log.error("speech worker killed", extra={"reason": why, "pid": self.pid, "questions": self.questions})
        self.ready = False
        self._tell_everyone()  # at once: the callers wait
        _kill(self._process)

    def _tell_everyone(self) -> None:
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            answer(Broken())

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        _kill(process)
        if process.stdin:
            process.stdin.close()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # else its pipes wait for the collector


def _kill(process: asyncio.subprocess.Process | None) -> None:
    """A stopped process dies of this too."""
    if process and process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
