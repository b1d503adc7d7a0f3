"""What the administrator and the dialogue see of recognition; what nobody may see."""

import asyncio
import json
import logging
import os
import signal
import urllib.error
import urllib.request

import pytest

from tests.listen.far_asterisk import BY_FILE, hum, silence
from tests.phone.far_phone import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def get(server, path):
    def fetch():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, problem.read().decode()

    return await asyncio.to_thread(fetch)


async def test_health_names_the_model_and_counts_workers_and_callers(server, caller):
    status, text = await get(server, "/health")

    told = json.loads(text)
    assert status == 200
    assert told.pop("instance") == server.health().instance
    assert told == {
        "ready": True,
        "workers": 1,
        "workers_ready": 1,
        "streams": 1,
        "restarts": 0,
        "model": "tiny",
        "synthetic_only": True,
    }


async def test_health_is_bad_while_nobody_recognises(start):
    server = await start()
    os.kill(server.pool.pids[0], signal.SIGSTOP)
    await until(lambda: server.health().workers_ready == 0, 2)

    assert (await get(server, "/health"))[0] == 503
    await until(lambda: server.health().ready)


async def test_metrics_count_answers_delays_and_work(start, connect):
    server = await start()
    caller = await connect(server)
    await caller.ask("yesno", BY_FILE["02"].audio)
    await caller.ask("digits", BY_FILE["09"].audio)  # words of another question
    await caller.ask("command", silence(0.2) + BY_FILE["07"].audio, barge="1")
    await until(lambda: server.metrics.value("real_time_factor") > 0)

    status, text = await get(server, "/metrics")

    assert status == 200
    for line in (
        'ivr_listen_results_total{outcome="heard"} 1.0',
        'ivr_listen_results_total{outcome="no_match"} 1.0',
        "ivr_listen_barges_total 1.0",
        "ivr_listen_streams 1.0",
        "ivr_listen_worker_restarts_total 0.0",
        "ivr_listen_answer_seconds_count 2.0",
    ):
        assert line in text.splitlines()
    assert server.metrics.no_match_share() == 0.5
    assert 0 < server.metrics.value("real_time_factor") < 1


async def test_an_answer_is_told_soon_after_the_silence_that_ends_it(start, connect):
    server = await start()

    async def answer(name):
        caller = await connect(server)
        await caller.engine(step=BY_FILE[name].grammar, silence="500")
        await caller.listen(BY_FILE[name].audio, pace=0.02)

    await asyncio.gather(*map(answer, ("02", "04", "06", "07", "13", "14")))

    took = server.metrics.value("answer_seconds_sum") / server.metrics.value("answer_seconds_count")
    assert 0.4 < took < 0.75


async def test_other_pages_are_not_there(server):
    assert (await get(server, "/"))[0] == 404


async def test_words_of_callers_are_marked_in_the_log_and_sound_is_nowhere(server, caller, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)

    await caller.ask("digits", BY_FILE["12"].audio, silence="900")

    told = [record for record in caplog.records if record.name.startswith("ivr.listen")]
    assert told
    for record in told:
        open_values = {name: value for name, value in vars(record).items() if not name.startswith("pii.")}
        assert "ноль" not in repr(open_values)


async def test_what_was_said_is_in_no_representation_of_an_answer(server):
    from ivr.listen.aeap import Result
    from ivr.listen.answer import Heard

    assert "ноль" not in repr(Heard([("ноль", 1)], 0.5)) + repr(Result("digits", [("ноль", 1)]))


async def test_noise_without_words_is_no_match_for_the_statistics(start, connect):
    server = await start()
    caller = await connect(server)

    await caller.engine(step="digits", barge="1")
    speaking = asyncio.create_task(caller.speak(silence(0.5) + hum(0.6) + silence(3), pace=0.002))
    for _ in range(2):
        await asyncio.wait_for(caller.results.get(), 10)
    await speaking

    assert sum(server.metrics.value("results_total", outcome=o) for o in ("heard", "no_match", "empty")) == 1
