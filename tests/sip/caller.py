"""A person with a telephone: calls a number by sipp, listens, presses keys when he has heard something, hangs up."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from tests.speaking import on_the_line, spoken

from . import scenario
from .handset import Handset, Pulse
from .sipp import Sipp, SippFailed
from .tap import KeyPress, Tape

PATIENCE = 20.0
"""Seconds that a caller waits for something to be said before the test gives up."""

SILENCE_AFTER_WORDS, SILENCE_AFTER_DICTATION = 1.2, 2.2
"""Seconds; longer than prompts/voice.ru.toml lets an answer end by."""

LONG_PAUSE = 2.5
"""Seconds of silence that are longer than any inside a prompt, and shorter than the program's own patience."""


class Call:
    """One call seen by the caller."""

    def __init__(self, sipp: Sipp, handset: Handset, number: int = 1) -> None:
        self._sipp, self._handset, self._number = sipp, handset, number
        self.began = time.time()
        self.turns: list[float] = []
        """When each of the caller's answers was over: his last key let go, or his silence noticed."""

    @property
    def _turn(self) -> float:
        return self.turns[-1] if self.turns else 0.0

    @property
    def heard(self) -> Tape:
        """Everything that came and went, for questions about sound and times."""
        return self._handset.tape

    async def hears(self, min_seconds: float = 0.2, *, within: float = PATIENCE) -> None:
        """Wait until that much sound has come since the last key (or since the call began)."""
        await self._until(
            lambda: self.heard.heard_seconds(self._turn) >= min_seconds, within, f"{min_seconds} s of sound"
        )

    async def hears_all(self, *, pause: float = 0.5, within: float = 2 * PATIENCE) -> None:
        """Wait until something has been said since the last key and has been followed by a silence of `pause` s."""
        await self.hears(within=within)
        await self._until(lambda: self._quiet_for() >= pause, within, f"{pause} s of silence after a prompt")

    async def keys(self, keys: str) -> KeyPress:
        """Press keys one after another; returns the last one when it has been let go."""
        presses = [await press for press in self._handset.press(keys)]
        self.turns.append(presses[-1].end)
        return presses[-1]

    async def answers(self, keys: str) -> KeyPress:
        """Hear the question out, then press."""
        await self.hears_all()
        return await self.keys(keys)

    async def stays_silent(self, within: float = PATIENCE) -> None:
        """Hear the question out and wait until the program speaks again."""
        await self.hears_all(pause=LONG_PAUSE)
        self.turns.append(time.time())
        await self.hears(within=within)

    def say(self, alaw: bytes) -> None:
        """Speak (A-law, 8000 Hz)."""
        self._handset.say(alaw)

    async def speaks(self, words: str) -> None:
        """Say the words, over whatever is being said, and give the program the silence by which it knows their end."""
        self.say(on_the_line(spoken(words)))
        await self.has_spoken()
        await asyncio.sleep(SILENCE_AFTER_DICTATION if len(words.split()) > 5 else SILENCE_AFTER_WORDS)
        self.turns.append(time.time())

    async def has_spoken(self) -> None:
        """Return when everything that was to be said has left."""
        await self._handset.has_spoken()

    def hang_up(self) -> float:
        """Put the receiver down; returns when that was."""
        self._sipp.hang_up(self._number)
        return time.time()

    async def ended(self, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109 -- the error tells more than TimeoutError
        """Wait until the call is over, whoever ends it; raises SippFailed if it was refused or broke."""
        await self._sipp.ended(timeout)

    def _quiet_for(self) -> float:
        last = self.heard.last_heard()
        return time.time() - last if last else 0.0

    async def _until(self, met: Callable[[], bool], within: float, what: str) -> None:
        deadline = time.monotonic() + within
        while not met():
            if self._sipp.is_over:
                raise SippFailed(f"the call ended while the caller waited for {what}\n{self._sipp.errors()}")
            if time.monotonic() > deadline:
                raise SippFailed(f"no {what} within {within} s; {self._account()}")
            self._handset.sound_came.clear()
            with contextlib.suppress(TimeoutError):  # silence brings no event, so look now and then
                await asyncio.wait_for(self._handset.sound_came.wait(), 0.1)

    def _account(self) -> str:
        heard, packets = self.heard.heard_seconds(self._turn), len(self.heard.packets)
        return f"heard {heard:.2f} s since the last key, {packets} packets in all"


@contextlib.asynccontextmanager
async def a_call(
    server: tuple[str, int],
    extension: str,
    *,
    caller: str = "+79161234567",
    login: scenario.Login | None = None,
    pulse: Pulse | None = None,
    limit: float = 240.0,
) -> AsyncIterator[Call]:
    """A call to `extension` of the Asterisk at `server`; whatever is left of it ends with the block."""
    with Handset(pulse or Pulse()) as handset:
        rows = [(extension, caller, handset.port)]
        async with Sipp(scenario.caller(login), rows, server=server, limit=limit) as sipp:
            try:
                yield Call(sipp, handset)
            finally:
                await _put_down(sipp)


async def _put_down(sipp: Sipp, calls: int = 1) -> None:
    """A test that forgets to hang up, or fails, must not leave a channel to the next one."""
    if not sipp.is_over:
        for number in range(1, calls + 1):
            sipp.hang_up(number)
        with contextlib.suppress(SippFailed):
            await sipp.ended(2.0)


@contextlib.asynccontextmanager
async def many_calls(
    server: tuple[str, int],
    extension: str,
    callers: list[str],
    *,
    login: scenario.Login | None = None,
    rate: float = 20.0,
    limit: float = 240.0,
) -> AsyncIterator[list[Call]]:
    """Many calls made by one sipp process, `rate` a second."""
    pulse = Pulse()
    with contextlib.ExitStack() as phones:
        handsets = [phones.enter_context(Handset(pulse)) for _ in callers]
        rows = [(extension, caller, handset.port) for caller, handset in zip(callers, handsets, strict=True)]
        async with Sipp(scenario.caller(login), rows, server=server, rate=rate, limit=limit) as sipp:
            try:
                yield [Call(sipp, handset, number) for number, handset in enumerate(handsets, start=1)]
            finally:
                await _put_down(sipp, len(callers))
