"""The speech socket as Asterisk uses it, and as somebody else might."""

import asyncio

import pytest
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.listen.far_asterisk import BY_FILE, FarAsterisk, noise, silence
from tests.phone.far_phone import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO = BY_FILE["02"]


async def test_set_up_repeats_the_codec(caller):
    answer = await caller.request("setup", version="0.1.0", codecs=[{"name": "slin"}], params={"engine": "vosk"})

    assert answer["codecs"] == [{"name": "slin"}]


async def test_a_codec_that_cannot_be_heard_is_refused(caller):
    answer = await caller.request("setup", version="0.1.0", codecs=[{"name": "ulaw"}])

    assert "slin" in answer["error_msg"]


async def test_what_was_set_can_be_got(caller):
    await caller.engine(step="yesno")

    answer = await caller.request("get", params=["step", "unheard", "results"])

    assert answer["params"] == {"step": "yesno", "unheard": "", "results": []}


async def test_a_slow_vocabulary_holds_no_answer_up_and_loses_no_word(start, connect):
    def slow(step):
        import time

        time.sleep(0.5)
        return ["да", "нет"]

    caller = await connect(await start(words=slow))
    began = asyncio.get_running_loop().time()
    await caller.engine(step="yesno")
    assert asyncio.get_running_loop().time() - began < 0.3

    assert (await caller.listen(NO.audio, quiet=2, pace=0.01))["text"] == "нет"


async def test_a_key_without_vocabulary_is_asked_by_keys_at_once(caller):
    result = await caller.ask("nobody-knows", NO.audio)

    assert (result["text"], result["grammar"]) == ("", "failed")


async def test_an_option_that_cannot_be_is_asked_by_keys(caller):
    assert (await caller.ask("yesno", NO.audio, silence="soon"))["grammar"] == "failed"
    assert (await caller.ask("yesno", NO.audio))["text"] == "нет"


async def test_an_unknown_request_is_answered_with_an_error(caller):
    answer = await caller.request("sing", params={})

    assert answer["error_msg"] == "not supported"


async def test_exactly_one_result_for_a_question_however_much_follows(caller):
    await caller.ask("yesno", NO.audio)
    await caller.speak((NO.audio + silence(1)) * 3, pace=0.001)
    await caller.engine(pause="1")

    assert caller.pushed == 1


async def test_keys_end_the_question_without_a_result(caller):
    await caller.engine(step="yesno")
    await caller.speak(NO.audio, pace=0.001)
    await caller.engine(dtmf="1")
    await caller.speak(silence(2), pace=0.001)
    await caller.engine(pause="1")

    assert caller.pushed == 0


async def test_a_new_question_takes_the_place_of_one_without_answer(caller):
    await caller.engine(step="digits")
    await caller.speak(BY_FILE["10"].audio[:8000], pace=0.001)

    assert (await caller.ask("yesno", NO.audio))["text"] == "нет"
    assert caller.pushed == 1


async def test_options_of_a_connection_hold_until_a_question_says_otherwise(server, connect):
    caller = await connect(server, barge="1")

    assert (await caller.ask("command", BY_FILE["07"].audio, barge="0"))["grammar"] == "command"
    assert (await caller.ask("command", BY_FILE["07"].audio))["grammar"] == "barge"


async def test_nonsense_does_no_harm(server, caller):
    before = server.metrics.value("bad_messages_total")
    for text in ("", "not json", "[]", "7", "{}", '{"request":5,"id":"x"}', "[" * 5000, '{"request":"set"}'):
        await caller.connection.send(text)
    await caller.engine(step="yesno")
    await caller.connection.send(b"")
    await caller.connection.send(noise(0.02)[:-1])

    assert (await caller.listen(NO.audio))["text"] == "нет"
    assert server.metrics.value("bad_messages_total") - before == 9


async def test_audio_before_set_up_is_passed_over(server):
    async with open_socket(f"ws://127.0.0.1:{server.port}", subprotocols=["speech_to_text"]) as connection:
        await connection.send(noise(0.02))
        far_end = FarAsterisk(connection)
        await far_end.request("setup", version="0.1.0", codecs=[{"name": "slin"}])

        assert (await far_end.ask("yesno", NO.audio))["text"] == "нет"
        await far_end.close()


async def test_a_huge_message_ends_its_own_connection_only(server, caller, connect):
    other = await connect(server)
    await other.connection.send(bytes(1_000_000))
    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(other.reading, 5)

    assert (await caller.ask("yesno", NO.audio))["text"] == "нет"


async def test_another_protocol_is_refused(server):
    with pytest.raises(InvalidStatus, match="400"):
        async with open_socket(f"ws://127.0.0.1:{server.port}", subprotocols=["mqtt"]):
            pass


async def test_a_caller_who_hangs_up_in_mid_word_leaves_nothing_behind(server, connect):
    caller = await connect(server)
    await caller.engine(step="digits")
    await caller.speak(BY_FILE["12"].audio[:16_000], pace=0.001)
    caller.connection.transport.abort()

    await until(lambda: server.health().streams == 0)
    await until(lambda: server.metrics.value("questions") == 0)
