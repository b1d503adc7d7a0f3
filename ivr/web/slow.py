"""Whoever does not send his request, does not take its answer or does not go, in time: he keeps nobody else waiting.

A thread waits for him meanwhile, and they are counted: without an end to it a few strangers, or machines whose network
was cut, would have them all.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

LOOKS = 1.0
"""Seconds between two looks."""


class Patience:
    """Connections whose requests are being read or answered, and since when."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[Any, float] = {}

    def keep(self, worker: Any) -> None:
        """A worker of gunicorn with threads, before it takes connections."""
        for listener in worker.sockets:  # connections inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._seconds * 1000))
        worker.handle = self._timed(worker.handle)
        threading.Thread(target=self._watch, name="slow clients", daemon=True).start()

    def _timed(self, handle: Callable[[Any], object]) -> Callable[[Any], object]:
        def handled(connection: Any) -> object:
            self._since[connection] = time.monotonic()
            try:
                goes_on = handle(connection)
                if not goes_on:
                    _part(connection)
                return goes_on
            finally:
                self._since.pop(connection, None)

        return handled

    def _watch(self) -> None:
        while True:
            time.sleep(LOOKS)
            for connection, since in list(self._since.items()):
                if time.monotonic() - since > self._seconds:
                    _hear_no_more(connection.sock)


def _part(connection: Any) -> None:
    """Wait for his farewell here: the worker itself would wait for it in the one thread that takes new connections."""
    connection.close(graceful=True)
    connection.close = lambda graceful=False: None


def _hear_no_more(connection: socket.socket) -> None:
    """Whoever reads from it finds its end; what is written, such as a stream of events, still goes out."""
    with suppress(OSError):  # closed meanwhile
        socket.socket.shutdown(connection, socket.SHUT_RD)  # not that of TLS, which would end the writing, too
