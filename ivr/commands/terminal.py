"""A telephone made of a terminal: what is said is printed, what is typed is keyed, Ctrl-C hangs up."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console

from ivr.dialogue.line import Answer, CallerHungUp, Hearing, Keypad, Silence, Utterance
from ivr.dialogue.tape import TapeLine

console = Console(highlight=False)
KEYS = frozenset("0123456789*# ")


class TerminalLine:
    """Implements Line."""

    def __init__(self) -> None:
        self._rest = b""
        self._gone = False
        self._waiting: asyncio.Future[None] | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM are a caller who hangs up; a second one ends the program in the usual way."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)

        def hang_up() -> None:
            for number in numbers:
                loop.remove_signal_handler(number)
            self._gone = True
            if self._waiting and not self._waiting.done():
                self._waiting.set_exception(CallerHungUp())

        for number in numbers:
            loop.add_signal_handler(number, hang_up)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    async def play(self, utterances: Sequence[Utterance]) -> None:
        self._must_be_there()
        for utterance in utterances:
            console.print(f"  {utterance.text}", markup=False)

    async def hears(self) -> bool:
        return True

    async def ask(self, utterances: Sequence[Utterance], keypad: Keypad, hearing: Hearing | None = None) -> Answer:
        await self.play(utterances)
        console.print("[bold]» [/]", end="")
        typed = await self._line()
        if typed == "-":
            raise CallerHungUp
        if not typed:
            return Silence()
        return await TapeLine([typed if set(typed) <= KEYS else f'"{typed}"']).ask([], keypad)

    async def prepare(self, utterances: Sequence[Utterance]) -> None:
        pass

    async def waiting(self) -> int:
        return 0

    async def transfer(self, *, apologise: bool = False, urgent: bool = False) -> None:
        self._must_be_there()
        console.print("[dim]— соединение с оператором —[/]")

    async def hang_up(self) -> None:
        self._must_be_there()
        console.print("[dim]— конец разговора —[/]")

    def _must_be_there(self) -> None:
        if self._gone:
            raise CallerHungUp

    async def _line(self) -> str:
        """One typed line. Raises CallerHungUp at the end of what is typed."""
        while b"\n" not in self._rest:
            some = await self._some()
            if not some and not self._rest:
                raise CallerHungUp
            self._rest += some or b"\n"  # the last line of a file may lack its end
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace").strip()

    async def _some(self) -> bytes:
        """Whatever was typed. No thread waits for it: one that reads a terminal cannot be stopped."""
        loop, typed = asyncio.get_running_loop(), sys.stdin.fileno()
        self._waiting = loop.create_future()
        try:
            loop.add_reader(typed, _ready, self._waiting)
        except PermissionError:  # a file is always ready
            return os.read(typed, 4096)
        try:
            await self._waiting
        finally:
            loop.remove_reader(typed)
        return os.read(typed, 4096)


def _ready(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
