"""SMS by SMPP 3.4: one session as a transceiver, bound again whenever it is lost."""

import logging
import re
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from smpplib import consts, exceptions, gsm, smpp
from smpplib.client import Client

from ivr.notices.delivery import Message, NotTaken, Receipt

log = logging.getLogger(__name__)

ENQUIRE_AFTER = 30.0
"""Seconds without a word: ask whether the line still holds."""
FOR_GOOD = frozenset(
    {consts.SMPP_ESME_RINVDSTADR, consts.SMPP_ESME_RINVDSTTON, consts.SMPP_ESME_RINVDSTNPI, consts.SMPP_ESME_RINVMSGLEN}
)
"""What no other attempt mends; all else may (5.1.3 of SMPP 3.4)."""
DELIVERED, ENDED_BADLY = 2, frozenset({3, 4, 5, 8})
"""message_state: expired, deleted, undeliverable, rejected (5.2.28)."""
STATES = {"DELIVRD": 2, "EXPIRED": 3, "DELETED": 4, "UNDELIV": 5, "REJECTD": 8}
IS_RECEIPT = 0x04
RECEIPT_WANTED, NO_RECEIPT = 1, 0
_TROUBLE = (
    OSError,
    ValueError,
    struct.error,
    exceptions.ConnectionError,
    exceptions.PDUError,
    exceptions.UnknownCommandError,
)

# It writes whole messages with their numbers below this level.
logging.getLogger("ivr.smpplib").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class SmppServer:
    """The provider's SMSC, and in whose name messages go."""

    host: str
    port: int
    user: str
    password: str
    sender: str
    """A name of up to 11 letters that the provider knows, or a number."""
    tls: bool = False
    per_second: float = 10.0
    seconds: float = 10.0

    def __repr__(self) -> str:
        return f"SmppServer({self.host!r}, {self.port})"


class Smpp:
    """Implements Gateway. Used by one thread; `receipts` is to be called every few seconds, it keeps the line alive."""

    def __init__(
        self,
        server: SmppServer,
        *,
        context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._server, self._context, self._clock, self._sleep = server, context, clock, sleep
        self._client: Any = None
        self._answers: dict[int, Any] = {}
        self._arrived: list[tuple[int, Receipt]] = []
        self._next_at = self._heard_at = 0.0
        self._asked = False

    def send(self, message: Message, now: datetime) -> str | None:
        """The id of the last part: only for it a receipt is asked. A repeat has the same user_message_reference."""
        parts, coding, esm_class = gsm.make_parts(message.text, consts.SMPP_ENCODING_ISO10646)
        try:
            self._bind()
            for part in parts[:-1]:
                self._submitted(message, part, coding, esm_class, NO_RECEIPT, now)
            return self._submitted(message, parts[-1], coding, esm_class, RECEIPT_WANTED, now)
        except _TROUBLE as problem:
            self._lost()
            raise NotTaken(f"SMPP: {type(problem).__name__}") from None

    def receipts(self) -> list[Receipt]:
        try:
            self._bind()
            while self._readable(0):
                self._read()
            self._enquire()
        except _TROUBLE as problem:
            self._lost()
            raise NotTaken(f"SMPP: {type(problem).__name__}") from None
        return [receipt for _, receipt in self._arrived]

    def kept(self, receipts: list[Receipt]) -> None:
        """Acknowledge only what is stored: after a crash the provider tells the rest once more."""
        told = [(sequence, receipt) for sequence, receipt in self._arrived if receipt in receipts]
        self._arrived = [one for one in self._arrived if one not in told]
        try:
            for sequence, _ in told:
                self._answer("deliver_sm_resp", sequence)
        except _TROUBLE as problem:
            self._lost()
            raise NotTaken(f"SMPP: {type(problem).__name__}") from None

    def close(self) -> None:
        if self._client is not None:
            try:
                self._client.send_pdu(smpp.make_pdu("unbind", client=self._client))
                if self._readable(1.0):
                    self._read()
            except _TROUBLE:
                log.info("the line to the SMS provider was gone before it was closed")
            self._lost()

    def _bind(self) -> None:
        if self._client is not None:
            return
        server = self._server
        client = Client(
            server.host,
            server.port,
            timeout=server.seconds,
            logger_name="ivr.smpplib",
            allow_unknown_opt_params=True,
        )
        # Its own connect() knows neither IPv6 nor the name that a certificate must have.
        client._socket = self._connected()
        client.state = consts.SMPP_CLIENT_STATE_OPEN
        self._client = client
        self._heard_at, self._asked = self._clock(), False
        client.bind_transceiver(system_id=server.user, password=server.password)
        log.info("bound to the SMS provider")

    def _connected(self) -> socket.socket:
        server = self._server
        plain = socket.create_connection((server.host, server.port), timeout=server.seconds)
        if not server.tls:
            return plain
        try:
            return self._context().wrap_socket(plain, server_hostname=server.host)
        except BaseException:
            plain.close()
            raise

    def _lost(self) -> None:
        """What was not acknowledged comes again in the next session."""
        client, self._client = self._client, None
        self._answers.clear()
        self._arrived.clear()
        if client is not None and client._socket is not None:
            client._socket.close()
            client._socket = None

    def _submitted(
        self, message: Message, part: bytes, coding: int, esm_class: int, receipt: int, now: datetime
    ) -> str | None:
        self._wait_for_turn()
        named = not self._server.sender.lstrip("+").isdigit()
        pdu = self._client.send_message(
            source_addr_ton=consts.SMPP_TON_ALNUM if named else consts.SMPP_TON_INTL,
            source_addr_npi=consts.SMPP_NPI_UNK if named else consts.SMPP_NPI_ISDN,
            source_addr=self._server.sender.lstrip("+"),
            dest_addr_ton=consts.SMPP_TON_INTL,
            dest_addr_npi=consts.SMPP_NPI_ISDN,
            destination_addr=message.address.lstrip("+"),
            short_message=part,
            data_coding=coding,
            esm_class=esm_class,
            registered_delivery=receipt,
            validity_period=_relative(message.expires_at - now),
            user_message_reference=crc32(message.key.encode()) & 0xFFFF,
        )
        answer = self._answer_to(pdu.sequence)
        if answer.status != consts.SMPP_ESME_ROK:
            raise NotTaken(f"SMPP status 0x{answer.status:08X}", final=answer.status in FOR_GOOD)
        return _text(answer.message_id) or None

    def _wait_for_turn(self) -> None:
        """Providers refuse what comes faster than was agreed."""
        now = self._clock()
        if now < self._next_at:
            self._sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / self._server.per_second

    def _answer_to(self, sequence: int) -> Any:
        deadline = self._clock() + self._server.seconds
        while sequence not in self._answers:
            if not self._readable(max(0.0, deadline - self._clock())):
                raise TimeoutError("no answer to submit_sm")
            self._read()
        return self._answers.pop(sequence)

    def _readable(self, seconds: float) -> bool:
        line = self._client._socket
        if isinstance(line, ssl.SSLSocket) and line.pending():
            return True
        return bool(select.select([line], [], [], seconds)[0])

    def _read(self) -> None:
        pdu = self._client.read_pdu()
        self._heard_at, self._asked = self._clock(), False
        match pdu.command:
            case "submit_sm_resp" | "generic_nack":
                self._answers[pdu.sequence] = pdu
            case "deliver_sm":
                self._delivered(pdu)
            case "enquire_link":
                self._answer("enquire_link_resp", pdu.sequence)
            case "unbind":
                self._answer("unbind_resp", pdu.sequence)
                raise ConnectionResetError("the provider has ended the session")

    def _delivered(self, pdu: Any) -> None:
        receipt = receipt_of(pdu)
        if receipt is None:  # an answer by SMS, or a state on the way: nothing to keep
            self._answer("deliver_sm_resp", pdu.sequence)
        else:
            self._arrived.append((pdu.sequence, receipt))

    def _answer(self, command: str, sequence: int) -> None:
        if self._client is None:
            return
        pdu = smpp.make_pdu(command, client=self._client, status=consts.SMPP_ESME_ROK)
        pdu.sequence = sequence
        self._client.send_pdu(pdu)

    def _enquire(self) -> None:
        silent = self._clock() - self._heard_at
        if self._asked and silent > ENQUIRE_AFTER + self._server.seconds:
            raise TimeoutError("no answer to enquire_link")
        if not self._asked and silent > ENQUIRE_AFTER:
            self._client.send_pdu(smpp.make_pdu("enquire_link", client=self._client))
            self._asked = True


def receipt_of(pdu: Any) -> Receipt | None:
    """What a deliver_sm tells of a message's end, by its parameters or by the text of Appendix B; None: no end."""
    if not pdu.esm_class & IS_RECEIPT:
        return None
    words = dict(re.findall(r"\b(id|stat|err):(\S+)", _text(pdu.short_message)))
    provider_id = _text(pdu.receipted_message_id) or words.get("id", "")
    state = pdu.message_state if pdu.message_state else STATES.get(words.get("stat", ""))
    if not provider_id or (state != DELIVERED and state not in ENDED_BADLY):
        return None
    if state == DELIVERED:
        return Receipt(provider_id, True)
    name = next(name for name, value in STATES.items() if value == state)
    return Receipt(provider_id, False, f"{name} {words.get('err', '')}".strip())


def _text(value: Any) -> str:
    told = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    return told.rstrip("\0")


def _relative(left: timedelta) -> str:
    """How long a message is of use, as SMPP writes it (7.1.1); at least a minute, at most 99 days."""
    seconds = min(max(int(left.total_seconds()), 60), 99 * 86_400)
    days, rest = divmod(seconds, 86_400)
    return f"0000{days:02}{rest // 3600:02}{rest % 3600 // 60:02}{rest % 60:02}000R"
