"""The site's server itself: whoever is slow on purpose, or cut off, keeps nobody else waiting."""

import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection

import pytest

from tests.certificates import self_signed
from tests.ports import free_ports

THREADS = 3
SERVER = """
import sys, time
from pathlib import Path
from flask import Flask, Response, request
from ivr.web.server import Listening, Server

app = Flask("slow")
app.add_url_rule("/", "page", lambda: "here")
app.add_url_rule("/body", "body", lambda: str(len(request.get_data())), methods=["POST"])
app.add_url_rule("/big", "big", lambda: b"x" * 30_000_000)
app.add_url_rule("/stream", "stream", lambda: Response(time.sleep(0.5) or f"{n};" for n in range(5)))
files = [Path(name) for name in sys.argv[2:]]
Server(Listening("127.0.0.1", int(sys.argv[1]), 3, *files, patience=1), lambda: (app, lambda: None)).run()
"""


@pytest.fixture(scope="module", params=["http", "https"])
def site(request, tmp_path_factory) -> Iterator[str]:
    """The address of a server with three threads and a second's patience."""
    (port,) = free_ports(1)
    files = self_signed(tmp_path_factory.mktemp("tls")) if request.param == "https" else ()
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port), *map(str, files)])
    address = f"{request.param}://127.0.0.1:{port}"
    _until_it_answers(address)
    yield address
    server.send_signal(signal.SIGTERM)
    server.wait(10)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HT",
        b"POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n<",
        b"GET /big HTTP/1.1\r\nHost: here\r\n\r\n",  # and takes no answer
    ],
    ids=["half a head", "half a body", "no answer taken"],
)
def test_clients_that_stop_in_the_midst_of_it_free_their_threads(site: str, sent: bytes):
    slow = [_connection(site) for _ in range(2 * THREADS)]
    for each in slow:
        each.sendall(sent)

    _until_it_answers(site)

    for each in slow:
        each.close()


def test_a_client_that_drips_is_heard_no_longer(site: str):
    with _connection(site) as slow:
        slow.sendall(b"POST /body HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n")
        began = time.monotonic()
        with pytest.raises(OSError):  # reset or broken, by when it is noticed
            while time.monotonic() - began < 10:
                slow.sendall(b"<")
                time.sleep(0.2)


def test_clients_that_have_their_answer_and_do_not_go_keep_nobody_waiting(site: str):
    staying = [_connection(site) for _ in range(2 * THREADS)]
    for each in staying:
        each.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    began = time.monotonic()

    _until_it_answers(site)

    assert time.monotonic() - began < 2 * THREADS  # they are waited for side by side, two seconds each
    for each in staying:
        each.close()


def test_a_stream_that_lasts_longer_is_not_cut(site: str):
    assert _page(site, "/stream", 10) == b"0;1;2;3;4;"


def _until_it_answers(address: str) -> None:
    """Within ten seconds."""
    for left in reversed(range(10)):
        try:
            assert _page(address, "/", 1) == b"here"
        except OSError:
            if not left:
                raise
            time.sleep(0.3)
        else:
            return


def _page(address: str, path: str, seconds: float) -> bytes:
    where = address.partition("://")[2]
    https = address.startswith("https")
    plain = HTTPConnection(where, timeout=seconds)
    server = HTTPSConnection(where, timeout=seconds, context=_trusting()) if https else plain
    with closing(server):
        server.request("GET", path)
        return server.getresponse().read()


def _connection(address: str) -> socket.socket:
    kind, _, port = address.partition("://127.0.0.1:")
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", int(port)))
    return _trusting().wrap_socket(plain) if kind == "https" else plain


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
