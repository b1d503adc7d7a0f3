"""The line of a story heard by the recogniser in real calls: words or keys, whichever is complete first."""

import time

import pytest

from ivr.dialogue.line import Hearing, Keypad, Keys, Silence, Unclear
from tests.line.asked import DIGITS, SPECIALITY, prompts, prompts_played
from tests.listen.far_asterisk import BY_FILE

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("line-words")]


async def test_words_answer_and_stop_the_prompt_with_their_other_readings(ears, call):
    async def body(line):
        began = time.monotonic()
        answer = await line.ask(prompts(10), Keypad(), Hearing("specialty", best=3))
        return await line.hears(), answer, time.monotonic() - began

    hears, answer, seconds = await call("say-13-quiet", body)

    assert hears
    assert answer.text == BY_FILE["13"].text
    assert answer.others
    assert all(answer.others)
    assert answer.text not in answer.others
    assert seconds < 15  # the prompt lasts twenty


async def test_keys_answer_the_same_question_and_a_number_is_collected(ears, call):
    async def body(line):
        return [
            await line.ask(prompts(), Keypad(), SPECIALITY),
            await line.ask(prompts(), Keypad(longest=16, first=3, between=3), DIGITS),
            await line.ask(prompts(), Keypad(longest=4, first=3, between=3), DIGITS),
            await line.ask(prompts(), Keypad(longest=2, first=3, settle=0.4), DIGITS),
            await line.ask(prompts(), Keypad(longest=2, first=3, settle=0.4), DIGITS),
            await line.ask([], Keypad(longest=4, first=0.5), DIGITS),
        ]

    answers = await call("pressww5w12#w#w34w9*56", body)

    assert answers == [Keys("5"), Keys("12"), Keys("", ended=True), Keys("34"), Keys("56"), Silence()]


async def test_a_voice_between_keys_loses_none_of_them(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(longest=4, first=3, between=3), DIGITS)

    assert await call("keys-hum-keys", body) == Keys("1234")


async def test_a_key_after_a_voice_answers(ears, call):
    async def body(line):
        return await line.ask(prompts(5), Keypad(first=3), SPECIALITY)

    assert await call("hum-keys", body) == Keys("7")


@pytest.mark.parametrize(("far_end", "long"), [("hum-part", 5), ("late-part", 1)])
async def test_half_a_number_ends_by_the_pause_between_keys_whatever_was_heard_before(ears, call, far_end, long):
    async def body(line):
        answer = await line.ask(prompts(long), Keypad(longest=16, first=8, between=0.7), DIGITS)
        return answer, time.monotonic()

    began = time.monotonic()
    answer, ended = await call(far_end, body)

    assert answer == Keys("12")
    assert ended - began < 7  # by the first pause, or that of a spoken answer, it would be twelve and more


async def test_a_lone_terminator_is_told_from_silence_to_the_end(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(longest=4, first=2.5), DIGITS)

    assert await call("late-end", body) == Keys("", ended=True)


async def test_nobody_speaks(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(first=0.5), SPECIALITY)

    assert await call("say-hush", body) == Silence()


async def test_a_sound_without_words_costs_the_prompt_once_and_the_answer_is_heard_after_it(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(first=5), Hearing("digits"))

    answer = await call("say-hum-word", body)

    assert answer.text == BY_FILE["10"].text
    assert prompts_played(call) == 2


async def test_a_sound_after_the_prompt_does_not_bring_it_back(ears, call):
    async def body(line):
        return await line.ask([], Keypad(first=4), Hearing("digits"))

    answer = await call("say-hum", body)

    assert answer == Unclear()
    assert prompts_played(call) == 0


async def test_an_answer_that_begins_late_and_lasts_is_heard_to_its_end_without_barge_in(ears, call):
    """He begins half a second behind the prompt, and goes on beyond the pause."""

    async def body(line):
        return await line.ask(prompts(), Keypad(first=1.2), Hearing("digits", barge=False))

    answer = await call("say-10-late", body)

    assert answer.text == BY_FILE["10"].text


async def test_without_barge_in_words_over_the_prompt_are_heard(ears, call):
    async def body(line):
        return await line.ask(prompts(), Keypad(first=5), Hearing("specialty", barge=False))

    answer = await call("say-13-quiet", body)

    assert answer.text == BY_FILE["13"].text
    assert prompts_played(call) == 1


async def test_on_a_trunk_with_echo_nothing_is_heard_while_the_prompt_plays(ears, call):
    async def body(line):
        await line._call.set("IVR_BARGE", "0")
        return await line.ask(prompts(), Keypad(first=6), Hearing("yesno"))

    answer = await call("say-no-no-yes", body)

    assert answer.text == BY_FILE["01"].text
    assert prompts_played(call) == 1
