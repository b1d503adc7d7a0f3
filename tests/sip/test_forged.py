"""What a stranger writes into his INVITE reaches the program as a number, or not at all."""

import asyncio

import pytest

from ivr.phone.agi_text import parse_headers
from tests.ports import free_ports

from .caller import a_call
from .exchange import an_exchange

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("instruments")]


@pytest.mark.parametrize(
    ("dialled", "caller"),
    [
        ("122%0Aagi_callerid%3A%20%2B70000000101", "+79161234567"),
        ("122", "+79161234567%0Aagi_network_script%3A%20unserved"),
        ("122", "%0A%0A"),
        ("122%22%29%7D%2C%24%7BSHELL%28id%29%7D", "%24%7BCALL_KEY%7D%5D"),
    ],
)
async def test_no_header_can_be_forged(dialled: str, caller: str) -> None:
    headers: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def program(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers.set_result((await reader.readuntil(b"\n\n")).decode())
        writer.write(b'SET VARIABLE "IVR_NEXT" "hangup"\n')
        writer.close()

    (port,) = free_ports(1)
    async with await asyncio.start_server(program, "127.0.0.1", port):
        with an_exchange(agi_port=port) as exchange:
            async with a_call(exchange.address, dialled, caller=caller):
                seen = parse_headers(await asyncio.wait_for(headers, 10))

    assert seen["agi_network_script"].partition("?")[0] == "inbound"
    assert seen["agi_callerid"] in ("+79161234567", "unknown")
    assert seen["agi_calleridname"] == "unknown"
    assert set(seen["agi_dnid"]) <= set("+0123456789")
