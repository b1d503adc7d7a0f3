"""One AGI session over a real socket, with every kind of answer Asterisk was seen to give, and some it was not."""

import asyncio

import pytest

from ivr.dialogue.line import CallerHungUp
from ivr.phone.agi import AgiCall, AgiFailure
from ivr.phone.agi_text import BadArgument
from tests.phone.far_end import HEADERS


class Conversation:
    """A route that runs one coroutine over the session and keeps what came of it."""

    def __init__(self, body):
        self._body = body
        self.outcome = asyncio.get_running_loop().create_future()
        self.outcome.add_done_callback(asyncio.Future.exception)  # seen, even where no test asks how it ended

    async def __call__(self, call: AgiCall):
        try:
            self.outcome.set_result(await self._body(call))
        except Exception as problem:
            self.outcome.set_exception(problem)

    async def ended(self):
        async with asyncio.timeout(5):
            return await self.outcome


@pytest.fixture
def converse(serve):
    """converse(body, *answers): the far end gives one answer to each command, None closes."""

    async def start(body, *answers: bytes):
        conversation = Conversation(body)
        far_end = await serve(conversation)
        far_end.send(HEADERS)
        for answer in answers:
            assert await far_end.line()
            far_end.send(answer)
        return conversation, far_end

    return start


async def two_values(call):
    return [await call.get("N1"), await call.get("N2")]


async def test_a_hangup_line_does_not_shift_the_answers(converse):
    async def body(call):
        first = await call.get("N1")
        await call.hung_up.wait()
        with pytest.raises(CallerHungUp):
            await call.get("N2")
        return first

    conversation, _ = await converse(body, b"200 result=1 (one)\nHANGUP\n")

    assert await conversation.ended() == "one"


async def test_a_hangup_while_the_program_is_busy_is_told_at_once(converse):
    async def body(call):
        await call.get("N1")
        await call.hung_up.wait()
        return "told"

    conversation, far_end = await converse(body, b"200 result=1 (one)\n")
    await asyncio.sleep(0.01)
    far_end.send(b"HANGUP\n")

    assert await conversation.ended() == "told"


@pytest.mark.parametrize("ending", [b"", b"200 resu"], ids=["between answers", "inside an answer"])
async def test_the_end_of_the_stream_is_a_hangup(converse, ending):
    conversation, far_end = await converse(two_values, b"200 result=1 (one)\n")
    await far_end.line()

    far_end.send(ending)
    await far_end.close()

    with pytest.raises(CallerHungUp):
        await conversation.ended()


async def test_a_half_closed_socket_is_a_hangup(converse):
    conversation, far_end = await converse(two_values, b"200 result=1 (one)\n")

    far_end.writer.write_eof()

    with pytest.raises(CallerHungUp):
        await conversation.ended()


async def test_a_reset_connection_is_a_hangup(converse):
    conversation, far_end = await converse(two_values, b"200 result=1 (one)\n")

    far_end.writer.transport.abort()

    with pytest.raises(CallerHungUp):
        await conversation.ended()


async def test_a_command_interrupted_by_a_hangup_is_a_hangup(converse):
    conversation, _ = await converse(lambda call: call.execute("Playback", "a"), b"200 result=-1\nHANGUP\n")

    with pytest.raises(CallerHungUp):
        await conversation.ended()


async def test_a_command_that_failed_is_not_a_hangup(converse):
    conversation, _ = await converse(lambda call: call.execute("Playback", "a"), b"200 result=-1\n")

    with pytest.raises(AgiFailure, match="could not"):
        await conversation.ended()


async def test_a_dead_channel_is_a_hangup(converse):
    conversation, _ = await converse(two_values, b"511 Command Not Permitted on a dead channel or intercept routine\n")

    with pytest.raises(CallerHungUp):
        await conversation.ended()


async def test_a_usage_text_of_many_lines_does_not_shift_the_answers(converse):
    async def body(call):
        with pytest.raises(AgiFailure, match="520"):
            await call.get("N1")
        return await call.get("N2")

    conversation, far_end = await converse(body, b"520-Invalid command syntax.\n Usage: GET\n")
    with pytest.raises(TimeoutError):  # the answer is not over yet, so no next command
        await asyncio.wait_for(far_end.reader.readline(), 0.05)
    far_end.send(b"200 result=1 (no)\n520 End of proper usage.\n")
    await far_end.line()
    far_end.send(b"200 result=1 (two)\n")

    assert await conversation.ended() == "two"


async def test_an_unknown_command_is_a_failure(converse):
    conversation, _ = await converse(two_values, b"510 Invalid or unknown command\n")

    with pytest.raises(AgiFailure, match="510 Invalid"):
        await conversation.ended()


@pytest.mark.parametrize("answer", [b"200\n", b"200 \n", b"200 endpos=5\n"])
async def test_an_answer_without_a_result_is_a_failure(converse, answer):
    conversation, _ = await converse(two_values, answer)

    with pytest.raises(AgiFailure, match="without a result"):
        await conversation.ended()


async def test_a_timeout_is_told_from_an_empty_answer(converse):
    conversation, _ = await converse(lambda call: call.send_command("GET DATA x"), b"200 result= (timeout)\n")

    reply = await conversation.ended()

    assert reply.timed_out
    assert reply.result == ""


@pytest.mark.parametrize("value", ["hangup", "timeout", "a (b) c", "a=b", "", "Иванов endpos=5", "two\nlines", ")"])
async def test_a_variable_may_hold_anything(converse, value):
    conversation, _ = await converse(two_values, f"200 result=1 ({value})\n".encode(), b"200 result=1 (two)\n")

    assert await conversation.ended() == [value, "two"]


async def test_a_variable_that_is_not_set_is_none(converse):
    conversation, _ = await converse(two_values, b"200 result=0\n", b"200 result=1 ()\n")

    assert await conversation.ended() == [None, ""]


async def test_a_letter_cut_in_two_does_not_end_the_call(converse):
    conversation, _ = await converse(two_values, "200 result=1 (ИИ".encode()[:-1] + b")\n", b"200 result=1 (two)\n")

    assert await conversation.ended() == ["И\ufffd", "two"]


async def test_a_letter_split_between_segments_is_whole(converse):
    conversation, far_end = await converse(two_values, "200 result=1 (И".encode()[:-1])
    await asyncio.sleep(0.01)

    far_end.send("И".encode()[1:] + b")\n")
    await far_end.line()
    far_end.send(b"200 result=1 (two)\n")

    assert await conversation.ended() == ["И", "two"]


async def test_trying_is_not_the_answer(converse):
    conversation, _ = await converse(
        two_values, b"100 result=0 Trying...\n200 result=1 (one)\n", b"200 result=1 (two)\n"
    )

    assert await conversation.ended() == ["one", "two"]


async def test_a_line_that_answers_nothing_is_left_out(converse):
    conversation, _ = await converse(two_values, b"\x00\xff junk\n200 result=1 (one)\n", b"200 result=1 (two)\n")

    assert await conversation.ended() == ["one", "two"]


async def test_an_answer_without_measure_is_a_failure(converse):
    conversation, _ = await converse(two_values, b"200 result=1 (" + b"x" * 100_000)

    with pytest.raises(AgiFailure, match="too long"):
        await conversation.ended()


async def test_a_command_that_is_never_answered_is_given_up_for_good(converse):
    async def body(call):
        with pytest.raises(AgiFailure, match="no answer to GET"):
            await call.send_command("GET VARIABLE", "N1", within=0.05)
        with pytest.raises(AgiFailure, match="no answer to GET"):
            await call.get("N2")

    conversation, far_end = await converse(body)
    await far_end.line()

    await conversation.ended()


async def test_a_cancelled_command_does_not_leave_its_answer_to_the_next(converse):
    async def body(call):
        first = asyncio.create_task(call.get("N1"))
        await asyncio.sleep(0)
        first.cancel()
        return await call.get("N2")

    conversation, _ = await converse(body, b"200 result=1 (one)\n", b"200 result=1 (two)\n")

    assert await conversation.ended() == "two"


@pytest.mark.parametrize("value", ["a\nHANGUP", "a\rb", "a\0b", "\ud83d"])
async def test_a_value_that_would_be_a_command_is_refused(converse, value):
    async def body(call):
        with pytest.raises(BadArgument):
            await call.set("X", value)
        await call.set("X", "good")

    conversation, _ = await converse(body, b"200 result=1\n")

    await conversation.ended()


async def test_a_command_too_long_for_asterisk_is_refused(converse):
    conversation, _ = await converse(lambda call: call.set("X", "я" * 1500))

    with pytest.raises(BadArgument, match="3020 bytes"):
        await conversation.ended()


async def test_a_comma_cannot_smuggle_an_argument_into_an_application(converse):
    conversation, _ = await converse(lambda call: call.execute("Read", "X", "sound,5"))

    with pytest.raises(BadArgument, match="comma"):
        await conversation.ended()


async def test_every_argument_is_quoted(converse):
    async def body(call):
        await call.set("X", 'a "b" \\ c')

    _, far_end = await converse(body)

    assert await far_end.line() == b'SET VARIABLE "X" "a \\"b\\" \\\\ c"\n'


async def test_calls_do_not_wait_for_each_other(serve):
    async def body(call):
        return await call.get("N1")

    first = await serve(Conversation(body))
    first.send(HEADERS)
    await first.line()
    others = [await first.again() for _ in range(20)]
    for other in others:
        other.send(HEADERS)

    assert [await other.line() for other in others] == [b'GET VARIABLE "N1"\n'] * 20
    for other in others:
        await other.close()
