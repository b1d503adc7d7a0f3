"""Asking the adapter of «Идентификация пациента в МО»: one JSON question, a time limit, a circuit breaker.

    POST {url}   {"document": {"kind": "PASSPORT", "series": "6101", "number": "123456"}}
    200          {"person": {"surname", "given_name", "patronymic", "birth_date", "sex", "oms", "snils"}}
                 {"person": null} where nobody has that document

The service itself lies in a closed network and speaks SOAP with signatures; the region's adapter does that.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date
from http.client import HTTPException
from threading import Lock
from time import monotonic
from typing import Any

from ivr import over_http
from ivr.domain.document import IdentityDocument
from ivr.domain.identifiers import OmsNumber, Snils
from ivr.domain.patient import Sex
from ivr.services.egisz import EgiszDown, Person

TIMEOUT = 3.0
"""Seconds: a person stands at the window."""
MOST_BYTES = 64 * 1024
OK = 200


class Breaker:
    """After some failures one after another nobody is asked for a while: the window does not wait each time."""

    def __init__(self, *, failures: int = 3, rest: float = 60.0, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._rest, self._clock = failures, rest, clock
        self._failed = 0
        self._asks_again_at = 0.0
        self._turn = Lock()

    def unless_open(self) -> None:
        """Raise EgiszDown while it rests; afterwards one question at a time tries whether the service is back."""
        with self._turn:
            if self._failed < self._most:
                return
            if self._clock() < self._asks_again_at:
                raise EgiszDown("the service has failed too often and rests")
            self._asks_again_at = self._clock() + self._rest

    def succeeded(self) -> None:
        with self._turn:
            self._failed = 0

    def failed(self) -> None:
        with self._turn:
            self._failed += 1
            self._asks_again_at = self._clock() + self._rest


class EgiszClient:
    """Implements Identification."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT, token: str = "", breaker: Breaker | None = None) -> None:
        self._url, self._timeout, self._token = url, timeout, token
        self._breaker = breaker or Breaker()

    def identify(self, document: IdentityDocument) -> Person | None:
        self._breaker.unless_open()
        question = {"kind": document.kind.value, "series": document.series, "number": document.number}
        try:
            person = _read(self._asked({"document": question}))
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as problem:
            self._breaker.failed()
            raise EgiszDown(over_http.kind_of(problem)) from None
        self._breaker.succeeded()
        return person

    def _asked(self, question: Mapping[str, Any]) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = json.dumps(question).encode()
        answer = over_http.ask("POST", self._url, body, headers, seconds=self._timeout, most_bytes=MOST_BYTES)
        if answer.status != OK:
            raise ValueError(f"HTTP {answer.status}")
        return json.loads(answer.body)


def _read(answer: Any) -> Person | None:
    """Raises KeyError, TypeError or ValueError for an answer that is none."""
    person = answer["person"]
    if person is None:
        return None
    return Person(
        surname=_word(person["surname"]),
        given_name=_word(person["given_name"]),
        patronymic=_word(person["patronymic"]) if person.get("patronymic") else None,
        birth_date=date.fromisoformat(person["birth_date"]),
        sex=Sex(person["sex"]),
        oms=OmsNumber(person["oms"]) if person.get("oms") else None,
        snils=Snils(person["snils"]) if person.get("snils") else None,
    )


def _word(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a name is a word")
    return text.strip()
