"""The watchdog: keeps one synthesiser process alive and believes nothing it does not answer in time."""

import asyncio
import json
import logging
import os
import shutil
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from ivr.speech.voice.settings import Choice

log = logging.getLogger(__name__)
_TRIES = 2


class VoiceTrouble(Exception):
    """The engine does not start, or cannot speak this text."""


class VoiceProcess:
    """Renders one text at a time. A process that dies or is silent too long is replaced, and the text tried again."""

    def __init__(self, choice: Choice, *, patience: float = 5.0, boot: float = 30.0) -> None:
        self.choice = choice
        self.restarts = 0
        self._patience, self._boot = patience, boot
        self._process: asyncio.subprocess.Process | None = None
        self._version = ""
        self._failures = 0
        self._folder = ""
        self._turn = asyncio.Lock()
        self._ids = count(1)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def version(self) -> str:
        """Of engine and driver; starts the process. Raises VoiceTrouble."""
        async with self._turn:
            await self._running()
            return self._version

    async def render(self, text: str, rate: float, out: Path) -> None:
        """Write out.sln16 and out.alaw. Raises VoiceTrouble, at once where the engine failed while others waited."""
        failures = self._failures
        async with self._turn:
            if self._failures != failures:
                raise VoiceTrouble(f"{self.choice.engine} has just failed")
            for tried in range(1, _TRIES + 1):
                try:
                    return await self._render(text, rate, out)
                except (OSError, EOFError, TimeoutError) as problem:
                    await self._kill()
                    self.restarts += 1
                    log.warning("voice process replaced", extra={"engine": self.choice.engine, "tried": tried})
                    reason = problem
            self._failures += 1
            raise VoiceTrouble(f"{self.choice.engine} gave no answer {_TRIES} times") from reason

    async def close(self) -> None:
        async with self._turn:
            await self._kill()

    async def _render(self, text: str, rate: float, out: Path) -> None:
        process = await self._running()
        number = next(self._ids)
        await _send(process, {"id": number, "text": text, "rate": rate, "out": str(out)})
        answer = await asyncio.wait_for(_answer_to(process, number), self._patience)
        if "error" in answer:
            raise VoiceTrouble(f"{self.choice.engine}: {answer['error']}")

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process and self._process.returncode is None:
            return self._process
        await self._kill()
        # Sentences about patients: the worker may be killed before it can tidy up, so the folder is ours.
        self._folder = tempfile.mkdtemp(prefix="ivr-voice-")
        # A program of its own, never a fork of this one: espeak hangs in a forked child.
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ivr.speech.voice.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[3],
            env=os.environ | {"TMPDIR": self._folder},
        )
        try:
            await _send(self._process, self.choice.as_json())
            hello = await asyncio.wait_for(_answer(self._process), self._boot)
        except (OSError, EOFError, TimeoutError) as problem:
            await self._kill()
            raise VoiceTrouble(f"{self.choice.engine} does not start") from problem
        if "error" in hello:
            await self._kill()
            raise VoiceTrouble(f"{self.choice.engine} does not start: {hello['error']}")
        self._version = str(hello["version"])
        return self._process

    async def _kill(self) -> None:
        """By its process id; a stopped process dies of this too."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        if process.stdin:
            process.stdin.close()
        await process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        process._transport.close()  # type: ignore[attr-defined]  # else its pipes wait for the collector


async def _send(process: asyncio.subprocess.Process, values: dict[str, Any]) -> None:
    assert process.stdin  # noqa: S101  opened as a pipe
    process.stdin.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
    await process.stdin.drain()


async def _answer(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout  # noqa: S101  opened as a pipe
    if not (line := await process.stdout.readline()):
        raise EOFError
    values: dict[str, Any] = json.loads(line)
    return values


async def _answer_to(process: asyncio.subprocess.Process, number: int) -> dict[str, Any]:
    """Answers to questions nobody waits for any more are passed over."""
    while (answer := await _answer(process)).get("id") != number:
        pass
    return answer
