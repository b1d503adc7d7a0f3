"""The other end of an AGI socket: what Asterisk would answer if the caller followed a transcript."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from ivr.dialogue.line import Utterance
from ivr.dialogue.tape import HANGS_UP, SILENT, heard


class RecordingVoice:
    """Every utterance is one second of silence; remembers what was said."""

    def __init__(self, folder: Path, talk: list[str]) -> None:
        self._sound = folder / "silence"
        self._sound.with_suffix(".alaw").write_bytes(b"\xd5" * 8000)
        self._talk = talk

    async def sounds(self, utterance: Utterance) -> list[Path]:
        self._talk.append(heard(utterance))
        return [self._sound]

    def prepare(self, utterances: Sequence[Utterance]) -> None:
        pass


class Exchange:
    """Speaks AGI as Asterisk 22 does with AGIEXITONHANGUP=yes."""

    def __init__(self, keyed: Sequence[str], talk: list[str], *, waiting: int = 0) -> None:
        self.talk = talk
        self.variables: dict[str, str] = {}
        self._keyed = iter(keyed)
        self._rest = ""
        self._waiting = waiting

    async def call(self, port: int, *, route: str, caller: str | None, key: str, secret: str = "") -> None:
        """Place the call and answer commands until the program or the caller ends it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        headers = {"agi_network": "yes", "agi_network_script": f"{route}?{secret}", "agi_arg_1": key}
        headers["agi_callerid"] = caller or "unknown"
        writer.write("".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n")
        try:
            while line := (await reader.readline()).decode().rstrip("\n"):
                answer = self._answer(line)
                if answer is None:
                    writer.write(b"200 result=-1\nHANGUP\n")
                    break
                writer.write(answer.encode() + b"\n")
        finally:
            writer.close()
            await writer.wait_closed()

    def _answer(self, line: str) -> str | None:
        verb, _, rest = line.partition(" ")
        if verb == "SET":
            name, value = re.fullmatch(r'VARIABLE "?([^" ]+)"? "?([^"]*)"?', rest).groups()
            self.variables[name] = value
            return "200 result=1"
        if verb == "GET":
            return f"200 result=1 ({self._value(rest)})"
        if "Read" in rest:
            return self._read(rest)
        return "200 result=0"

    def _value(self, expression: str) -> str:
        if "QUEUE_WAITING_COUNT" in expression:
            return str(self._waiting)
        if "PLAYBACKSTATUS" in expression:
            return "SUCCESS"
        return f"{self.variables['READSTATUS']}:{self.variables['IVR_KEYS']}"

    def _read(self, rest: str) -> str | None:
        files, longest = re.search(r"IVR_KEYS,([^,]*),(\d+)", rest).groups()
        if files:
            done = next(self._keyed, HANGS_UP)
            self.talk.append(f"<< {done}")
            if done == HANGS_UP:
                return None
            self._rest = "" if done == SILENT else done.replace(" ", "")
        return self._collected(int(longest))

    def _collected(self, longest: int) -> str:
        body, ended, _ = self._rest[: longest + 1].partition("#")
        keys = body[:longest]
        self._rest = self._rest[len(keys) :]
        if ended and len(body) < longest + 1 and not self._rest.strip("#"):
            self._rest = "" if len(keys) < longest else self._rest
        full = len(keys) == longest
        self.variables["IVR_KEYS"] = keys
        self.variables["READSTATUS"] = "OK" if full or ended else "TIMEOUT"
        return "200 result=0"
