"""`ivr phone` and `ivr listen` as children of `ivr up`."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
STEADY = 60.0
"""Seconds after which a restart begins again with the shortest pause."""
LOOK_SECONDS = 2.0
HUNG_SECONDS = 8.0
"""A program that says nothing for so long keeps callers in silence; ended, it makes Asterisk pass them to a person."""
REFUSED = 2
"""Exit status for what only a person can mend."""


class ChildRefused(Exception):
    """A child cannot run with these settings, and has said why."""


class Child:
    """A command of `ivr` as a child, started again when it dies or hangs. `probe` returns when the child answers."""

    def __init__(self, command: str, probe: Callable[[], Awaitable[object]], *, hung: float = HUNG_SECONDS) -> None:
        self._command = command
        self._probe = probe
        self._hung = hung
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def keep_running(self) -> None:
        """Start, and start again, waiting a little longer each time it dies soon.

        Raises ChildRefused if it refuses the very first time. Later it is tried for ever: while somebody mends the
        settings, callers are served by other means.
        """
        pause, first = 0.5, True
        while not self._stopping:
            began = time.monotonic()
            status = await self._run()
            if self._stopping:
                return
            if first and status == REFUSED:
                raise ChildRefused(
                    f"`ivr {self._command}` cannot start; its reason is above, and `ivr check` may tell more"
                )
            first = False
            pause = 0.5 if time.monotonic() - began > STEADY else min(LONGEST_PAUSE, pause * 2)
            log.error(f"ivr {self._command} ended, starting it again", extra={"status": status, "after_s": pause})
            await asyncio.sleep(pause)

    async def _run(self) -> int | None:
        """One life of the child; None where the system would not start it now."""
        try:
            # A session of its own: Ctrl-C in the terminal is for us, we drain it in order.
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ivr.cli", self._command, "--parent", str(os.getpid())), start_new_session=True
            )
        except OSError as problem:
            log.error(f"ivr {self._command} cannot be started now", extra={"reason": str(problem)})
            return None
        watch = asyncio.create_task(self._end_when_hung(self._process))
        try:
            return await self._process.wait()
        finally:
            watch.cancel()

    async def _end_when_hung(self, process: asyncio.subprocess.Process) -> None:
        """Look again and again; nobody there yet, or no more, is not a hang."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                async with asyncio.timeout(self._hung):
                    await self._probe()
            except TimeoutError:
                log.error(f"ivr {self._command} hangs, ending it", extra={"pid": process.pid})
                process.kill()
                return
            except (OSError, RuntimeError):
                pass

    async def stop(self, within: float) -> None:
        """Let it drain; end it by force if it takes longer."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(max(within, 0.1)):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
