"""A provider's HTTP gateway for SMS: one JSON question for a message, one for what became of those that it took.

    POST {url}            {"key", "to": "+79…", "text", "valid_until", "sender"}     Idempotency-Key: {key}
    200, 201, 202, 409    {"id": "…"}
    GET  {url}?status     {"messages": [{"id", "status": "DELIVERED" | "FAILED" | …, "problem"?}]}; told until confirmed
    DELETE {url}?status   {"ids": ["…"]}: they need not be told again

The token goes as `Authorization: Bearer …`. A gateway that speaks otherwise gets a small adapter before it.
"""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPException
from typing import Any

from ivr.notices.delivery import Message, NotTaken, Receipt
from ivr.over_http import Answer, ask, kind_of

MOST_BYTES = 1024 * 1024
REFUSED_FOR_GOOD = frozenset({400, 404, 410, 413, 422})
"""Of this message; what another attempt may mend (a token, the gateway itself) is not among them."""
TAKEN = frozenset({200, 201, 202, 409})
"""409: the gateway has this key already, as our earlier attempt came through."""
GOOD = range(200, 300)
ENDS = {"DELIVERED": True, "FAILED": False}
_TROUBLE = (OSError, HTTPException, ValueError, KeyError, TypeError)
"""Of the line, or an answer that is none."""


class HttpGateway:
    """Implements Gateway."""

    def __init__(self, url: str, *, token: str = "", sender: str = "", seconds: float = 10.0) -> None:
        self._url, self._token, self._sender, self._seconds = url, token, sender, seconds
        self._tls = ssl.create_default_context()

    def send(self, message: Message, now: datetime) -> str | None:
        question = {
            "key": message.key,
            "to": message.address,
            "text": message.text,
            "valid_until": message.expires_at.isoformat(),
            "sender": self._sender,
        }
        with _kind_of_trouble():
            answer = self._asked("POST", self._url, question, {"Idempotency-Key": message.key})
            if answer.status in TAKEN:
                return _id(json.loads(answer.body))
        raise NotTaken(f"HTTP {answer.status}", final=answer.status in REFUSED_FOR_GOOD)

    def receipts(self) -> list[Receipt]:
        with _kind_of_trouble():
            told = json.loads(self._told("GET", self._status_url()))["messages"]
            return [_receipt(one) for one in told if one["status"] in ENDS]

    def kept(self, receipts: list[Receipt]) -> None:
        with _kind_of_trouble():  # it tells them once more
            self._told("DELETE", self._status_url(), {"ids": [one.provider_id for one in receipts]})

    def close(self) -> None: ...

    def _status_url(self) -> str:
        return f"{self._url}{'&' if '?' in self._url else '?'}status"

    def _told(self, method: str, url: str, question: Mapping[str, Any] | None = None) -> bytes:
        answer = self._asked(method, url, question, {})
        if answer.status not in GOOD:
            raise NotTaken(f"HTTP {answer.status}")
        return answer.body

    def _asked(self, method: str, url: str, question: Mapping[str, Any] | None, more: Mapping[str, str]) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **more}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = None if question is None else json.dumps(question).encode()
        return ask(method, url, body, headers, seconds=self._seconds, most_bytes=MOST_BYTES, tls=self._tls)


@contextmanager
def _kind_of_trouble() -> Iterator[None]:
    """Raises NotTaken."""
    try:
        yield
    except _TROUBLE as problem:
        raise NotTaken(f"HTTP: {kind_of(problem)}") from None


def _id(answer: Any) -> str:
    found = answer["id"]
    if not isinstance(found, str | int) or not str(found):
        raise ValueError("an id is a word or a number")
    return str(found)


def _receipt(told: Mapping[str, Any]) -> Receipt:
    problem = told.get("problem")
    return Receipt(_id(told), ENDS[told["status"]], None if problem is None else str(problem)[:200])
