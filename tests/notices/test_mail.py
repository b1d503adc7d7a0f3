"""Letters through a real SMTP server; their calendar is read by a library that did not write it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from ical.calendar_stream import IcsCalendarStream

from ivr.notices.delivery import Event, Message, NotTaken
from ivr.notices.mail import Mail, MailServer, Tls
from tests.certificates import certified
from tests.ports import free_ports

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
VISIT = NOW + timedelta(days=2)


class Postbox:
    """What aiosmtpd does with letters."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"
        self.recipient_answer = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def port(postbox: Postbox) -> Iterator[int]:
    yield from _served(postbox)


def _served(postbox: Postbox, **options: Any) -> Iterator[int]:
    controller = Controller(postbox, hostname="127.0.0.1", port=free_ports(1)[0], **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _server(port: int, tls: Tls = "none") -> MailServer:
    return MailServer("127.0.0.1", port, "talon@rb.example", "Спасская РБ", tls=tls, seconds=5)


def _message(**other: Any) -> Message:
    event = Event("visit-7@rb.example", 3, VISIT, timedelta(minutes=15), "каб. 21")
    values = {"key": "booked-7", "address": "anna@example.org", "text": "Запись: 25.11 12:00", "event": event, **other}
    return Message(expires_at=VISIT, **values)


def _calendar(letter: EmailMessage) -> tuple[Any, str]:
    [part] = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    return IcsCalendarStream.calendar_from_ics(part.get_content()), part["Content-Type"].params["method"]


def test_a_letter_brings_the_words_and_the_visit_for_the_calendar(port: int, postbox: Postbox) -> None:
    Mail(_server(port)).send(_message(), NOW)

    [letter] = postbox.letters
    calendar, method = _calendar(letter)
    assert letter["To"] == "anna@example.org"
    assert "Запись: 25.11 12:00" in letter.get_body(("plain",)).get_content()
    assert method == calendar.method == "PUBLISH"
    [event] = calendar.events
    assert (event.uid, event.sequence, event.location) == ("visit-7@rb.example", 3, "каб. 21")
    assert event.start_datetime == VISIT
    assert event.end == VISIT + timedelta(minutes=15)


def test_a_cancelled_visit_is_taken_out_of_the_calendar(port: int, postbox: Postbox) -> None:
    event = Event("visit-7@rb.example", 9, VISIT, timedelta(minutes=15), "каб. 21", cancelled=True)

    Mail(_server(port)).send(_message(key="cancelled-7", event=event), NOW)

    calendar, method = _calendar(postbox.letters[0])
    assert method == calendar.method == "CANCEL"
    assert (calendar.events[0].uid, calendar.events[0].sequence) == ("visit-7@rb.example", 9)
    assert calendar.events[0].status == "CANCELLED"


def test_a_second_attempt_has_the_same_message_id(port: int, postbox: Postbox) -> None:
    mail = Mail(_server(port))

    first, second = mail.send(_message(), NOW), mail.send(_message(), NOW + timedelta(minutes=5))

    assert first == second == "<booked-7@rb.example>"
    assert {str(letter["Message-ID"]) for letter in postbox.letters} == {first}


@pytest.mark.parametrize(("answer", "final"), [("451 later", False), ("550 no such person", True)])
def test_only_a_refusal_for_good_ends_the_attempts(port: int, postbox: Postbox, answer: str, final: bool) -> None:
    postbox.recipient_answer = answer

    with pytest.raises(NotTaken) as told:
        Mail(_server(port)).send(_message(), NOW)

    assert told.value.final is final
    assert "anna" not in str(told.value)


@pytest.mark.parametrize(("answer", "final"), [("452 full", False), ("554 spam", True)])
def test_a_letter_that_is_refused_after_its_text_is_told_alike(
    port: int, postbox: Postbox, answer: str, final: bool
) -> None:
    postbox.answer = answer

    with pytest.raises(NotTaken) as told:
        Mail(_server(port)).send(_message(), NOW)

    assert told.value.final is final


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with pytest.raises(NotTaken) as told:
        Mail(_server(9)).send(_message(), NOW)

    assert not told.value.final


@pytest.mark.parametrize("address", ["a@b.example\r\nBcc: c@d.example", "nobody", "a@b.example, c@d.example"])
def test_an_address_that_is_none_adds_neither_headers_nor_readers(port: int, postbox: Postbox, address: str) -> None:
    with pytest.raises(NotTaken) as told:
        Mail(_server(port)).send(_message(address=address), NOW)

    assert told.value.final
    assert not postbox.letters


def test_with_starttls_a_server_without_it_gets_no_letter(port: int, postbox: Postbox) -> None:
    with pytest.raises(NotTaken):
        Mail(_server(port, "starttls")).send(_message(), NOW)

    assert not postbox.letters


def test_starttls_needs_a_certificate_that_is_trusted(postbox: Postbox, tmp_path: Path) -> None:
    serving, trusting = certified(tmp_path)
    for port in _served(postbox, tls_context=serving, require_starttls=True):
        with pytest.raises(NotTaken):
            Mail(_server(port, "starttls")).send(_message(), NOW)
        Mail(_server(port, "starttls"), context=lambda: trusting).send(_message(), NOW)

    assert len(postbox.letters) == 1
