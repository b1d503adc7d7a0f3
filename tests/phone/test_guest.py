"""A guest's browser may phone the IVR with a fresh pass, and do nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from ivr.dialogue.line import Keypad
from ivr.phone.guest_door import GuestDoor
from ivr.services import guest_token
from ivr.services.exchange import PhoneLogin
from tests.phone.browser_phone import BrowserPhone
from tests.phone.far_phone import until

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "guest-secret"


def a_pass(secret: str = SECRET, now: datetime = NOW) -> str:
    return guest_token.make(secret, now)


async def listens(line, caller, key):
    await line.ask([], Keypad(first=30))


@pytest.fixture
async def guest(asterisk):
    async with BrowserPhone.connected(asterisk, "webguest") as phone:
        yield phone


@pytest.fixture
async def server(answer_calls, phone):
    """The program with a door for guests; `phone` ends what is left of calls."""
    return await answer_calls(listens, guests=GuestDoor(SECRET, lambda: NOW))


async def test_a_good_pass_lets_a_guest_talk_to_the_ivr(server, guest):
    status, leg = await guest.call("ivr", X_Call_Token=a_pass())

    assert status == 200
    await until(lambda: server.health().calls == 1)
    await leg.hang_up()
    await until(lambda: server.health().calls == 0)


async def test_a_pass_is_good_once(server, guest):
    token = a_pass()
    status, leg = await guest.call("ivr", X_Call_Token=token)
    await leg.hang_up()

    again, _ = await guest.call("ivr", X_Call_Token=token)

    assert (status, again) == (200, 603)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Call_Token": ""},
        {"X_Call_Token": a_pass(secret="another")},
        {"X_Call_Token": a_pass(now=NOW - timedelta(hours=1))},
        {"X_Call_Token": "x" * 3000},
    ],
    ids=["none", "empty", "forged", "expired", "long"],
)
async def test_without_a_good_pass_the_call_is_declined_and_never_answered(server, guest, headers):
    status, _ = await guest.call("ivr", **headers)

    assert status == 603
    assert server.health().calls == 0


async def test_with_the_program_down_no_guest_is_let_in(guest):
    status, _ = await guest.call("ivr", X_Call_Token=a_pass())

    assert status == 603


@pytest.mark.parametrize("number", ["122", "100", "600", "701", "s"])
async def test_a_guest_can_dial_nothing_else(server, guest, number):
    status, _ = await guest.call(number, X_Call_Token=a_pass())

    assert status == 404


async def test_a_guest_cannot_register(guest):
    assert await guest.register(PhoneLogin("webguest", "", "asterisk", "0" * 32)) >= 400


async def test_of_too_many_guests_the_last_is_told_busy(answer_calls, phone, asterisk, guest):
    await answer_calls(listens, guests=GuestDoor(SECRET, lambda: NOW))

    statuses = []
    for _ in range(asterisk.config.web_guests + 1):
        status, _ = await guest.call("ivr", X_Call_Token=a_pass())
        statuses.append(status)

    assert statuses == [200] * asterisk.config.web_guests + [486]


async def test_a_pass_is_forgotten_when_nothing_could_use_it_any_more():
    now = NOW
    door = GuestDoor(SECRET, lambda: now)
    door.admit(a_pass())
    now += timedelta(minutes=11)
    door.admit(a_pass(now=now))

    assert len(door._used) == 1
