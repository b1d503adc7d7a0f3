"""The body of `ivr phone` at moments of choice: real server, stories, voice and SQLite; only the clock is set.

`python -m tests.sip.phone_program` reads one line of JSON: {"sounds": folder, "worlds": [{"database": url,
"agi_port": port, "at": ISO moment}, ...]}; writes "ready" and serves until its input ends.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ivr.data import load_calendar, load_hospital
from ivr.desk import StoredJournal, ThreadDesk
from ivr.dialogue import inbound, queue
from ivr.dialogue.call import Call, Story
from ivr.dialogue.endings import conduct
from ivr.dialogue.menus import load_menus
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.domain.rules import Rules
from ivr.phone.agi_line import AgiLine
from ivr.phone.caller import Caller
from ivr.phone.config import PROJECT, PhoneConfig
from ivr.phone.server import PhoneServer
from ivr.services import calls
from ivr.speech.lexicon import Lexicon
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.sounds import Voice, VoiceConfig
from ivr.speech.voice.settings import choices
from ivr.storage.engine import open_engine
from ivr.storage.work import SqlWork

STORIES = {"inbound": inbound.answer, "callback": queue.callback, "unserved": queue.unserved}
RHVOICE = PROJECT / "build" / "rhvoice" / "root"


def the_voice(sounds: Path) -> Voice:
    """The voice that this machine has, its sounds kept in a folder."""
    return Voice(choices(rhvoice=RHVOICE), Lexicon.load(), VoiceConfig(sounds))


def clock_at(at: datetime) -> Callable[[], datetime]:
    """A clock that shows `at` now and goes on from there."""
    ahead = at - datetime.now(UTC)
    return lambda: datetime.now(UTC) + ahead


class Host:
    """Answers calls in one hospital."""

    def __init__(self, voice: Voice, database: str, at: datetime, executor: Executor) -> None:
        engine = open_engine(database)
        self._voice = voice
        self._phrasebook = Phrasebook.load()
        self._menus = load_menus(PROJECT / "prompts" / "menus.ru.toml")
        self._desk = ThreadDesk(
            new_work=lambda: SqlWork(engine),
            rules=Rules(calendar=load_calendar()),
            hospital=load_hospital(),
            executor=executor,
            clock=clock_at(at),
        )

    def stories(self) -> dict[str, Any]:
        """For PhoneServer."""
        return {name: self._telling(name, story) for name, story in STORIES.items()}

    def _telling(self, name: str, story: Story) -> Any:
        async def tell(line: AgiLine, caller: Caller, call_key: str) -> None:
            number = _number(caller)
            if name == "inbound":
                await self._desk.do(calls.begin, call_key=call_key, caller=number, line=name, now=self._desk.now())
            with self._voice.private(call_key):
                await conduct(self._call(line, number, call_key), story)

        return tell

    def _call(self, line: AgiLine, number: PhoneNumber | None, call_key: str) -> Call:
        return Call(
            line=line,
            phrasebook=self._phrasebook,
            menus=self._menus,
            desk=self._desk,
            journal=StoredJournal(self._desk, call_key),
            key=call_key,
            caller=number,
        )


def _number(caller: Caller) -> PhoneNumber | None:
    try:
        return PhoneNumber.parse(caller.number) if caller.number else None
    except BadNumber:
        return None


async def serve(wanted: dict[str, Any]) -> None:
    """Run every world until the input ends."""
    voice = the_voice(Path(wanted["sounds"]))
    await voice.start()
    async with AsyncExitStack() as ends:
        ends.push_async_callback(voice.close)
        executor = ends.enter_context(ThreadPoolExecutor(8))
        for world in wanted["worlds"]:
            host = Host(voice, world["database"], datetime.fromisoformat(world["at"]), executor)
            config = PhoneConfig(folder=Path(), demo_secret="", ami_secret="", agi_port=world["agi_port"])
            server = PhoneServer(config, voice, host.stories())
            await server.start()
            ends.push_async_callback(server.close)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.readline())))
