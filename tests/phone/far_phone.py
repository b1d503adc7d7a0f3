"""Calls into a real Asterisk without SIP, and what its dialplan did with them."""

import asyncio
import re
from collections.abc import Callable

from ivr.phone.asterisk import Asterisk

_STEP = re.compile(r"Executing \[\S+@(\S+):\d+\] (\w+)\(\"[^\"]*\", \"(.*)\"\) in new stack")


class FarPhone:
    """The caller's telephone."""

    def __init__(self, asterisk: Asterisk) -> None:
        self.asterisk = asterisk
        self._trace = asterisk.config.folder / "log" / "trace"
        asterisk.cli("logger add channel trace verbose(3)")
        self._begin = self._trace.stat().st_size if self._trace.exists() else 0

    async def call(self, far_end: str = "listen", to: str = "s@ivr-inbound") -> None:
        """Phone; `far_end` is an extension of the context test: press12w3 keys, listen listens."""
        await self.cli(f"channel originate Local/{to} extension {far_end}@test")

    async def cli(self, command: str) -> str:
        return await asyncio.to_thread(self.asterisk.cli, command)

    async def hang_up(self) -> None:
        """Every call ends; returns when no channel is left."""
        await self.cli("channel request hangup all")
        await until(lambda: "0 active channels" in self.asterisk.cli("core show channels"))

    def steps(self) -> list[str]:
        """What the dialplan executed: "ivr-inbound Playback /sounds/apology"."""
        text = self._trace.read_bytes()[self._begin :].decode()
        return [f"{context} {application} {data}" for context, application, data in _STEP.findall(text)]

    def told_to_play(self, application: str) -> list[str]:
        """The files, in order, that the program had played by this application."""
        text = self._trace.read_bytes()[self._begin :].decode()
        lists = re.findall(rf"Executing Application: \({application}\) Options: \((?:IVR_KEYS,)?([^,)]*)", text)
        return [file for files in lists for file in files.split("&")]

    async def reaches(self, *steps: str, within: float = 10) -> None:
        """Wait until these steps, told by their beginnings, were executed in this order."""
        await until(lambda: _in_order(steps, self.steps()), within)

    def has_done(self, step: str) -> bool:
        return _in_order([step], self.steps())


async def until(what: Callable[[], bool], within: float = 10) -> None:
    """Wait for something outside this process that tells nobody when it happens."""
    async with asyncio.timeout(within):
        while not await asyncio.to_thread(what):  # noqa: ASYNC110  Asterisk gives no event for it
            await asyncio.sleep(0.03)


def _in_order(wanted: tuple[str, ...] | list[str], done: list[str]) -> bool:
    rest = iter(done)
    return all(any(step.startswith(beginning) for step in rest) for beginning in wanted)
