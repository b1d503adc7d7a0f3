"""A provider's HTTP gateway for SMS: one JSON question for a message, one for what became of those that it took.

    POST {url}            {"key", "to": "+79…", "text", "valid_until", "sender"}     Idempotency-Key: {key}
    200, 201, 202, 409    {"id": "…"}
    GET  {url}?status     {"messages": [{"id", "status": "DELIVERED" | "FAILED" | …, "problem"?}]}; told until confirmed
    DELETE {url}?status   {"ids": ["…"]}: they need not be told again

The token goes as `Authorization: Bearer …`. A gateway that speaks otherwise gets a small adapter before it.
"""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPException
from typing import Any

from ivr.notices.delivery import Message, NotTaken, Receipt

MOST_BYTES = 1024 * 1024
REFUSED_FOR_GOOD = frozenset({400, 404, 410, 413, 422})
"""Of this message; what another attempt may mend (a token, the gateway itself) is not among them."""
KNOWN_ALREADY = 409
ENDS = {"DELIVERED": True, "FAILED": False}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Token and number go to the address of the settings and nowhere else."""


class HttpGateway:
    """Implements Gateway."""

    def __init__(self, url: str, *, token: str = "", sender: str = "", seconds: float = 10.0) -> None:
        self._url, self._token, self._sender, self._seconds = url, token, sender, seconds
        https = urllib.request.HTTPSHandler(context=ssl.create_default_context())
        self._opener = urllib.request.build_opener(_NoRedirect, https)

    def send(self, message: Message, now: datetime) -> str | None:
        question = {
            "key": message.key,
            "to": message.address,
            "text": message.text,
            "valid_until": message.expires_at.isoformat(),
            "sender": self._sender,
        }
        try:
            return _id(self._asked("POST", self._url, question, {"Idempotency-Key": message.key}))
        except urllib.error.HTTPError as refused:
            with refused:
                return _refused(refused)
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as problem:
            # Only the kind of trouble: its text may repeat the number.
            raise NotTaken(f"HTTP: {type(problem).__name__}") from None

    def receipts(self) -> list[Receipt]:
        try:
            told = self._asked("GET", self._status_url())["messages"]
            return [_receipt(one) for one in told if one["status"] in ENDS]
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as problem:
            raise NotTaken(f"HTTP: {type(problem).__name__}") from None

    def kept(self, receipts: list[Receipt]) -> None:
        try:
            self._asked("DELETE", self._status_url(), {"ids": [one.provider_id for one in receipts]})
        except (OSError, HTTPException, ValueError) as problem:  # it tells them once more
            raise NotTaken(f"HTTP: {type(problem).__name__}") from None

    def close(self) -> None: ...

    def _status_url(self) -> str:
        return f"{self._url}{'&' if '?' in self._url else '?'}status"

    def _asked(
        self, method: str, url: str, question: Mapping[str, Any] | None = None, more: Mapping[str, str] | None = None
    ) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **(more or {})}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = None if question is None else json.dumps(question).encode()
        # The settings let only http and https through.
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310
        with self._opener.open(request, timeout=self._seconds) as answer:
            text = answer.read(MOST_BYTES)
        return json.loads(text) if text else {}


def _id(answer: Any) -> str:
    found = answer["id"]
    if not isinstance(found, str | int) or not str(found):
        raise ValueError("an id is a word or a number")
    return str(found)


def _refused(refused: urllib.error.HTTPError) -> str:
    """Its id where the gateway has this key already: our earlier attempt came through. Raises NotTaken."""
    if refused.code == KNOWN_ALREADY:
        try:
            return _id(json.loads(refused.read(MOST_BYTES)))
        except (OSError, HTTPException, ValueError, KeyError, TypeError):
            pass
    raise NotTaken(f"HTTP {refused.code}", final=refused.code in REFUSED_FOR_GOOD) from None


def _receipt(told: Mapping[str, Any]) -> Receipt:
    problem = told.get("problem")
    return Receipt(_id(told), ENDS[told["status"]], None if problem is None else str(problem)[:200])
