"""AGI round trip: a command to Asterisk and its answer, over the guarded session, in a real call."""

import asyncio
import time

from bench.measure import Result, result
from ivr.phone.agi import AgiApplication
from ivr.phone.agi_session import AgiCall
from tests.ports import free_ports
from tests.sip.caller import a_call
from tests.sip.exchange import HOST, an_exchange

COMMANDS = 2000


def measure(*, quick: bool) -> list[Result]:
    """NOOP and GET VARIABLE in turn."""
    times = asyncio.run(_round_trips(COMMANDS // 5 if quick else COMMANDS))
    return [result("agi", "round trip of a command", times, note="NOOP and GET VARIABLE in turn, one call")]


async def _round_trips(count: int) -> list[float]:
    times: list[float] = []
    done = asyncio.Event()

    async def trips(call: AgiCall) -> None:
        await call.send_command("NOOP")
        for number in range(count):
            began = time.perf_counter()
            await (call.get("CALL_KEY") if number % 2 else call.send_command("NOOP"))
            times.append(time.perf_counter() - began)
        await call.set("IVR_NEXT", "hangup")
        done.set()

    application = AgiApplication()
    application.add_route("inbound", trips)
    (port,) = free_ports(1)
    server = await application.listen(HOST, port)
    async with server:
        with an_exchange(agi_port=port) as exchange:
            async with a_call(exchange.address, exchange.extension) as call:
                await asyncio.wait_for(done.wait(), 60)
                await call.ended(10)
    return times
