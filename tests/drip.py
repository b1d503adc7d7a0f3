"""A server that never comes to the end of its answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def dripping() -> Iterator[str]:
    """Its address; after each letter it lets a socket's time-out begin anew."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 ")
            with suppress(OSError):
                while not over.wait(0.05):
                    self.wfile.write(b"O")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/drips"
    over.set()
    server.shutdown()
    server.server_close()
