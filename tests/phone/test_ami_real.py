"""AMI against a real Asterisk: rights, queue events, a restart under running calls, a hang."""

import asyncio
import os
import signal
import time

import pytest

from ivr.dialogue.line import CallerHungUp
from ivr.phone.ami import Ami, AmiRefused
from ivr.phone.server import ROUTES, PhoneServer
from tests.asterisk import running_asterisk
from tests.phone.far_phone import FarPhone, until


def ami_of(asterisk, secret=None):
    config = asterisk.config
    return Ami(config.ami_host, config.ami_port, config.ami_user, secret or config.ami_secret, again=0.2)


@pytest.fixture
async def ami(asterisk):
    manager = ami_of(asterisk)
    await manager.start()
    yield manager
    await manager.close()


async def test_the_state_of_the_queue_can_be_asked_for(ami):
    messages = await ami.ask_list({"Action": "QueueStatus", "Queue": "operators"})

    assert [message.event for message in messages] == ["", "QueueParams", "QueueStatusComplete"]


@pytest.mark.parametrize(
    "action",
    [
        {"Action": "Command", "Command": "core stop now"},
        {"Action": "Originate", "Channel": "Local/1@x", "Application": "Wait", "Data": "1"},
        {"Action": "GetConfig", "Filename": "manager.conf"},
        {"Action": "Setvar", "Variable": "X", "Value": "1"},
        {"Action": "PJSIPShowRegistrationsOutbound"},  # shows the password of a trunk
        {"Action": "ShowDialPlan", "Context": "ivr-inbound"},
        {"Action": "Redirect", "Channel": "x", "Context": "x", "Exten": "s", "Priority": "1"},
    ],
)
async def test_the_user_has_no_right_to_act(ami, action):
    with pytest.raises(AmiRefused, match=f"lacks the right to {action['Action']}"):
        await ami.ask(action)


async def test_events_of_the_queue_arrive_with_the_key_of_the_call(asterisk, ami, phone):
    joined = asyncio.get_running_loop().create_future()
    ami.register_event("QueueCallerJoin", lambda _, event: joined.set_result(event))
    await phone.cli("queue add member Local/ringing@test to operators")

    await phone.call(to="s@ivr-operators")

    event = await asyncio.wait_for(joined, 10)
    assert event.queue == "operators"
    assert event.chanvariable.startswith("CALL_KEY=ivr-")


async def test_a_wrong_secret_is_refused_by_asterisk_too(asterisk):
    stranger = ami_of(asterisk, "wrong")

    with pytest.raises(AmiRefused, match="refused user 'ivr'"):
        await stranger.start()

    await stranger.close()


async def test_asterisk_restarted_under_a_running_call(tmp_path, voice):
    with running_asterisk(tmp_path) as asterisk:
        inside, ended = asyncio.Event(), asyncio.get_running_loop().create_future()

        async def story(line, caller, key):
            inside.set()
            try:
                await line.unless_gone(asyncio.sleep(60))
            except CallerHungUp:
                ended.set_result("hung up")
                raise

        ami = ami_of(asterisk)
        server = PhoneServer(asterisk.config, voice, dict.fromkeys(ROUTES, story))
        await ami.start()
        await server.start()
        await FarPhone(asterisk).call()
        await asyncio.wait_for(inside.wait(), 10)

        os.kill(asterisk.pid, signal.SIGKILL)

        assert await asyncio.wait_for(ended, 5) == "hung up"
        await until(lambda: not ami.connected)
        await asyncio.to_thread(asterisk.start)
        await asyncio.wait_for(ami.wait_connected(), 10)
        inside.clear()
        await FarPhone(asterisk).call()
        await asyncio.wait_for(inside.wait(), 10)
        await ami.close()
        await server.close()


async def test_a_hung_asterisk_is_noticed_within_ten_seconds_and_met_again(tmp_path):
    with running_asterisk(tmp_path) as asterisk:
        ami = ami_of(asterisk)
        await ami.start()

        os.kill(asterisk.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        await until(lambda: not ami.connected, 10)
        noticed = time.monotonic() - stopped
        os.kill(asterisk.pid, signal.SIGCONT)

        assert noticed < 10
        await asyncio.wait_for(ami.wait_connected(), 10)
        await ami.close()
