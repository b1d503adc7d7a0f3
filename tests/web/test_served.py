"""What the tests' own web server must do as gunicorn does."""

import gc
import socket
import struct
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]
AT_ONCE = struct.pack("ii", 1, 0)
BIG = "/static/vendor/jssip-3.13.8/jssip.mjs"


def test_a_browser_that_goes_away_in_the_midst_of_a_file_leaves_none_open(served):
    where = urlsplit(served.address)
    assert where.hostname
    assert where.port
    for _ in range(20):
        with socket.create_connection((where.hostname, where.port)) as browser:
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            browser.sendall(f"GET {BIG} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
            browser.recv(10)
    gc.collect()  # a file left open is told of here, and fails the run
