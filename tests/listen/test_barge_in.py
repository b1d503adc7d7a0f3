"""The prompt stops when the caller speaks, and not for a cough; the answer then comes once."""

import asyncio

import pytest

from tests.listen.far_asterisk import BY_FILE, hum, noise, silence

pytestmark = pytest.mark.asyncio(loop_scope="module")

APPOINTMENT = BY_FILE["13"]


async def _pair(caller, audio, step="specialty"):
    await caller.engine(step=step, barge="1")
    speaking = asyncio.create_task(caller.speak(audio, pace=0.005))
    first = (await asyncio.wait_for(caller.results.get(), 10))[-1]
    second = (await asyncio.wait_for(caller.results.get(), 10))[-1]
    await speaking
    return first, second


async def test_the_onset_is_told_at_once_and_the_whole_answer_afterwards(caller):
    onset, answer = await _pair(caller, silence(1) + APPOINTMENT.audio + silence(2))

    assert (onset["text"], onset["grammar"], onset["score"]) == ("", "barge", 0)
    assert (answer["text"], answer["grammar"]) == (APPOINTMENT.text, "specialty")
    assert caller.pushed == 2


async def test_the_onset_comes_within_three_tenths_of_a_second_of_speech(caller):
    await caller.engine(step="digits", barge="1")
    await caller.speak(silence(1), pace=0.001)
    began = asyncio.get_running_loop().time()
    speaking = asyncio.create_task(caller.speak(BY_FILE["12"].audio))

    result = (await asyncio.wait_for(caller.results.get(), 5))[-1]
    took = asyncio.get_running_loop().time() - began
    speaking.cancel()

    assert result["grammar"] == "barge"
    assert 0.2 < took < 1.0  # the recording itself begins with some noise


async def test_barge_in_can_be_off(caller):
    result = await caller.ask("specialty", silence(1) + APPOINTMENT.audio, barge="0")

    assert result["text"] == APPOINTMENT.text
    assert caller.pushed == 1


async def test_a_rustle_neither_stops_the_prompt_nor_answers(caller):
    await caller.engine(step="yesno", barge="1")
    await caller.speak(silence(1) + noise(0.5, 4000) + silence(3), pace=0.001)

    assert (await caller.ask("yesno", BY_FILE["02"].audio, barge="0"))["text"] == "нет"
    assert caller.pushed == 1


async def test_a_false_start_is_followed_by_an_answer_too_so_that_the_prompt_can_be_played_again(caller):
    onset, answer = await _pair(caller, silence(1) + hum(0.5) + silence(6), step="yesno")

    assert (onset["grammar"], answer["grammar"]) == ("barge", "yesno")
    assert caller.pushed == 2


async def test_an_endless_hum_after_a_false_start_ends_too(caller):
    onset, answer = await _pair(caller, silence(1) + hum(12))

    assert (onset["grammar"], answer["grammar"]) == ("barge", "specialty")


async def test_an_answer_shorter_than_the_onset_comes_alone(caller):
    word = BY_FILE["01"]

    result = await caller.ask("yesno", word.audio, barge="1")

    assert result["grammar"] in ("barge", "yesno")


async def test_the_answer_is_told_though_the_telephone_falls_silent_after_the_onset(caller):
    await caller.engine(step="specialty", barge="1", silence="400")
    await caller.speak(silence(0.5) + APPOINTMENT.audio[: int(len(APPOINTMENT.audio) * 0.6)], pace=0.001)

    grammars = [(await asyncio.wait_for(caller.results.get(), 5))[-1]["grammar"] for _ in range(2)]

    assert grammars == ["barge", "specialty"]


async def test_behind_a_prompt_that_may_not_be_stopped_the_voice_is_told(caller):
    await caller.engine(ask="specialty barge=1 prompt=600")
    speaking = asyncio.create_task(caller.speak(APPOINTMENT.audio + silence(2), pace=0.002))

    first = (await asyncio.wait_for(caller.results.get(), 10))[-1]
    told = await caller.request("get", params=["told"])
    answer = (await asyncio.wait_for(caller.results.get(), 10))[-1]
    await speaking

    assert (first["grammar"], told["params"]) == ("barge", {"told": "1"})
    assert answer["text"] == APPOINTMENT.text
    assert (await caller.request("get", params=["told"]))["params"] == {"told": "2"}


async def test_sounds_and_unknown_words_do_not_stop_such_a_prompt_and_known_words_do(caller):
    unknown = BY_FILE["09"].audio + silence(1.5)
    await caller.engine(ask="digits barge=1 prompt=60000")
    await caller.speak(silence(0.5) + hum(0.6) + silence(1.5) + unknown, pace=0.002)
    assert caller.pushed == 0

    result = await caller.listen(BY_FILE["10"].audio)

    assert result["text"] == BY_FILE["10"].text
    assert caller.pushed == 1


async def test_with_echo_nothing_is_heard_of_the_prompt(caller):
    prompt = BY_FILE["02"].audio + silence(1)
    await caller.engine(ask=f"yesno barge=0 echo=1 prompt={len(prompt) // 16}")

    result = await caller.listen(prompt + silence(0.5) + BY_FILE["01"].audio)

    assert result["text"] == BY_FILE["01"].text
