"""AMI against a server that misbehaves: what panoramisk lets through or waits for in vain."""

import asyncio
import logging

import pytest

from ivr.phone.ami import Ami, AmiDown, AmiRefused, BadAction
from tests.phone.fake_ami import fake_ami

SECRET = "s3cret-of-the-instance"


@pytest.fixture
async def fake():
    async with fake_ami() as server:
        yield server


@pytest.fixture
async def ami(fake):
    manager = Ami("127.0.0.1", fake.port, "ivr", SECRET, heartbeat=0.1, answer=0.2, again=0.05)
    yield manager
    await manager.close()


def heard(ami: Ami, pattern: str = "*"):
    """A queue of the events that arrive."""
    events = asyncio.Queue()
    ami.register_event(pattern, lambda _, event: events.put_nowait(event))
    return events


async def next_of(events):
    async with asyncio.timeout(5):
        return await events.get()


async def test_a_handler_that_raises_harms_neither_the_connection_nor_the_other_handlers(fake, ami, caplog):
    def broken(_, event):
        raise RuntimeError("a mistake")

    ami.register_event("Newchannel", broken)
    events = heard(ami)
    await ami.start()

    fake.send(b"Event: Newchannel\r\nChannel: a\r\n\r\nEvent: Hangup\r\nChannel: a\r\n\r\n")

    assert [(await next_of(events)).event, (await next_of(events)).event] == ["Newchannel", "Hangup"]
    assert (await ami.ask({"Action": "Ping"})).success
    assert fake.logins == 1
    assert "AMI event handler failed" in caplog.text


async def test_a_coroutine_handler_that_raises_is_logged(fake, ami, caplog):
    async def broken(_, event):
        raise RuntimeError("a mistake")

    ami.register_event("Newchannel", broken)
    await ami.start()
    fake.send(b"Event: Newchannel\r\nChannel: a\r\n\r\n")

    assert (await ami.ask({"Action": "Ping"})).success
    assert "AMI event handler failed" in caplog.text


async def test_a_letter_split_between_segments_is_whole(fake, ami):
    events = heard(ami)
    await ami.start()
    event = "Event: Newchannel\r\nCallerIDName: Иванов\r\n\r\n".encode()
    middle = event.index("в".encode()) + 1

    fake.send(event[:middle])
    await asyncio.sleep(0.02)  # two segments, not one
    fake.send(event[middle:])

    assert (await next_of(events)).calleridname == "Иванов"


async def test_junk_does_not_break_the_connection(fake, ami):
    events = heard(ami)
    await ami.start()

    fake.send(b"\xff\xfe\x00 no colon\r\n\r\n: \r\n\r\nResponse: \r\n\r\nEvent: Hangup\r\n\r\n")

    assert (await next_of(events)).event == "Hangup"
    assert fake.logins == 1


async def test_a_message_without_an_end_is_cut_off_and_the_connection_made_anew(fake, ami):
    await ami.start()

    fake.send(b"Event: x" * 200_000)
    await fake.got("Login", times=2)
    await ami.wait_connected()

    assert (await ami.ask({"Action": "Ping"})).success


async def test_an_action_without_an_answer_times_out(fake, ami):
    fake.answers["Slow"] = None
    await ami.start()

    with pytest.raises(TimeoutError):
        await ami.ask({"Action": "Slow"}, within=0.05)

    assert ami.connected
    assert ami.protocol.responses == {}


async def test_an_action_unanswered_at_the_loss_fails_and_is_never_repeated(fake, ami):
    fake.answers["Originate"] = None
    await ami.start()
    asked = asyncio.create_task(ami.ask({"Action": "Originate", "Channel": "PJSIP/x"}))
    await fake.got("Originate")

    fake.drop()

    with pytest.raises(AmiDown, match="lost before the answer"):
        await asked
    await fake.got("Login", times=2)
    await fake.got("Ping", times=2)
    assert [message["Action"] for message in fake.received].count("Originate") == 1


async def test_a_hung_asterisk_is_noticed_and_left(fake, ami):
    await ami.start()

    fake.answers["Ping"] = None
    await fake.got("Ping")
    assert ami.connected

    await fake.got("Login", times=2)
    assert fake.received[-1]["Action"] == "Login"


async def test_a_list_that_is_refused_does_not_wait_for_its_end(fake, ami):
    fake.answers["QueueStatus"] = b"Response: Error\r\nMessage: No such queue\r\n"
    await ami.start()

    (answer,) = await ami.ask_list({"Action": "QueueStatus", "Queue": "x"})

    assert answer.message == "No such queue"


async def test_added_to_a_queue_is_one_answer_and_not_a_list(fake, ami):
    fake.answers["QueueAdd"] = b"Response: Success\r\nMessage: Added interface to queue\r\n"
    await ami.start()

    assert (await ami.ask({"Action": "QueueAdd"})).success


async def test_a_wrong_secret_is_a_clear_error(fake, ami):
    fake.answers["Login"] = b"Response: Error\r\nMessage: Authentication failed\r\n"

    with pytest.raises(AmiRefused, match=r"refused user 'ivr'.*manager\.conf"):
        await ami.start()

    assert not ami.connected


async def test_a_secret_mended_later_connects_by_itself(fake, ami):
    fake.answers["Login"] = b"Response: Error\r\nMessage: Authentication failed\r\n"
    with pytest.raises(AmiRefused):
        await ami.start()

    del fake.answers["Login"]

    async with asyncio.timeout(5):
        await ami.wait_connected()


async def test_nobody_listening_is_a_clear_error():
    ami = Ami("127.0.0.1", 1, "ivr", SECRET, again=0.05)

    with pytest.raises(AmiDown, match=r"no AMI at 127\.0\.0\.1:1"):
        await ami.start(within=0.2)

    await ami.close()


async def test_asking_without_a_connection_fails_at_once():
    ami = Ami("127.0.0.1", 1, "ivr", SECRET)

    with pytest.raises(AmiDown, match="not connected yet"):
        await ami.ask({"Action": "Ping"})


@pytest.mark.parametrize("value", ["A=1\r\nApplication: System", "a\nb", "a\rb", ["good", "a\nb"]])
async def test_a_line_break_in_a_value_is_refused(fake, ami, value):
    await ami.start()

    with pytest.raises(BadAction, match="line break in 'Variable'"):
        await ami.ask({"Action": "Originate", "Variable": value})

    assert b"Originate" not in fake.raw


async def test_a_line_break_in_a_name_is_refused(fake, ami):
    await ami.start()

    with pytest.raises(BadAction):
        await ami.ask({"Action": "Ping", "X: y\r\nZ": "1"})


async def test_the_secret_is_neither_sent_nor_logged_nor_shown(fake, ami, caplog):
    caplog.set_level(logging.DEBUG)
    await ami.start()
    fake.drop()
    await fake.got("Login", times=2)

    assert SECRET.encode() not in fake.raw
    assert SECRET not in caplog.text + repr(ami) + repr(ami.config)


async def test_what_asterisk_tells_of_callers_is_not_logged(fake, ami, caplog):
    caplog.set_level(logging.DEBUG)
    events = heard(ami)
    await ami.start()

    fake.send("Event: Newchannel\r\nCallerIDNum: +79161234567\r\nCallerIDName: Иванов\r\n\r\n".encode())
    await next_of(events)

    assert "79161234567" not in caplog.text
    assert "Иванов" not in caplog.text
