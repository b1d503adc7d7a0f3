"""A child of `ivr up` ends with it: a process that was killed cannot tell its children."""

import asyncio
import logging
import os

log = logging.getLogger(__name__)


async def stop_without(parent: int, stopping: asyncio.Event) -> None:
    """Set `stopping` when the parent is gone, so that the next one finds the port free."""
    while os.getppid() == parent:  # noqa: ASYNC110 - the system has no event for it
        await asyncio.sleep(1)
    log.error("ivr up is gone, ending too")
    stopping.set()
