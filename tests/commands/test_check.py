"""What `ivr check` finds wrong at an exchange that is not ours: rights too wide, a dialplan without our routes."""

import asyncio

import pytest

from ivr.commands import check
from ivr.commands.probing import finding
from ivr.phone.server import ROUTES
from ivr.phone_config import phone_config_of
from ivr.settings import load_settings
from tests.phone.fake_ami import fake_ami

DENIED = b"Response: Error\r\nMessage: Permission denied\r\n"


@pytest.fixture
async def exchange(tmp_path, monkeypatch):
    """Somebody's Asterisk, as its manager interface answers; the settings lead to it."""
    async with fake_ami() as fake:
        for name, value in {"FOLDERS__VAR": tmp_path, "FOLDERS__BUILD": tmp_path, "AMI__PORT": fake.port}.items():
            monkeypatch.setenv(f"IVR_{name}", str(value))
        yield fake


async def test_a_manager_user_who_may_run_commands_is_found(exchange):
    found = await finding("rights", lambda: check.rights(phone_config_of(load_settings())))

    assert not found.ok
    assert "may run commands; take `command` from its rights" in found.text


async def test_a_manager_user_with_least_rights_is_well(exchange):
    exchange.answers["Command"] = DENIED

    found = await finding("rights", lambda: check.rights(phone_config_of(load_settings())))

    assert (found.ok, found.text) == (True, "least")


async def dialplan_of(exchange, *routes):
    """What is found in a dialplan with these AGI addresses."""
    settings = load_settings()
    exchange.answers["ShowDialPlan"] = None
    looking = asyncio.create_task(finding("dialplan", lambda: check.dialplan(settings, phone_config_of(settings))))
    number = (await exchange.got("ShowDialPlan"))["ActionID"]
    lines = [f"Event: ListDialplan\r\nActionID: {number}\r\nAppData: {route}\r\n\r\n" for route in routes]
    head = f"Response: Success\r\nEventList: start\r\nActionID: {number}\r\n\r\n"
    tail = f"Event: ShowDialPlanComplete\r\nEventList: Complete\r\nActionID: {number}\r\n\r\n"
    exchange.send("".join([head, *lines, tail]).encode())
    return await looking


async def test_a_dialplan_without_a_route_is_found(exchange):
    found = await dialplan_of(exchange, "agi://127.0.0.1:4573/inbound", "agi://127.0.0.1:4573/callback")

    assert not found.ok
    assert "no AGI route unserved, outbound; render the configuration again and reload it" in found.text


async def test_a_dialplan_with_all_routes_is_well(exchange):
    routes = [f"agi://127.0.0.1:4573/{route}" for route in ROUTES]

    assert (await dialplan_of(exchange, *routes)).ok


async def test_a_dialplan_that_may_not_be_read_is_no_fault(exchange):
    exchange.answers["ShowDialPlan"] = DENIED
    settings = load_settings()

    found = await finding("dialplan", lambda: check.dialplan(settings, phone_config_of(settings)))

    assert found.ok
    assert "not looked at" in found.text
