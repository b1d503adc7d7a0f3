"""Workers die and hang; callers are asked by keys within a second, and the next question is heard again."""

import asyncio
import os
import signal

import pytest

from ivr.listen.trouble import BadModel, CannotListen
from tests.listen.far_asterisk import BY_FILE, noise, silence
from tests.phone.far_phone import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO = BY_FILE["02"]


async def _speaking(caller):
    """In the middle of a long number."""
    await caller.engine(step="digits", silence="5000")
    await caller.speak(BY_FILE["12"].audio[:16_000], pace=0.001)
    return asyncio.create_task(caller.speak(silence(5)))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV])
async def test_a_worker_that_dies_or_hangs_fails_its_question_within_a_second(start, connect, number):
    server = await start()
    caller = await connect(server)
    (pid,) = server.pool.pids
    speaking = await _speaking(caller)
    began = asyncio.get_running_loop().time()
    os.kill(pid, number)

    result = (await asyncio.wait_for(caller.results.get(), 3))[-1]
    took = asyncio.get_running_loop().time() - began
    speaking.cancel()

    assert (result["text"], result["grammar"]) == ("", "failed")
    assert took < 1.0
    await until(lambda: server.health().workers_ready == 1 and pid not in server.pool.pids, 3)
    assert (await caller.ask("yesno", NO.audio))["text"] == "нет"
    assert server.metrics.value("worker_restarts_total") == 1
    assert server.metrics.value("results_total", outcome="failed") == 1


async def test_the_death_of_one_worker_is_not_noticed_by_callers_of_another(start, connect):
    server = await start(workers=2)
    callers = [await connect(server) for _ in range(2)]
    speaking = [await _speaking(caller) for caller in callers]
    os.kill(server.pool.pids[0], signal.SIGKILL)

    await until(lambda: sum(caller.pushed for caller in callers) == 1)
    await until(lambda: server.health().workers_ready == 2)
    assert sorted(caller.pushed for caller in callers) == [0, 1]
    for task in speaking:
        task.cancel()


async def test_without_any_worker_a_question_is_asked_by_keys(start, connect):
    server = await start()
    caller = await connect(server)
    os.kill(server.pool.pids[0], signal.SIGSTOP)
    await until(lambda: server.health().workers_ready == 0, 2)

    assert (await caller.ask("yesno", NO.audio))["grammar"] == "failed"


async def test_two_callers_at_once_hear_their_own_answers(start, connect):
    server = await start(workers=2)
    callers = [await connect(server) for _ in range(2)]

    results = await asyncio.gather(callers[0].ask("yesno", NO.audio), callers[1].ask("command", BY_FILE["06"].audio))

    assert [result["text"] for result in results] == ["нет", BY_FILE["06"].text]


async def test_of_twenty_callers_at_once_no_answer_is_lost(start, connect):
    server = await start(workers=2)
    spoken = list(BY_FILE.values())
    callers = [await connect(server) for _ in spoken]

    async def one(caller, sample):
        await caller.engine(step=sample.grammar)
        speaking = asyncio.create_task(caller.speak(sample.audio + silence(2)))  # in real time
        result = (await asyncio.wait_for(caller.results.get(), 20))[-1]
        speaking.cancel()
        return result["text"]

    heard = await asyncio.gather(*(one(*pair) for pair in zip(callers, spoken, strict=True)))

    assert heard == [sample.text for sample in spoken]
    assert [caller.pushed for caller in callers] == [1] * len(spoken)
    assert server.metrics.value("dropped_frames_total") == 0
    assert server.metrics.value("answer_seconds_count") == len(spoken)


async def test_audio_that_comes_too_fast_is_dropped_and_counted_and_memory_is_bounded(start, connect):
    server = await start()
    caller = await connect(server)
    os.kill(server.pool.pids[0], signal.SIGSTOP)  # within the second that it takes to be noticed
    await caller.engine(step="digits")
    for _ in range(4000):
        await caller.connection.send(noise(0.02))

    await until(lambda: server.metrics.value("dropped_frames_total") > 0)
    await until(lambda: server.health().workers_ready == 1)


async def test_a_server_that_ends_asks_its_callers_by_keys(start, connect):
    server = await start()
    caller = await connect(server)
    speaking = await _speaking(caller)

    await server.close()

    result = (await asyncio.wait_for(caller.results.get(), 2))[-1]
    speaking.cancel()
    assert result["grammar"] == "failed"


async def test_a_server_that_is_started_again_hears_again(start, connect):
    first = await start()
    port = first.port
    await connect(first)
    await first.close()

    second = await start(port=port)

    assert (await (await connect(second)).ask("yesno", NO.audio))["text"] == "нет"


async def test_a_server_without_a_usable_model_does_not_start(start, tmp_path):
    with pytest.raises(BadModel, match="ivr models install"):
        await start(model=tmp_path, workers=2)


async def test_a_server_whose_port_is_taken_says_so(server, start):
    with pytest.raises(CannotListen, match=r"listen\.port"):
        await start(port=server.port)


async def test_no_worker_outlives_its_server(start):
    server = await start(workers=2)
    pids = server.pool.pids

    await server.close()

    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
