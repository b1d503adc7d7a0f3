"""What callers say comes back as words: the tiny model on recordings, question by question."""

import asyncio

import pytest

from tests.listen.far_asterisk import BY_FILE, noise, samples, silence

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.file)
async def test_a_recording_is_understood_with_the_words_of_its_question(caller, sample):
    result = await caller.ask(sample.grammar, sample.audio, silence="600")

    assert result["text"] == sample.text
    assert result["grammar"] == sample.grammar
    assert isinstance(result["score"], int)
    assert 0 < result["score"] <= 100


async def test_one_connection_answers_many_questions_each_with_its_own_words(caller):
    heard = [(await caller.ask(BY_FILE[name].grammar, BY_FILE[name].audio))["text"] for name in ("02", "06", "10")]

    assert heard == [BY_FILE[name].text for name in ("02", "06", "10")]


async def test_words_of_another_question_are_told_as_unknown(caller):
    result = await caller.ask("digits", BY_FILE["09"].audio)

    assert "[unk]" in result["text"]


async def test_without_phrases_any_word_of_the_model_is_understood(caller):
    result = await caller.ask("anything", BY_FILE["07"].audio)

    assert result["text"] == BY_FILE["07"].text


async def test_words_that_the_model_does_not_know_do_not_harm_the_others(start, connect):
    server = await start(words=lambda step: ["абракадабра", "да абракадабра", "Нет"])
    caller = await connect(server)

    assert (await caller.ask("yesno", BY_FILE["02"].audio))["text"] == "нет"


async def test_a_question_of_unknown_words_only_is_asked_by_keys_and_kills_nobody(start, connect):
    server = await start(words=lambda step: ["абракадабра"])
    caller = await connect(server)

    result = await caller.ask("strange", BY_FILE["02"].audio)

    assert (result["text"], result["grammar"]) == ("", "failed")
    assert server.health().restarts == 0


async def test_a_number_dictated_in_groups_is_one_answer(caller):
    dictated = BY_FILE["10"].audio + silence(0.9) + BY_FILE["11"].audio

    result = await caller.ask("digits", dictated, silence="1600")

    assert result["text"] == f"{BY_FILE['10'].text} {BY_FILE['11'].text}"


async def test_enough_words_end_the_answer_before_the_long_silence_does(caller):
    await caller.engine(step="digits", silence="5000", enough="4")

    result = await caller.listen(BY_FILE["10"].audio, quiet=1.5)

    assert result["text"] == BY_FILE["10"].text


async def test_several_readings_come_with_the_best_one_last_as_asterisk_turns_the_list_round(caller):
    await caller.engine(step="time", best="4")
    speaking = asyncio.create_task(caller.speak(BY_FILE["19"].audio + silence(2), pace=0.001))
    results = await asyncio.wait_for(caller.results.get(), 10)
    await speaking

    assert results[-1]["text"] == BY_FILE["19"].text
    assert 1 < len(results) <= 4
    assert [result["best"] for result in results] == list(range(len(results)))[::-1]
    assert results[-1]["score"] == max(result["score"] for result in results)


async def test_silence_is_no_answer(caller):
    await caller.engine(step="yesno")
    await caller.speak(silence(8), pace=0.001)

    assert (await caller.listen(BY_FILE["02"].audio))["text"] == "нет"
    assert caller.pushed == 1


async def test_clicks_are_no_answer(caller):
    await caller.engine(step="yesno", barge="1")
    await caller.speak((noise(0.05, 6000) + silence(1.2)) * 4, pace=0.001)

    assert (await caller.listen(silence(0.4) + BY_FILE["02"].audio))["grammar"] in ("barge", "yesno")
    assert caller.pushed == 1


async def test_steady_noise_hides_neither_the_answer_nor_its_end(caller):
    sample = BY_FILE["06"]
    hum = noise(6, 300)
    begin = 16_000 * 2
    spoken = _mixed(hum, sample.audio, begin)

    result = await caller.ask(sample.grammar, spoken, barge="0")

    assert result["text"] == sample.text


async def test_an_answer_ends_though_the_telephone_sends_nothing_after_it(caller):
    await caller.engine(step="yesno", silence="400")
    voiced = BY_FILE["02"].audio
    await caller.speak(voiced[: int(len(voiced) * 0.75)], pace=0.001)

    result = (await asyncio.wait_for(caller.results.get(), 3))[-1]

    assert (result["text"], result["grammar"]) == ("нет", "yesno")


async def test_endless_speech_is_cut(caller):
    await caller.engine(step="digits", longest="3000")

    result = await caller.listen(BY_FILE["12"].audio * 3, quiet=0)

    assert result["text"].startswith("ноль три")
    assert len(result["text"].split()) < 16


def _mixed(background, spoken, begin):
    import numpy as np

    mixed = np.frombuffer(background, "<i2").astype(int)
    voice = np.frombuffer(spoken, "<i2")
    mixed[begin // 2 : begin // 2 + len(voice)] += voice
    return mixed.clip(-32768, 32767).astype("<i2").tobytes()
