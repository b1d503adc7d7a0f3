"""The HTTP gateway against a real HTTP server that keeps its messages by key."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from ivr.notices.delivery import Message, NotTaken, Receipt
from ivr.notices.http_gateway import HttpGateway
from tests.drip import dripping

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MESSAGE = Message("reminder-7", "+79001234567", "Завтра приём в 09:30", NOW + timedelta(days=1))


class Provider(ThreadingHTTPServer):
    """Takes a key once; tells each end until it is confirmed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.taken: dict[str, dict[str, Any]] = {}
        self.ends: dict[str, dict[str, str]] = {}
        self.answer: tuple[int, bytes, dict[str, str]] | None = None
        self.tokens: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/sms"


class _Asked(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.tokens.append(self.headers["Authorization"])
        if self.server.answer is not None:
            self._send(*self.server.answer)
            return
        key = self.headers["Idempotency-Key"]
        known = key in self.server.taken
        self.server.taken.setdefault(key, question)
        self._send(409 if known else 202, json.dumps({"id": f"id-{key}"}).encode())

    def do_GET(self) -> None:
        self._send(200, json.dumps({"messages": list(self.server.ends.values())}).encode())

    def do_DELETE(self) -> None:
        for told in json.loads(self.rfile.read(int(self.headers["Content-Length"])))["ids"]:
            self.server.ends.pop(told, None)
        self._send(204, b"")

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_message_goes_once_however_often_it_is_tried(provider: Provider) -> None:
    gateway = HttpGateway(provider.url, token="secret", sender="RB")

    first, second = gateway.send(MESSAGE, NOW), gateway.send(MESSAGE, NOW)

    assert first == second == "id-reminder-7"
    [taken] = provider.taken.values()
    assert (taken["to"], taken["text"], taken["sender"]) == ("+79001234567", "Завтра приём в 09:30", "RB")
    assert set(provider.tokens) == {"Bearer secret"}


@pytest.mark.parametrize(
    ("status", "body", "final"),
    [
        (422, b"{}", True),
        (401, b"{}", False),
        (429, b"{}", False),
        (503, b"", False),
        (200, b"<html>", False),
        (200, b"{}", False),
        (200, b"[]", False),
        (409, b"{}", False),
    ],
)
def test_only_a_refusal_of_the_message_itself_is_for_good(
    provider: Provider, status: int, body: bytes, final: bool
) -> None:
    provider.answer = (status, body, {})

    with pytest.raises(NotTaken) as told:
        HttpGateway(provider.url).send(MESSAGE, NOW)

    assert told.value.final is final
    assert "9001234567" not in str(told.value)


def test_a_gateway_that_points_elsewhere_is_not_followed(provider: Provider) -> None:
    provider.answer = (302, b"", {"Location": f"{provider.url}/elsewhere"})

    with pytest.raises(NotTaken, match="302"):
        HttpGateway(provider.url, token="secret").send(MESSAGE, NOW)

    assert len(provider.tokens) == 1


def test_a_gateway_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(NotTaken) as told:
        HttpGateway("http://127.0.0.1:9/sms", seconds=1).send(MESSAGE, NOW)

    assert not told.value.final


def test_a_gateway_whose_answer_drips_is_left_in_time() -> None:
    began = time.monotonic()

    with dripping() as url, pytest.raises(NotTaken, match="TimeoutError"):
        HttpGateway(url, seconds=0.3).send(MESSAGE, NOW)

    assert time.monotonic() - began < 3


def test_an_end_is_told_until_it_is_kept(provider: Provider) -> None:
    provider.ends = {
        "a": {"id": "a", "status": "DELIVERED"},
        "b": {"id": "b", "status": "FAILED", "problem": "absent"},
        "c": {"id": "c", "status": "ON_ITS_WAY"},
    }
    gateway = HttpGateway(provider.url)

    told = gateway.receipts()

    assert told == gateway.receipts() == [Receipt("a", True), Receipt("b", False, "absent")]
    gateway.kept(told)
    assert gateway.receipts() == []
