"""One call's AGI session: commands out, replies matched to them, the hang-up noticed whatever else is going on."""

import asyncio
import contextlib
import logging
from collections import deque

from panoramisk.fast_agi import Application, Request  # type: ignore[import-untyped]

from ivr.dialogue.line import CallerHungUp
from ivr.phone.agi_text import BadArgument, Reply, command_line, is_whole, parse_reply

log = logging.getLogger(__name__)

COMMAND_SECONDS = 5.0
"""For commands that do not wait for a human."""
_FAREWELL_SECONDS = 0.25
"""HANGUP follows the -1 of an interrupted command at once."""


class AgiFailure(Exception):
    """Asterisk refused a command or the session broke; never a hang-up. The text holds no value of a caller."""


class AgiCall(Request):  # type: ignore[misc]  # panoramisk is untyped
    """One call's AGI session. Replies are matched to commands in order; HANGUP and EOF set `hung_up` at once."""

    def __init__(
        self,
        app: Application | None,
        headers: dict[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        encoding: str = "utf-8",
    ) -> None:
        super().__init__(app, headers, reader, writer, encoding)
        self.hung_up = asyncio.Event()
        self._ended = asyncio.Event()
        self._broken = ""
        self._unanswered: deque[asyncio.Future[Reply]] = deque()
        self._pump = asyncio.create_task(self._read_replies())

    async def send_command(self, command: str, *arguments: str, within: float = COMMAND_SECONDS) -> Reply:
        """Send our own words and quoted arguments. Raises CallerHungUp, AgiFailure, BadArgument."""
        verb = command.partition(" ")[0]
        future = self._write(command_line(command, *arguments))
        try:
            async with asyncio.timeout(within):
                await self._drain()
                reply = await future
        except TimeoutError:
            # The answer may still come; nothing that follows could be told from it.
            self._broken = f"no answer to {verb} within {within:.0f} s"
            raise AgiFailure(self._broken) from None
        return await self._judged(verb, reply)

    async def execute(self, application: str, *arguments: str, within: float = COMMAND_SECONDS) -> Reply:
        """Run a dialplan application; a comma inside an argument would be two, so it is refused."""
        if any("," in argument for argument in arguments):
            raise BadArgument(f"a comma in an argument of {application}")
        return await self.send_command(f"EXEC {application}", ",".join(arguments), within=within)

    async def set(self, name: str, value: str) -> None:
        """Set a channel variable or function."""
        await self.send_command("SET VARIABLE", name, value)

    async def evaluate(self, expression: str) -> str:
        """The value of an expression of ours, like ${READSTATUS}. Never give it anything of a caller."""
        return (await self.send_command("GET FULL VARIABLE", expression)).data or ""

    async def get(self, name: str) -> str | None:
        """The value of a channel variable, cut by Asterisk at about 1 KB; None if unset."""
        reply = await self.send_command("GET VARIABLE", name)
        return reply.data if reply.result == "1" else None

    def post(self, command: str, *arguments: str) -> None:
        """Leave a command for Asterisk to find after what it is doing now; nobody waits for the answer."""
        with contextlib.suppress(CallerHungUp, AgiFailure):
            self._write(command_line(command, *arguments))

    async def close(self) -> None:
        """End the session; Asterisk goes on in the dialplan."""
        self._pump.cancel()
        self.writer.close()
        await asyncio.gather(self._pump, return_exceptions=True)
        await close_socket(self.writer)

    def _write(self, line: bytes) -> "asyncio.Future[Reply]":
        if self.hung_up.is_set():
            raise CallerHungUp
        if self._broken:
            raise AgiFailure(self._broken)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        # A future nobody awaits any more must not complain at the end of the session.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._unanswered.append(future)
        self.writer.write(line)
        return future

    async def _drain(self) -> None:
        try:
            await self.writer.drain()
        except OSError:
            self.hung_up.set()
            raise CallerHungUp from None

    async def _judged(self, verb: str, reply: Reply) -> Reply:
        if reply.code == 511:
            raise CallerHungUp
        if reply.code != 200:
            raise AgiFailure(f"{verb}: {reply.text.splitlines()[0][:80]}")
        if reply.result is None:
            raise AgiFailure(f"{verb}: an answer without a result")
        if reply.data == "hangup" and verb != "GET":  # a variable may hold that very word
            raise CallerHungUp
        if reply.result in ("-1", "-2"):
            await self._tell_hang_up_from_failure(verb)
        return reply

    async def _tell_hang_up_from_failure(self, verb: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self.hung_up.wait()
            raise CallerHungUp
        raise AgiFailure(f"{verb}: Asterisk could not do it")

    async def _read_replies(self) -> None:
        try:
            while (text := await self._read_reply()) is not None:
                self._take(text)
        except ValueError:  # a line beyond the reader's limit
            self._broken = "a reply too long to be one"
            self._fail_all(AgiFailure(self._broken))
        except OSError:
            self._end()
        else:
            self._end()

    def _end(self) -> None:
        self.hung_up.set()
        self._ended.set()
        self._fail_all(CallerHungUp())

    def _take(self, text: str) -> None:
        if text == "HANGUP":
            self.hung_up.set()
            self._fail_all(CallerHungUp())
            return
        reply = parse_reply(text)
        if reply is None or not self._unanswered:
            log.warning("AGI line that answers nothing", extra={"length": len(text)})
        elif reply.code != 100 and not (future := self._unanswered.popleft()).done():
            future.set_result(reply)

    async def _read_reply(self) -> str | None:
        text = await self._read_line()
        while text is not None and not is_whole(text):
            more = await self._read_line()
            text = None if more is None else f"{text}\n{more}"
        return text

    async def _read_line(self) -> str | None:
        line: bytes = await self.reader.readline()
        # Asterisk cuts long values in the middle of a letter, so decoding must not be strict.
        # The beginning of a line before the end of the stream is no answer.
        return line[:-1].decode(self.encoding, "replace") if line.endswith(b"\n") else None

    def _fail_all(self, problem: Exception) -> None:
        while self._unanswered:
            future = self._unanswered.popleft()
            if not future.done():
                future.set_exception(problem)

    async def over(self, within: float) -> bool:
        """Wait for Asterisk to end the session."""
        try:
            async with asyncio.timeout(within):
                return await self._ended.wait()
        except TimeoutError:
            return False


async def close_socket(writer: asyncio.StreamWriter) -> None:
    """Close, and do not wait long for a peer that reads nothing."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
            return
    writer.transport.abort()
