"""A recogniser in a process of its own: `python -m bench.listening MODEL PORT WORKERS`."""

import asyncio
import signal
import sys
from pathlib import Path

from ivr.listen.server import ListenConfig, ListenServer
from tests.listen.far_asterisk import GRAMMARS


async def _serve(model: Path, port: int, workers: int) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    config = ListenConfig(model, port=port, workers=workers)
    await ListenServer(config, lambda step: GRAMMARS[step]).run(stopping)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
