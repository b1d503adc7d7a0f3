"""The body of `ivr phone` for several hospitals at once, each with its own settings and its clock set.

`python -m tests.sip.phone_program` reads one line of JSON, [{"settings": {...}, "at": ISO moment}, ...], writes "ready"
and serves until its input ends. Everything but the clock is what the settings would build.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ivr.bootstrap import House, phone_stories, voice_of
from ivr.phone.config import PhoneConfig
from ivr.phone.recogniser import Recogniser
from ivr.phone.server import PhoneServer
from ivr.settings import Settings


def clock_at(at: datetime) -> Callable[[], datetime]:
    """A clock that shows `at` now and goes on from there."""
    ahead = at - datetime.now(UTC)
    return lambda: datetime.now(UTC) + ahead


async def serve(worlds: list[dict[str, Any]]) -> None:
    """Run every world until the input ends; they share a voice, as calls do."""
    voice = voice_of(Settings(**worlds[0]["settings"]))
    await voice.start()
    async with AsyncExitStack() as ends:
        ends.push_async_callback(voice.close)
        for world in worlds:
            settings = Settings(**world["settings"])
            house = House(settings, clock=clock_at(datetime.fromisoformat(world["at"])))
            ends.callback(house.close)
            config = PhoneConfig(folder=Path(), demo_secret="", ami_secret="", agi_port=settings.agi.port)
            ears = Recogniser(settings.listen.host, settings.listen.port) if settings.listen.enabled else None
            server = PhoneServer(config, voice, phone_stories(house, voice), recogniser=ears)
            await server.start()
            ends.push_async_callback(server.close)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.readline())))
