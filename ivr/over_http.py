"""One question by HTTP to one address: no redirect and no proxy is followed, and all of it is over in time.

The time-out of a socket begins anew with each byte that drips in; here the whole exchange has one.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR
from threading import Event, Timer
from urllib.parse import SplitResult, urlsplit, urlunsplit

CONNECT_SECONDS = 3.0


class NotConnected(OSError):
    """Nothing has been asked. Its text is the kind of trouble."""


class Endless(HTTPException):
    """More came than anybody wants to read."""


def kind_of(problem: Exception) -> str:
    """For logs and people: the text of a trouble may repeat what was asked."""
    return str(problem) if isinstance(problem, NotConnected) else type(problem).__name__


@dataclass(frozen=True, slots=True)
class Answer:
    """Whatever the status is, redirects among them."""

    status: int
    body: bytes


def ask(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    seconds: float,
    most_bytes: int,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """`seconds`: until the answer is whole, after CONNECT_SECONDS at most for the connection. `most_bytes` of the body
    are read, none with 0. `tls`: whom to trust by https, None: the machine's own list.

    Raises NotConnected; ValueError for an address that is none; OSError (TimeoutError) and HTTPException (Endless)
    once the question may have been heard.
    """
    where = urlsplit(url)
    with closing(_connection(where, min(CONNECT_SECONDS, seconds), tls)) as connection:
        _connect(connection, seconds)
        with _within(connection, seconds):
            target = urlunsplit(("", "", where.path or "/", where.query, ""))
            connection.request(method, target, body, dict(headers or {}))
            with closing(connection.getresponse()) as answer:
                return Answer(answer.status, _read(answer, most_bytes) if most_bytes else b"")


def _connection(where: SplitResult, seconds: float, tls: ssl.SSLContext | None) -> HTTPConnection:
    if where.scheme not in ("http", "https") or not where.hostname:
        raise ValueError("only http and https are spoken")
    if where.scheme == "http":
        return HTTPConnection(where.hostname, where.port, timeout=seconds)
    return HTTPSConnection(where.hostname, where.port, timeout=seconds, context=tls or ssl.create_default_context())


def _connect(connection: HTTPConnection, seconds: float) -> None:
    try:
        with _within(connection, min(CONNECT_SECONDS, seconds)):
            connection.connect()
    except (OSError, HTTPException) as problem:
        raise NotConnected(type(problem).__name__) from None
    if connection.sock is None:
        raise NotConnected("closed at once")
    connection.sock.settimeout(seconds)


def _read(answer: HTTPResponse, most: int) -> bytes:
    body = answer.read(most + 1)
    if len(body) > most:
        raise Endless("it does not end")
    return body


@contextmanager
def _within(connection: HTTPConnection, seconds: float) -> Iterator[None]:
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
