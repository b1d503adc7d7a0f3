"""`ivr listen`: the recogniser, for an Asterisk on this machine or another."""

import asyncio
import contextlib
import logging
import os
import signal

from ivr import bootstrap
from ivr.commands.orphan import stop_without
from ivr.listen.models import is_synthetic
from ivr.listen.question import Vocabulary
from ivr.listen.server import ListenConfig, ListenServer
from ivr.settings import Settings

log = logging.getLogger(__name__)


def listen_config_of(settings: Settings) -> ListenConfig:
    return ListenConfig(
        model=settings.speech_model,
        host=settings.listen.host,
        port=settings.listen.port,
        workers=settings.listen.workers or len(os.sched_getaffinity(0)),
    )


def serve(settings: Settings, vocabulary: Vocabulary | None = None, *, parent: int | None = None) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP, or until the parent is gone. Raises ListenTrouble, BadMenu, BadWording."""
    words = vocabulary or bootstrap.HospitalVocabulary(settings)
    asyncio.run(_serve(ListenServer(listen_config_of(settings), words), parent, settings))


async def _serve(server: ListenServer, parent: int | None, settings: Settings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    if is_synthetic(settings.speech_model):
        log.warning("this speech model understands synthetic voices only; for people: ivr models install small")
    watch = asyncio.create_task(stop_without(parent, stopping)) if parent is not None else None
    try:
        await server.run(stopping)
    finally:
        if watch:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
