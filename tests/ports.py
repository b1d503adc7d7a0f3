"""Ports for the servers and telephones of the tests."""

import os
import secrets
import socket
from contextlib import ExitStack

_given: set[int] = set()


def free_ports(count: int, kind: int = socket.SOCK_STREAM) -> list[int]:
    """Ports nobody uses now, outside the range that the system gives to clients, never given twice.

    Every worker of the test run draws from a range of its own, so that two cannot draw the same one.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 10_100 + worker % 8 * 2_700
    with ExitStack() as taken:
        ports: list[int] = []
        while len(ports) < count:
            probe = taken.enter_context(socket.socket(socket.AF_INET, kind))
            port = secrets.choice(range(first, first + 2_700))
            if port in _given:
                continue
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
            _given.add(port)
        return ports
