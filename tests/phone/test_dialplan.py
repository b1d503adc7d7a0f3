"""Whatever happens to the program, the caller hears an apology and waits for a person: never silence, never dropped."""

import asyncio

import pytest

from ivr.dialogue.line import CallerHungUp, Keypad, Utterance
from ivr.phone.render import render
from ivr.phone.server import PhoneServer
from tests.asterisk import phone_config
from tests.phone.far_phone import until

APOLOGY = ("ivr-inbound Playback ", "ivr-operators Queue operators")
HELLO = Utterance("hello", "слова")


async def to_a_person(line, caller, key):
    await line.transfer()


async def test_the_program_is_down(phone):
    await phone.call()

    await phone.reaches("ivr-inbound AGI", *APOLOGY)


async def test_the_program_is_down_and_no_operator_is_there(phone):
    await phone.call()

    await phone.reaches(*APOLOGY, "ivr-operators ExecIf 1?Play", "ivr-operators MusicOnHold", "ivr-operators Queue")


async def test_the_program_dies_in_mid_call(answer_calls, phone):
    async def dies(line, caller, key):
        asyncio.get_running_loop().call_later(0.1, line._call.writer.transport.abort)
        await line.ask([HELLO], Keypad(first=0.3))

    await answer_calls(dies)
    await phone.call()

    await phone.reaches(*APOLOGY)


async def test_a_mistake_in_a_story(answer_calls, phone, caplog):
    async def wrong(line, caller, key):
        await line.play([HELLO])
        raise KeyError("a mistake")

    server = await answer_calls(wrong)
    await phone.call()

    await phone.reaches(*APOLOGY)
    assert server.health().failed == 1
    assert "AGI route failed" in caplog.text


async def test_a_missing_sound(answer_calls, phone):
    async def speechless(line, caller, key):
        await line.play([Utterance("missing", "слова")])

    await answer_calls(speechless)
    await phone.call()

    await phone.reaches(*APOLOGY)


async def test_a_story_that_ends_without_saying_how(answer_calls, phone):
    async def says_nothing(line, caller, key):
        await line.play([HELLO])

    await answer_calls(says_nothing)
    await phone.call()

    await phone.reaches(*APOLOGY)


async def test_a_story_that_hands_over_is_not_apologised_for(answer_calls, phone):
    await answer_calls(to_a_person)
    await phone.call()

    await phone.reaches("ivr-operators Queue")
    assert not phone.has_done("ivr-inbound Playback")


async def test_a_story_may_ask_for_the_apology(answer_calls, phone):
    async def apologises(line, caller, key):
        await line.transfer(apologise=True, reason="storage_down")

    await answer_calls(apologises)
    await phone.call()

    await phone.reaches("ivr-operators ExecIf 1?Playback", "ivr-operators Queue")


async def test_a_story_that_hangs_up_ends_the_call(answer_calls, phone):
    async def goodbye(line, caller, key):
        await line.hang_up()

    await answer_calls(goodbye)
    await phone.call()

    await phone.reaches("ivr-inbound Hangup")
    assert not phone.has_done("ivr-operators")


@pytest.mark.parametrize(("door", "barge"), [("from-trunk", "1"), ("from-phone", "")])
async def test_a_call_by_the_trunk_says_whether_a_voice_may_stop_the_prompt(answer_calls, phone, door, barge):
    told = asyncio.get_running_loop().create_future()

    async def story(line, caller, key):
        told.set_result(await line._call.evaluate("${IVR_BARGE}"))
        await line.hang_up()

    await answer_calls(story)
    await phone.call(to=f"122@{door}")

    assert await asyncio.wait_for(told, 10) == barge


def test_a_trunk_with_echo_is_rendered_without_barge_in(tmp_path):
    render(phone_config(tmp_path, trunk_barge=False), tmp_path, tmp_path / "out")

    assert "Set(IVR_BARGE=0)" in (tmp_path / "out" / "extensions_ivr.conf").read_text()


async def test_a_queue_that_gives_the_caller_back_says_why_and_keeps_his_key(answer_calls, phone):
    keys = []

    async def inbound(line, caller, key):
        keys.append((key, caller.status))
        await line.transfer()

    async def unserved(line, caller, key):
        keys.append((key, caller.status))
        await line.hang_up()

    await answer_calls(inbound, unserved=unserved)
    await phone.call()

    await phone.reaches("ivr-operators Queue", "ivr-operators Hangup")
    assert keys == [(keys[0][0], ""), (keys[0][0], "JOINEMPTY")]
    assert keys[0][0].startswith("ivr-")


async def test_a_caller_who_would_rather_wait_is_queued_again(answer_calls, phone):
    await answer_calls(to_a_person, unserved=to_a_person)
    await phone.call()

    await phone.reaches("ivr-operators Queue", "ivr-operators AGI", "ivr-operators MusicOnHold", "ivr-operators Queue")
    assert not phone.has_done("ivr-operators ExecIf 1?Playback")


async def test_an_operator_answers(answer_calls, phone):
    await phone.cli("queue add member Local/operator@test to operators")
    await answer_calls(to_a_person)
    await phone.call()

    await phone.reaches("ivr-operators Queue", "ivr-screenpop Set PJSIP_HEADER(add,X-Call-Key)=ivr-", "test Answer")


async def test_one_in_the_queue_asks_for_a_call_back(answer_calls, phone):
    taken = []

    async def callback(line, caller, key):
        taken.append(key)
        await line.hang_up()

    await phone.cli("queue add member Local/ringing@test to operators")
    await answer_calls(to_a_person, callback=callback)
    await phone.call("presswwwwww1")

    await phone.reaches("ivr-operators Queue", "ivr-queue-exit AGI", "ivr-queue-exit Hangup")
    assert len(taken) == 1


async def test_a_call_back_that_cannot_be_taken_leaves_the_caller_in_the_queue(answer_calls, phone):
    async def broken(line, caller, key):
        raise RuntimeError("a mistake")

    await phone.cli("queue add member Local/ringing@test to operators")
    await answer_calls(to_a_person, callback=broken)
    await phone.call("presswwwwww1")

    await phone.reaches("ivr-operators Queue", "ivr-queue-exit AGI", "ivr-queue-exit Exec", "ivr-operators Queue")


async def test_more_calls_than_the_program_takes_go_to_a_person_without_an_apology(answer_calls, phone):
    inside = asyncio.Event()

    async def long(line, caller, key):
        inside.set()
        await line.ask([], Keypad(first=30))

    server = await answer_calls(long, max_calls=1)
    await phone.call()
    await asyncio.wait_for(inside.wait(), 10)
    await phone.call()

    await phone.reaches("ivr-operators Queue")
    assert not phone.has_done("ivr-inbound Playback")
    assert (server.health().calls, server.health().refused) == (1, 1)


async def test_a_drain_lets_the_call_finish_and_sends_new_ones_to_a_person(answer_calls, phone):
    inside, may_end = asyncio.Event(), asyncio.Event()

    async def long(line, caller, key):
        inside.set()
        await may_end.wait()
        await line.hang_up()

    server = await answer_calls(long)
    await phone.call()
    await asyncio.wait_for(inside.wait(), 10)
    draining = asyncio.create_task(server.drain(30))
    await asyncio.sleep(0)
    assert not server.health().takes_calls
    await phone.call()
    await phone.reaches("ivr-operators Queue")
    may_end.set()

    await asyncio.wait_for(draining, 5)
    await phone.reaches("ivr-inbound Hangup")
    assert server.health().served == 1
    assert server.health().refused >= 1


async def test_calls_still_running_at_the_end_of_a_drain_go_to_a_person_without_an_apology(answer_calls, phone):
    inside = asyncio.Event()

    async def long(line, caller, key):
        inside.set()
        await line.ask([HELLO], Keypad(first=2))

    server = await answer_calls(long)
    await phone.call()
    await asyncio.wait_for(inside.wait(), 10)
    await asyncio.sleep(0.3)
    await server.drain(0)
    await server.close()

    await phone.reaches("ivr-operators Queue")
    assert not phone.has_done("ivr-inbound Playback")


async def test_behind_closed_doors_no_call_is_begun_and_those_there_go_on(answer_calls, asterisk, phone):
    async def story(line, caller, key):
        await line.ask([HELLO], Keypad(first=30))

    server = await answer_calls(story)
    await phone.call()
    await until(lambda: server.health().calls == 1)

    await asyncio.to_thread(asterisk.close_doors)
    try:
        await phone.call()

        await phone.reaches("ivr-inbound Hangup 34")
        assert server.health().calls == 1
    finally:
        await phone.cli("dialplan set global IVR_CLOSED 0")


async def test_a_hung_program_releases_the_channel_when_the_caller_goes(asterisk, phone):
    connected = asyncio.get_running_loop().create_future()
    config = asterisk.config
    server = await asyncio.start_server(
        lambda _, writer: connected.set_result(writer), config.agi_host, config.agi_port
    )
    await phone.call()
    writer = await asyncio.wait_for(connected, 10)

    await phone.cli("channel request hangup all")

    await until(lambda: "0 active channels" in asterisk.cli("core show channels"), 5)
    writer.close()
    server.close()


async def test_a_caller_who_goes_ends_his_story(answer_calls, phone):
    ended = asyncio.get_running_loop().create_future()

    async def story(line, caller, key):
        try:
            await line.ask([HELLO], Keypad(first=30))
        except CallerHungUp:
            ended.set_result(True)
            raise

    server = await answer_calls(story)
    await phone.call()
    await until(lambda: server.health().calls == 1)
    await phone.hang_up()

    assert await asyncio.wait_for(ended, 2)
    await until(lambda: server.health().served == 1)
    assert server.health().failed == 0


async def test_a_story_is_needed_for_every_route(answer_calls, asterisk, voice):
    with pytest.raises(ValueError, match="callback, outbound, unserved"):
        PhoneServer(asterisk.config, voice, {"inbound": to_a_person})


async def test_a_caller_in_danger_waits_before_all_others(answer_calls, phone):
    async def in_danger(line, caller, key):
        await line.transfer(urgent=True)

    await answer_calls(in_danger)
    await phone.call()

    await phone.reaches("ivr-operators ExecIf 1?Set(QUEUE_PRIO=100)", "ivr-operators Queue operators")


async def test_other_callers_wait_in_their_turn(answer_calls, phone):
    await answer_calls(to_a_person)
    await phone.call()

    await phone.reaches("ivr-operators ExecIf 0?Set(QUEUE_PRIO=100)", "ivr-operators Queue operators")


async def test_calls_of_the_trunk_are_told_whether_a_voice_may_stop_a_prompt(answer_calls, phone):
    seen = asyncio.get_running_loop().create_future()

    async def looks(line, caller, key):
        seen.set_result(await line._call.evaluate("${IVR_BARGE}"))
        await line.hang_up()

    await answer_calls(looks)
    await phone.call(to="122@from-trunk")

    async with asyncio.timeout(10):
        assert await seen == "1"
