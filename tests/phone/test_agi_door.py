"""What connects to the FastAGI port and is not a call: refused, and never in the way of a call."""

import asyncio

import pytest

from ivr.phone.agi import AgiApplication, AgiCall
from tests.phone.far_end import HEADERS, FarEnd


async def answer(call: AgiCall) -> None:
    await call.set("IVR_NEXT", "hangup")


async def is_served(far_end: FarEnd) -> bool:
    """A good call beside the bad connection still gets its answer."""
    beside = await far_end.again()
    beside.send(HEADERS)
    served = await beside.line() == b'SET VARIABLE "IVR_NEXT" "hangup"\n'
    beside.send(b"200 result=1\n")
    await beside.close()
    return served


async def test_a_port_probe_does_not_freeze_the_server(serve):
    far_end = await serve(answer)

    await far_end.close()

    assert await is_served(far_end)


async def test_a_connection_that_ends_inside_the_headers_is_let_go(serve):
    far_end = await serve(answer)

    far_end.send(HEADERS[:40])
    await far_end.close()

    assert await is_served(far_end)


async def test_headers_that_never_end_are_given_up_in_time(serve):
    far_end = await serve(answer, header_seconds=0.1)

    far_end.send(HEADERS[:40])

    assert await far_end.is_closed()
    assert await is_served(far_end)


async def test_headers_that_come_byte_by_byte_are_not_given_more_time(serve):
    far_end = await serve(answer, header_seconds=0.2)

    async def drip():
        for byte in HEADERS[:-1] * 3:
            far_end.send(bytes([byte]))
            await asyncio.sleep(0.01)

    dripping = asyncio.create_task(drip())

    assert await far_end.is_closed()
    dripping.cancel()


async def test_headers_without_measure_are_refused(serve, caplog):
    far_end = await serve(answer)

    far_end.send(b"agi_x: " + b"x" * 100_000)

    assert await far_end.is_closed()
    assert "longer than 16384 bytes" in caplog.records[0].reason
    assert await is_served(far_end)


async def test_binary_junk_is_refused(serve, caplog):
    far_end = await serve(answer)

    far_end.send(bytes(range(256)) + b"\n\n")

    assert await far_end.is_closed()
    assert "connection is not AGI" in caplog.text
    assert await is_served(far_end)


async def test_an_unknown_route_is_refused_and_named(serve, caplog):
    far_end = await serve(answer)

    far_end.send(HEADERS.replace(b"script: inbound", b"script: nowhere"))

    assert await far_end.is_closed()
    assert "no route 'nowhere'" in caplog.records[0].reason


async def test_a_route_may_carry_a_query(serve):
    far_end = await serve(answer)

    far_end.send(HEADERS.replace(b"script: inbound", b"script: inbound?a=1"))

    assert (await far_end.line()).startswith(b"SET VARIABLE")


async def test_headers_in_broken_utf8_are_read(serve):
    seen = []

    async def route(call):
        seen.append(call.headers["agi_calleridname"])

    far_end = await serve(route)

    far_end.send(b"agi_calleridname: \xd0\x98\xd0\n" + HEADERS)

    assert await far_end.is_closed()
    assert seen == ["И\ufffd"]


@pytest.mark.parametrize("script", [b"inbound", b"inbound?wrong", b"inbound?"])
async def test_who_does_not_know_the_secret_of_the_address_is_no_asterisk_of_ours(serve, caplog, script):
    async def route(call):
        pytest.fail("the call was taken")

    far_end = await serve(route, secret="right")
    far_end.send(HEADERS.replace(b"script: inbound", b"script: " + script))

    assert await far_end.is_closed()
    assert "right" not in caplog.text


async def test_the_secret_of_the_address_lets_in(serve):
    async def route(call):
        await call.get("N1")

    far_end = await serve(route, secret="right")
    far_end.send(HEADERS.replace(b"script: inbound", b"script: inbound?right"))

    assert await far_end.line() == b'GET VARIABLE "N1"\n'


@pytest.mark.parametrize("forged", [b"agi_callerid: +70000000101\n", b"agi_arg_1: another\n"])
async def test_a_header_that_comes_twice_is_a_forgery(serve, caplog, forged):
    async def route(call):
        pytest.fail("the call was taken")

    far_end = await serve(route)
    far_end.send(b"agi_dnid: 122\n" + forged + HEADERS)

    assert await far_end.is_closed()
    assert "twice" in caplog.text or "twice" in str([vars(record) for record in caplog.records])


async def test_an_exception_in_a_route_is_logged_and_the_next_call_is_served(serve, caplog):
    calls = []

    async def route(call):
        calls.append(call)
        if len(calls) == 1:
            raise RuntimeError("a mistake in a story")
        await answer(call)

    far_end = await serve(route)
    far_end.send(HEADERS)

    assert await far_end.is_closed()
    assert await is_served(far_end)
    assert [record.message for record in caplog.records] == ["AGI route failed"]


async def test_cancelling_a_connection_is_not_swallowed():
    running, cancelled = asyncio.Event(), asyncio.Event()

    async def route(call):
        running.set()
        try:
            await call.hung_up.wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    application = AgiApplication()
    application.add_route("inbound", route)
    server = await application.listen("127.0.0.1", 0)
    far_end = await FarEnd.connect(server.sockets[0].getsockname()[1])
    far_end.send(HEADERS)
    await running.wait()
    (connection,) = application._connections

    await application.end()

    assert cancelled.is_set()
    assert connection.cancelled()
    assert await far_end.is_closed()
    await far_end.close()
    server.close()


async def test_an_object_that_can_be_called_may_be_a_route(serve):
    class Story:
        async def __call__(self, call):
            await answer(call)

    far_end = await serve(Story())
    far_end.send(HEADERS)

    assert (await far_end.line()).startswith(b"SET VARIABLE")


async def test_a_route_is_added_once():
    application = AgiApplication()
    application.add_route("inbound", answer)

    with pytest.raises(ValueError, match="already"):
        application.add_route("inbound", answer)
