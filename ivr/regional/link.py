"""One question to the far end and its answer: SOAP over HTTP, with a time limit and a circuit breaker.

What matters is whether a question that failed had left this machine: only then may it have been carried out.
"""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from threading import Lock
from time import monotonic

from ivr import over_http
from ivr.domain.pacing import Breaker
from ivr.fer import soap, xml
from ivr.fer.contract import Invalid
from ivr.fer.messages import Request, Response
from ivr.fer.soap import SoapFault
from ivr.fer.xml import MOST_BYTES, BadXml

log = logging.getLogger(__name__)

TURNED_AWAY = frozenset({400, 401, 403, 404, 405, 411, 413, 415, 429})
"""Said at the door: the question was not looked at."""


class NotReached(Exception):
    """The question was not taken; nothing was done."""


class NoAnswer(Exception):
    """The question was taken, and nothing that can be understood came back."""


class TurnedDown(Exception):
    """The far end says that the question itself is wrong; nothing was done."""


@dataclass(frozen=True, slots=True)
class Papers:
    """Files for mutual TLS, PEM; what is None is not needed there."""

    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    """Who has signed the far end's certificate; None: the machine's own list."""


class Link:
    """Implements nothing but the asking; safe for threads."""

    def __init__(
        self, url: str, *, seconds: float, papers: Papers, now: Callable[[], datetime], breaker: Breaker | None = None
    ) -> None:
        self._url = url
        self._seconds = seconds
        self._papers = papers
        self._now = now
        self._breaker = breaker or Breaker()
        self._turn = Lock()

    def ask(self, request: Request) -> Response:
        """Raises NotReached, NoAnswer, TurnedDown. The text of none of them repeats what was asked."""
        operation = type(request).__name__.removesuffix("Request")
        self._unless_resting()
        began, failed, outcome = monotonic(), True, "answered"
        try:
            response = self._asked(operation, soap.write(request))
            failed = False
        except TurnedDown:
            failed, outcome = False, "turned down"
            raise
        except (NotReached, NoAnswer) as problem:
            outcome = f"{type(problem).__name__}: {problem}"
            raise
        finally:
            self._ended(failed=failed)
            told = {"operation": operation, "outcome": outcome, "ms": round((monotonic() - began) * 1000)}
            log.log(logging.WARNING if failed else logging.INFO, "the regional system was asked", extra=told)
        return response

    def _unless_resting(self) -> None:
        with self._turn:
            if not self._breaker.allows(self._now()):
                raise NotReached("it has failed too often and is left alone for a while")
            self._breaker.started()

    def _ended(self, *, failed: bool) -> None:
        with self._turn:
            self._breaker.ended(failed=failed, now=self._now())

    def _asked(self, operation: str, data: bytes) -> Response:
        headers = {"Content-Type": soap.CONTENT_TYPE, "SOAPAction": f'"{operation}"'}
        tls = self._tls() if self._url.startswith("https:") else None
        try:
            answer = over_http.ask(
                "POST", self._url, data, headers, seconds=self._seconds, most_bytes=MOST_BYTES, tls=tls
            )
        except over_http.NotConnected as problem:
            raise NotReached(str(problem)) from None
        except over_http.Endless as problem:
            raise NoAnswer(str(problem)) from None
        except (OSError, HTTPException) as problem:
            raise NoAnswer(type(problem).__name__) from None
        return _read(operation, answer.status, answer.body)

    def _tls(self) -> ssl.SSLContext:
        papers = self._papers
        try:
            context = ssl.create_default_context(cafile=papers.authority)
            if papers.certificate is not None:
                context.load_cert_chain(papers.certificate, papers.key)
        except OSError as problem:  # a certificate that was replaced just now, or is not there
            raise NotReached(f"a file for TLS cannot be used: {type(problem).__name__}") from None
        return context


def _read(operation: str, status: int, data: bytes) -> Response:
    if status in TURNED_AWAY:
        raise NotReached(f"HTTP {status}")
    try:
        return soap.read_response(operation, data)
    except SoapFault as fault:
        if fault.code == "Client" and _is_theirs(data):
            raise TurnedDown("a SOAP fault") from None
        raise NoAnswer(f"a SOAP fault, or no SOAP, HTTP {status}") from None
    except (BadXml, Invalid):
        raise NoAnswer(f"not an answer to {operation}, HTTP {status}") from None


def _is_theirs(data: bytes) -> bool:
    """The far end's own fault: of a page that is no SOAP at all we should say the same ourselves."""
    return xml.parse(data).find(f"{{{soap.SOAP}}}Body/{{{soap.SOAP}}}Fault") is not None
