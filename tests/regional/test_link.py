"""One question to the far end: what has left and what has not, and how long anybody waits."""

import socket
import ssl
import threading
import time
from uuid import uuid4

import pytest

from ivr.fer.messages import GetMOInfoExtendedRequest
from ivr.regional.link import Link, NoAnswer, NotReached, Papers, TurnedDown
from tests.builders import NOW, at
from tests.certificates import self_signed

ASK = GetMOInfoExtendedRequest(uuid4())


def a_link(url: str, **more) -> Link:
    return Link(url, seconds=more.pop("seconds", 5.0), papers=more.pop("papers", Papers()), now=lambda: NOW)


@pytest.fixture
def raw():
    """A server that says what it is given, drop by drop."""
    listening = socket.create_server(("127.0.0.1", 0))
    said: list[bytes] = []
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                line, _ = listening.accept()
            except OSError:
                return
            with line:
                line.recv(65536)
                try:
                    for drop in said:
                        line.sendall(drop)
                        stop.wait(0.05)
                except OSError:
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/er", said
    stop.set()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def test_where_nobody_listens_nothing_has_left(far):
    far.stop()

    with pytest.raises(NotReached):
        a_link(far.url).ask(ASK)


@pytest.mark.parametrize("url", ["http://no.such.host.invalid/", "http://127.0.0.1:1/"])
def test_a_far_end_that_is_not_there_has_heard_nothing(url):
    with pytest.raises(NotReached):
        a_link(url).ask(ASK)


@pytest.mark.parametrize("word", ["drop", "garbage", "fault", "503"])
def test_after_a_question_has_left_nothing_but_an_answer_settles_it(far, word):
    far.will("GetMOInfoExtended", word)

    with pytest.raises(NoAnswer):
        a_link(far.url).ask(ASK)


def test_a_question_that_is_turned_away_at_the_door_was_not_looked_at(far):
    far.will("GetMOInfoExtended", "403")

    with pytest.raises(NotReached, match="403"):
        a_link(far.url).ask(ASK)


def test_a_question_that_the_far_end_calls_wrong_has_done_nothing(far):
    far.will("GetMOInfoExtended", "client_fault")

    with pytest.raises(TurnedDown):
        a_link(far.url).ask(ASK)


def test_a_far_end_that_answers_too_late_is_silent(far):
    far.will("GetMOInfoExtended", "slow_after")

    with pytest.raises(NoAnswer, match="TimeoutError"):
        a_link(far.url, seconds=0.2).ask(ASK)


def test_an_answer_that_trickles_on_for_ever_is_given_up(raw):
    url, said = raw
    said += [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", *[b" "] * 200]
    began = time.monotonic()

    with pytest.raises(NoAnswer, match="TimeoutError"):
        a_link(url, seconds=0.3).ask(ASK)

    assert time.monotonic() - began < 3


def test_a_head_that_trickles_on_for_ever_is_given_up(raw):
    url, said = raw
    said += [b"HTTP/1.1 200 OK\r\n", *[b"X"] * 200]
    began = time.monotonic()

    with pytest.raises(NoAnswer, match="TimeoutError"):
        a_link(url, seconds=0.3).ask(ASK)

    assert time.monotonic() - began < 3


def test_an_answer_without_end_is_not_read_to_its_end(raw):
    url, said = raw
    said += [b"HTTP/1.1 200 OK\r\n\r\n", *[b" " * 200_000] * 5]

    with pytest.raises(NoAnswer, match="does not end"):
        a_link(url).ask(ASK)


def test_a_far_end_that_fails_again_and_again_is_left_alone_for_a_while(far):
    clock = [NOW]
    link = Link(far.url, seconds=5, papers=Papers(), now=lambda: clock[0])
    far.will("GetMOInfoExtended", *["drop"] * 5)
    for _ in range(5):
        with pytest.raises(NoAnswer):
            link.ask(ASK)

    with pytest.raises(NotReached, match="left alone"):
        link.ask(ASK)
    assert len(far.asked) == 5

    clock[0] = NOW.replace(hour=NOW.hour + 1)
    assert link.ask(ASK).error is not None


def test_what_was_asked_and_who_asked_stays_out_of_the_log(near, far, caplog):
    far.slot(at("10:00"))
    patient = near.patient()
    caplog.set_level("DEBUG")
    far.will("CreateAppointment", "garbage")
    with pytest.raises(Exception, match="not told"):
        near.book_nearest(patient)

    told = " ".join(str(record.__dict__) for record in caplog.records)
    assert "CreateAppointment" in told
    for secret in (patient.surname, patient.oms.digits, "1985"):
        assert secret not in told


def test_a_certificate_that_is_not_there_reaches_nobody(tmp_path):
    papers = Papers(tmp_path / "no.pem", tmp_path / "no.key")

    with pytest.raises(NotReached, match="TLS"):
        a_link("https://127.0.0.1:1/", papers=papers).ask(ASK)


def test_mutual_tls_shows_our_certificate_and_believes_only_the_named_authority(far, tmp_path):
    theirs, ours = self_signed(tmp_path / "theirs"), self_signed(tmp_path / "ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*theirs)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ours[0])
    far._server.socket = context.wrap_socket(far._server.socket, server_side=True)
    url = far.url.replace("http://", "https://")

    assert a_link(url, papers=Papers(*ours, theirs[0])).ask(ASK).error is not None
    with pytest.raises(NotReached):
        a_link(url, papers=Papers(*ours, None)).ask(ASK)
    with pytest.raises((NotReached, NoAnswer)):
        a_link(url, papers=Papers(None, None, theirs[0])).ask(ASK)
