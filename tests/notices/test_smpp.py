"""SMPP against a server that is another library's, over a real socket."""

import asyncio
import contextlib
import struct
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import smpp34

from ivr.notices.delivery import Message, NotTaken, Receipt
from ivr.notices.smpp import ENQUIRE_AFTER, Smpp, SmppServer
from tests.certificates import certified
from tests.ports import free_ports

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SHORT = "Завтра приём в 09:30. Отменить: 84913500000. Спасская РБ"
LONG = SHORT * 3
USER_MESSAGE_REFERENCE = 0x0204


class Smsc:
    """Takes what it is told to take, and remembers all of it."""

    def __init__(self, port: int) -> None:
        self.server = smpp34.Server(host="127.0.0.1", port=port, system_id="SMSC")
        self.port = port
        self.taken: list[smpp34.SubmitSmEvent] = []
        self.sessions: list[smpp34.Esme] = []
        self.refuses = 0

    async def run(self) -> None:
        while True:
            event = await self.server.next()
            if isinstance(event, smpp34.Esme):
                self.sessions.append(event)
            elif isinstance(event, smpp34.SubmitSmEvent):
                if self.refuses:
                    event.reject(self.refuses)
                    continue
                self.taken.append(event)
                event.accept(f"m{len(self.taken)}")


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    smsc = Smsc(free_ports(1)[0])
    await smsc.server.start()
    running = asyncio.create_task(smsc.run())
    yield smsc
    running.cancel()
    await smsc.server.stop()


@pytest.fixture
async def gateway(smsc: Smsc) -> AsyncIterator[Smpp]:
    gateway = Smpp(SmppServer("127.0.0.1", smsc.port, "ivr", "secret", "SpasskRB", per_second=1000, seconds=3))
    yield gateway
    await asyncio.to_thread(gateway.close)


def _message(text: str = SHORT, address: str = "+79001234567") -> Message:
    return Message("reminder-7", address, text, NOW + timedelta(hours=26))


async def _send(gateway: Smpp, message: Message) -> str | None:
    return await asyncio.to_thread(gateway.send, message, NOW)


async def _receipts(gateway: Smpp) -> list[Receipt]:
    async with asyncio.timeout(5):
        while not (told := await asyncio.to_thread(gateway.receipts)):  # noqa: ASYNC110 (asked, as its worker does)
            await asyncio.sleep(0.01)
    return told


async def test_cyrillic_goes_as_it_is_written(smsc: Smsc, gateway: Smpp) -> None:
    provider_id = await _send(gateway, _message())

    [taken] = smsc.taken
    assert provider_id == "m1"
    assert taken.short_message.decode("utf-16-be") == SHORT
    assert (taken.data_coding, taken.destination_addr, taken.source_addr) == (8, "79001234567", "SpasskRB")
    assert taken.registered_delivery == 1


async def test_a_long_text_goes_in_parts_and_one_receipt_is_asked(smsc: Smsc, gateway: Smpp) -> None:
    provider_id = await _send(gateway, _message(LONG))

    headers = [taken.short_message[:6] for taken in smsc.taken]
    assert provider_id == "m3"
    assert [(head[4], head[5]) for head in headers] == [(3, 1), (3, 2), (3, 3)]
    assert len({head[3] for head in headers}) == 1
    assert b"".join(taken.short_message[6:] for taken in smsc.taken).decode("utf-16-be") == LONG
    assert [taken.registered_delivery for taken in smsc.taken] == [0, 0, 1]
    assert all(taken.esm_class & 0x40 for taken in smsc.taken)


async def test_a_repeat_has_the_same_reference(smsc: Smsc, gateway: Smpp) -> None:
    await _send(gateway, _message())
    await _send(gateway, _message())

    references = [[tlv.value for tlv in taken.tlvs if tlv.tag == USER_MESSAGE_REFERENCE] for taken in smsc.taken]
    assert references[0] == references[1] != []


@pytest.mark.parametrize(
    ("status", "final"), [(0x0B, True), (0x58, False), (0x14, False), (0x08, False)], ids=lambda value: str(value)
)
async def test_only_a_wrong_number_is_refused_for_good(smsc: Smsc, gateway: Smpp, status: int, final: bool) -> None:
    smsc.refuses = status

    with pytest.raises(NotTaken) as told:
        await _send(gateway, _message())

    assert told.value.final is final
    smsc.refuses = 0
    assert await _send(gateway, _message()) == "m1"  # in the same session
    assert len(smsc.sessions) == 1


@pytest.mark.parametrize(
    ("words", "receipt"),
    [
        (b"id:m1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:", Receipt("m1", True)),
        (b"id:m1 sub:001 dlvrd:000 stat:UNDELIV err:012 text:", Receipt("m1", False, "UNDELIV 012")),
    ],
)
async def test_a_receipt_is_acknowledged_when_it_is_kept(
    smsc: Smsc, gateway: Smpp, words: bytes, receipt: Receipt
) -> None:
    await _send(gateway, _message())
    telling = asyncio.ensure_future(
        smsc.sessions[0].deliver_sm(
            source_addr="79001234567", destination_addr="SpasskRB", esm_class=4, short_message=words
        )
    )

    told = await _receipts(gateway)

    assert told == [receipt]
    assert not telling.done()
    await asyncio.to_thread(gateway.kept, told)
    await asyncio.wait_for(telling, 5)
    assert await asyncio.to_thread(gateway.receipts) == []


async def test_a_state_on_the_way_and_an_answer_by_sms_are_no_receipts(smsc: Smsc, gateway: Smpp) -> None:
    await _send(gateway, _message())
    telling = asyncio.gather(
        smsc.sessions[0].deliver_sm("SpasskRB", b"id:m1 stat:ENROUTE err:000", source_addr="79001234567", esm_class=4),
        smsc.sessions[0].deliver_sm("SpasskRB", b"id:m1 stat:DELIVRD err:000", source_addr="79001234567"),
    )

    async with asyncio.timeout(5):
        while not telling.done():
            assert await asyncio.to_thread(gateway.receipts) == []
            await asyncio.sleep(0.01)


async def test_a_line_that_was_lost_is_bound_again(smsc: Smsc, gateway: Smpp) -> None:
    await _send(gateway, _message())
    ending = asyncio.ensure_future(smsc.sessions[0].unbind())
    with pytest.raises(NotTaken):
        async with asyncio.timeout(5):
            while True:
                await asyncio.to_thread(gateway.receipts)
                await asyncio.sleep(0.01)
    await asyncio.wait([ending], timeout=5)

    assert await _send(gateway, _message()) == "m2"
    assert len(smsc.sessions) == 2


async def test_a_provider_that_is_not_there_is_tried_again() -> None:
    gateway = Smpp(SmppServer("127.0.0.1", 9, "ivr", "secret", "RB", seconds=1))

    with pytest.raises(NotTaken) as told:
        await _send(gateway, _message())

    assert not told.value.final


async def test_a_receipt_may_be_told_by_parameters_alone(smsc: Smsc, gateway: Smpp) -> None:
    await _send(gateway, _message())
    tlvs = [
        smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, b"m1\0"),
        smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, bytes([5])),
        smpp34.Tlv(0x1501, b"whatever a provider adds"),
    ]
    telling = asyncio.ensure_future(
        smsc.sessions[0].deliver_sm("SpasskRB", b"", source_addr="79001234567", esm_class=4, tlvs=tlvs)
    )

    assert await _receipts(gateway) == [Receipt("m1", False, "UNDELIV")]
    telling.cancel()


async def test_a_line_that_is_silent_is_asked_and_kept_and_one_that_does_not_answer_is_given_up(smsc: Smsc) -> None:
    late = [0.0]
    server = SmppServer("127.0.0.1", smsc.port, "ivr", "secret", "SpasskRB", per_second=1000, seconds=3)
    gateway = Smpp(server, clock=lambda: time.monotonic() + late[0])
    await _send(gateway, _message())

    late[0] = ENQUIRE_AFTER + 1
    await asyncio.to_thread(gateway.receipts)
    assert await asyncio.to_thread(gateway._readable, 5)  # enquire_link_resp
    await asyncio.to_thread(gateway.receipts)
    late[0] += ENQUIRE_AFTER / 2 + server.seconds  # it has been heard from: not given up
    await asyncio.to_thread(gateway.receipts)
    assert len(smsc.sessions) == 1

    with deaf(gateway):
        late[0] += ENQUIRE_AFTER + 1
        await asyncio.to_thread(gateway.receipts)
        late[0] += server.seconds + 1
        with pytest.raises(NotTaken):
            await asyncio.to_thread(gateway.receipts)
    assert await _send(gateway, _message()) == "m2"
    assert len(smsc.sessions) == 2
    await asyncio.to_thread(gateway.close)


@contextlib.contextmanager
def deaf(gateway: Smpp) -> Iterator[None]:
    """Nothing of what the provider says arrives."""
    own = gateway._readable
    gateway._readable = lambda _seconds: False  # type: ignore[method-assign]
    yield
    gateway._readable = own  # type: ignore[method-assign]


async def test_a_provider_that_does_not_know_us_takes_nothing_and_its_password_is_not_told() -> None:
    """ESME_RINVPASWD to bind_transceiver; no server of the registries refuses one."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length, _, _, sequence = struct.unpack("!IIII", await reader.readexactly(16))
        await reader.readexactly(length - 16)
        writer.write(struct.pack("!IIII", 16, 0x80000009, 0x0E, sequence))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(NotTaken) as told:
            await _send(Smpp(SmppServer("127.0.0.1", port, "ivr", "secret", "RB", seconds=3)), _message())

    assert not told.value.final
    assert "secret" not in str(told.value)


async def test_by_tls_only_a_provider_whose_certificate_is_trusted_hears_anything(smsc: Smsc, tmp_path: Path) -> None:
    serving, trusting = certified(tmp_path)

    relayed = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relayed.append(asyncio.current_task())
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", smsc.port)
        try:
            await asyncio.gather(_copied(reader, far_writer), _copied(far_reader, writer))
        finally:
            for each in (writer, far_writer):
                each.close()

    door = await asyncio.start_server(relay, "127.0.0.1", 0, ssl=serving)
    behind_tls = SmppServer("127.0.0.1", door.sockets[0].getsockname()[1], "ivr", "secret", "RB", tls=True, seconds=3)
    async with door:
        with pytest.raises(NotTaken):
            await _send(Smpp(behind_tls), _message())
        assert smsc.sessions == []

        gateway = Smpp(behind_tls, context=lambda: trusting)
        assert await _send(gateway, _message()) == "m1"
        await asyncio.to_thread(gateway.close)
        await asyncio.wait(relayed, timeout=5)


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # either end may leave without a farewell
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    writer.close()
