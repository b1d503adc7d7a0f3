"""E-mail by SMTP, with the visit for the patient's calendar beside the words (S1.7, S3.5; RFC 5545, 5546)."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Literal

from icalendar import Calendar, vCalAddress
from icalendar import Event as CalendarEvent

from ivr.notices.delivery import Event, Message, NotTaken, Receipt

Tls = Literal["tls", "starttls", "none"]
BUSY_OR_OURS = range(400, 500)
PRODUCT = "-//IVR//Booking//RU"


@dataclass(frozen=True, slots=True)
class MailServer:
    """How to reach it, and in whose name."""

    host: str
    port: int
    sender: str
    hospital: str
    user: str = ""
    password: str = ""
    tls: Tls = "starttls"
    seconds: float = 20.0

    def __repr__(self) -> str:
        return f"MailServer({self.host!r}, {self.port})"


class Mail:
    """Implements Gateway; a connection for each message, as they are few."""

    def __init__(self, server: MailServer, *, context: Callable[[], ssl.SSLContext] = ssl.create_default_context):
        self._server, self._context = server, context

    def send(self, message: Message, now: datetime) -> str | None:
        try:
            letter = letter_of(message, self._server, now)
        except ValueError:
            raise NotTaken("the address cannot be written in a letter", final=True) from None
        try:
            with self._connected() as smtp:
                smtp.send_message(letter)
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            raise NotTaken(f"SMTP {code}: recipient refused", final=code not in BUSY_OR_OURS) from None
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as refused:
            # Wrong settings are no fault of this message.
            raise NotTaken(f"SMTP {refused.smtp_code}: {type(refused).__name__}") from None
        except smtplib.SMTPDataError as refused:
            final = refused.smtp_code not in BUSY_OR_OURS
            raise NotTaken(f"SMTP {refused.smtp_code}: letter refused", final=final) from None
        except (smtplib.SMTPException, OSError) as problem:
            raise NotTaken(f"SMTP: {type(problem).__name__}") from None
        return str(letter["Message-ID"])

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        smtp: smtplib.SMTP
        if server.tls == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=server.seconds, context=self._context())
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.seconds)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=self._context())
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def receipts(self) -> list[Receipt]:
        """SMTP tells nothing later that could be trusted."""
        return []

    def kept(self, receipts: list[Receipt]) -> None: ...

    def close(self) -> None: ...


def letter_of(message: Message, server: MailServer, now: datetime) -> EmailMessage:
    """The same Message-ID at each attempt: a server that has it already drops the second one. Raises ValueError."""
    if parseaddr(message.address)[1] != message.address or "@" not in message.address:
        raise ValueError("not an e-mail address")
    sender = parseaddr(server.sender)[1]
    letter = EmailMessage()
    letter["From"], letter["To"] = server.sender, message.address
    letter["Subject"] = f"Запись: {server.hospital}"
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    if message.event is not None:
        method = "CANCEL" if message.event.cancelled else "PUBLISH"
        calendar = calendar_of(message.event, server, now).decode()
        letter.add_alternative(calendar, subtype="calendar", params={"method": method})
    return letter


def calendar_of(event: Event, server: MailServer, now: datetime) -> bytes:
    """An .ics: where, when and whose, never to whom in the clinic."""
    shown = CalendarEvent()
    shown.add("uid", event.uid)
    shown.add("sequence", event.sequence)
    shown.add("dtstamp", now)
    shown.add("dtstart", event.starts_at)
    shown.add("dtend", event.starts_at + event.lasts)
    shown.add("summary", f"Запись: {server.hospital}")
    shown.add("location", event.place)
    shown.add("organizer", vCalAddress(f"mailto:{parseaddr(server.sender)[1]}"))
    shown.add("class", "PRIVATE")
    shown.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if event.cancelled else "PUBLISH")
    calendar.add_component(shown)
    return bytes(calendar.to_ical())
