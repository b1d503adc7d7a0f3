"""The telephones of these tests on a real Asterisk, before any product stands behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .caller import a_call, many_calls
from .desk_phone import a_desk_phone, tone
from .exchange import Exchange, an_exchange
from .sounds import Sounds

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("instruments")]

DIALPLAN = """
[from-trunk](+)
exten => 700,1,Answer()
 same => n,Read(KEYS,{sounds}/ask,16,,1,5)
 same => n,GotoIf($["${{KEYS}}" = "{keys}"]?:wrong)
 same => n,Playback({sounds}/thanks)
 same => n(wrong),Hangup()
exten => 701,1,Answer()
 same => n,Set(__CALL_KEY=k-77)
 same => n,Queue(operators,b(ivr-screenpop^s^1),,,20)
 same => n,Hangup()
[from-phone](+)
exten => 700,1,Goto(from-trunk,700,1)
"""
OMS = "6256410854009015"


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    (folder / "ask.alaw").write_bytes(tone(4.0, 440))
    (folder / "thanks.alaw").write_bytes(b"\xd5" * 320 + tone(0.6, 660))
    return folder


@pytest.fixture(scope="module")
def exchange(sounds: Path) -> Iterator[Exchange]:
    with an_exchange(extra_dialplan=DIALPLAN.format(sounds=sounds, keys=OMS)) as running:
        yield running


async def test_keys_arrive_and_recordings_are_recognised(exchange: Exchange, sounds: Path) -> None:
    async with a_call(exchange.address, "700") as call:
        await call.hears(0.3)
        last = await call.keys(f"{OMS}#")
        await call.ended(10)

    heard = list(Sounds(sounds).heard(call.heard))
    assert [one.path.stem for one in heard] == ["ask", "thanks"]
    assert heard[1].seconds == pytest.approx(0.6)
    assert (found := Sounds(sounds).first(call.heard, last.end)) and 0 <= found.at - last.end < 1


async def test_a_registered_softphone_proves_itself_by_password(exchange: Exchange) -> None:
    async with a_call(exchange.address, "700", login=exchange.softphone) as call:
        await call.hears(0.2)


async def test_the_caller_may_hang_up_at_any_moment(exchange: Exchange) -> None:
    async with a_call(exchange.address, "700") as call:
        await call.hears(0.2)
        call.hang_up()
        await call.ended(2)


async def test_many_callers_share_one_sipp(exchange: Exchange) -> None:
    telephones = [f"+7000000000{number}" for number in range(5)]

    async with many_calls(exchange.address, "700", telephones) as calls:
        for call in calls:
            await call.hears(0.2)
        for call in calls[:3]:
            call.hang_up()
        for call in calls[3:]:
            await call.keys("1#")
        await calls[0].ended(10)


async def test_an_operator_answers_the_queue_and_sees_the_call_key(exchange: Exchange) -> None:
    async with a_desk_phone(exchange.address, exchange.operator, talk=1.0) as desk:
        async with a_call(exchange.address, "701", caller="+70000000101") as call:
            await desk.answered()
            call.say(tone(0.5))
            await call.ended(10)

        (invite,) = desk.invites
        assert invite["x-call-key"] == "k-77"
        assert "+70000000101" in invite["from"]
    assert desk.heard.heard_seconds() > 0.3
    assert call.heard.heard_seconds() > 0.3
