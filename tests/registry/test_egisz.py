"""The identification service asked over real HTTP: it answers, knows nobody, is silent, is gone (S2.2)."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from ivr.domain.document import DocumentKind, IdentityDocument
from ivr.egisz.client import Breaker, EgiszClient
from ivr.services import egisz
from ivr.services.egisz import EgiszDown, Means
from tests.builders import NOW, an_oms
from tests.drip import dripping

PASSPORT = IdentityDocument(DocumentKind.PASSPORT, "6101", "123456")
ANNA = {
    "surname": "Тестова",
    "given_name": "Анна",
    "patronymic": "Ивановна",
    "birth_date": "1985-03-12",
    "sex": "F",
    "oms": an_oms(500).digits,
    "snils": None,
}


@contextmanager
def service(answer: Callable[[Any], bytes | str]) -> Iterator[tuple[str, list[Any]]]:
    """An adapter on loopback, who answers or (a string) points elsewhere; its address and what it was asked."""
    asked: list[Any] = []

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # so comes who follows
            asked.append(self.path)

        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            said = answer(asked[-1])
            body = said if isinstance(said, bytes) else b""
            self.send_response(302 if isinstance(said, str) else 200 if body else 500)
            if isinstance(said, str):
                self.send_header("Location", said)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/identify", asked
        finally:
            server.shutdown()
            thread.join()


def says(person: Any) -> Callable[[Any], bytes]:
    return lambda _: json.dumps({"person": person}).encode()


def by_document(work, client):
    return egisz.by_document(work, client, PASSPORT, who="user:7", now=NOW)


def test_s2_2_the_service_names_the_patient_of_a_document(new_work, clinic):
    patient = clinic.patient(oms=an_oms(500))

    with service(says(ANNA)) as (url, asked):
        found = by_document(new_work(), EgiszClient(url))

    assert (found.patients, found.means) == ((patient,), Means.EGISZ)
    assert asked == [{"document": {"kind": "PASSPORT", "series": "6101", "number": "123456"}}]
    assert [row.detail for row in clinic.rows("audit")] == [{"by": "document", "means": "EGISZ", "found": [patient.id]}]


def test_a_person_whom_only_the_service_knows_can_be_put_on_the_register(new_work):
    with service(says(ANNA)) as (url, _):
        found = by_document(new_work(), EgiszClient(url))

    assert found.patients == ()
    assert found.person is not None
    assert (found.person.surname, found.person.oms) == ("Тестова", an_oms(500))


def test_a_card_with_the_number_and_another_birth_date_is_not_the_person(new_work, clinic):
    clinic.patient(oms=an_oms(500))

    with service(says(ANNA | {"birth_date": "1990-01-01"})) as (url, _):
        assert by_document(new_work(), EgiszClient(url)).patients == ()


@pytest.fixture
def documented(clinic, new_work):
    patient = clinic.patient()
    with new_work() as work:
        work.patients.add_document(patient.id, PASSPORT)
        work.commit()
    return patient


def test_s2_2_without_a_service_the_own_register_is_searched_and_the_result_says_so(new_work, documented):
    found = by_document(new_work(), None)

    assert (found.patients, found.means) == ((documented,), Means.LOCAL_NO_SERVICE)


def test_s2_2_a_service_that_is_down_is_replaced_by_the_own_register_and_the_result_says_so(new_work, documented):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        found = by_document(new_work(), EgiszClient(f"http://127.0.0.1:{silent.getsockname()[1]}/"))

    assert (found.patients, found.means) == ((documented,), Means.LOCAL_SERVICE_DOWN)


def test_a_person_unknown_to_the_service_may_be_known_to_us(new_work, documented):
    with service(says(None)) as (url, _):
        found = by_document(new_work(), EgiszClient(url))

    assert (found.patients, found.means) == ((documented,), Means.LOCAL)


def test_a_service_that_says_nothing_costs_no_more_than_the_time_limit(new_work, documented):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        client = EgiszClient(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)

        assert by_document(new_work(), client).means is Means.LOCAL_SERVICE_DOWN


def test_a_service_whose_answer_drips_costs_no_more_than_the_time_limit():
    began = time.monotonic()

    with dripping() as url, pytest.raises(EgiszDown, match="TimeoutError"):
        EgiszClient(url, timeout=0.3).identify(PASSPORT)

    assert time.monotonic() - began < 3


def test_a_service_that_points_elsewhere_is_not_followed_with_the_document_and_the_token():
    with service(says(ANNA)) as (elsewhere, asked), service(lambda _: elsewhere) as (url, _), pytest.raises(EgiszDown):
        EgiszClient(url, token="secret").identify(PASSPORT)

    assert asked == []


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"person": {"surname": 1}}', b'{"person": []}'])
def test_an_answer_that_nobody_understands_is_no_answer(answer):
    with service(lambda _: answer) as (url, _), pytest.raises(EgiszDown):
        EgiszClient(url).identify(PASSPORT)


def test_a_service_that_fails_three_times_is_left_alone_for_a_minute():
    clock = [0.0]
    good: list[bytes] = []
    with service(lambda _: good[0] if good else b"") as (url, asked):
        client = EgiszClient(url, breaker=Breaker(clock=lambda: clock[0]))
        for _ in range(5):
            with pytest.raises(EgiszDown):
                client.identify(PASSPORT)
        assert len(asked) == 3

        clock[0] = 61.0
        good.append(json.dumps({"person": None}).encode())

        assert client.identify(PASSPORT) is None
        assert client.identify(PASSPORT) is None
        assert len(asked) == 5
