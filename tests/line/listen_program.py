"""A recogniser in a process of its own, with the words of the samples: to be killed, hung and started again.

`python -m tests.line.listen_program PORT` serves until it is ended.
"""

import asyncio
import sys

from ivr.listen.server import ListenConfig, ListenServer
from tests.listen.conftest import TINY, vocabulary

if __name__ == "__main__":
    server = ListenServer(ListenConfig(TINY, port=int(sys.argv[1])), vocabulary)
    asyncio.run(server.run(asyncio.Event()))
