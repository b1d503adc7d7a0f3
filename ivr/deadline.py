"""An HTTP exchange that ends in time: the time-out of a socket begins anew with each byte that drips in."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from socket import SHUT_RDWR
from threading import Event, Timer


@contextmanager
def within(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """Break the line after so many seconds, whatever it is busy with. Raises TimeoutError then: what was read by that
    moment may be short, and is nothing."""
    over = Event()

    def cut() -> None:
        over.set()
        if connection.sock is not None:
            with suppress(OSError):  # closed meanwhile
                connection.sock.shutdown(SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if over.is_set():
            raise TimeoutError
