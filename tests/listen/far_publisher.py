"""A web server that publishes models: with Range, and with every trouble of a long download."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Publisher:
    """What is published, and how badly."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut_after: list[int] = []
        """Each answer ends after the next of these, however much was promised."""
        self.knows_ranges = True
        self.busy = 0
        """So many answers are 503."""
        self.asked: list[str] = []
        """The Range of every request."""
        self.url = ""


@contextmanager
def publishing() -> Iterator[Publisher]:
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked.append(self.headers.get("Range", ""))
            data = publisher.files.get(self.path)
            if publisher.busy:
                publisher.busy -= 1
                self.send_error(503)
            elif data is None:
                self.send_error(404)
            else:
                self._give(data)

        def _give(self, data: bytes) -> None:
            begin = int(publisher.asked[-1].removeprefix("bytes=").rstrip("-") or 0) if publisher.knows_ranges else 0
            if begin >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(data) - begin))
            self.end_headers()
            cut = publisher.cut_after.pop(0) if publisher.cut_after else len(data)
            self.wfile.write(data[begin : begin + cut])
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        publisher.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield publisher
        finally:
            server.shutdown()
            thread.join()
