"""`ivr setup`, `ivr up`, `ivr status` and `ivr check` as a hospital runs them, and what they do when parts die."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.phone.config import PROJECT
from tests.up.instance import Instance

SOUNDS = PROJECT / "build" / "test-sounds-espeak"
"""Kept from run to run: a sound is found by what it says."""

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("up")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def hospital(folder: Path) -> Iterator[Instance]:
    """One that is set up and takes calls."""
    instance = Instance(folder / "first", SOUNDS)
    done = instance.ivr("setup")
    assert done.returncode == 0, done.stderr
    instance.up()
    try:
        instance.until_ready()
        yield instance
    finally:
        instance.end()


def test_ready_text_says_how_to_phone_and_whom_to_play(hospital):
    said = hospital.said()

    assert "Ready: calls are taken." in said
    assert f"server 127.0.0.1:{hospital.sip_port} (UDP), user patient, password " in said
    assert "dial 122" in said
    assert "ivr talk" in said
    assert "By voice      model tiny, understands synthetic voices only, not people" in said
    assert "6256410854009015" in said
    assert "12031985" in said


def test_status_and_check_find_every_part_well(hospital):
    status = hospital.ivr("status", "--json")
    check = hospital.ivr("check", "--json")

    assert status.returncode == 0
    assert {part["part"]: part["ok"] for part in json.loads(status.stdout)} == dict.fromkeys(
        ("database", "sounds", "phone", "asterisk", "speech", "site", "dialler", "notices"), True
    )
    assert [part for part in json.loads(check.stdout) if not part["ok"]] == []
    assert check.returncode == 0
    assert len(json.loads(check.stdout)) == 13
    assert f"ws://127.0.0.1:{hospital.environment['IVR_LISTEN__PORT']}/" in check.stdout
    assert "understands synthetic voices only" in status.stdout


def test_what_only_a_person_can_mend_ends_the_start(hospital, folder):
    broken = Instance(folder / "broken", SOUNDS)
    broken.environment["IVR_FOLDERS__PROMPTS"] = str(folder)

    done = broken.ivr("up")

    assert done.returncode == 2
    assert f"{folder}/specialities.toml" in done.stderr
    assert "`ivr check` may tell more" in done.stderr
    assert "Traceback" not in done.stderr
    assert broken.processes() == []


def test_the_site_says_in_one_line_what_only_a_person_can_mend(folder):
    broken = Instance(folder / "no_phrases", SOUNDS)
    broken.environment["IVR_FOLDERS__PROMPTS"] = str(folder)

    done = broken.ivr("web", "--parent", str(os.getpid()))

    assert done.returncode == 2
    assert f"{folder}/specialities.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_hospital_runs_beside_and_the_end_of_its_terminal_ends_it_alone(hospital, folder):
    beside = Instance(folder / "second", SOUNDS)
    assert beside.ivr("setup").returncode == 0
    try:
        beside.up()
        beside.until_ready()
        assert beside.takes_calls()
        assert hospital.takes_calls()

        assert beside.stop(signal.SIGHUP) == 0

        assert beside.processes() == []
        assert "Traceback" not in beside.said()
        assert not beside.takes_calls()
        assert hospital.takes_calls()
    finally:
        beside.end()


def test_a_hospital_on_the_agi_port_of_another_does_not_start_and_says_so(hospital, folder):
    beside = Instance(folder / "third", SOUNDS)
    beside.environment["IVR_AGI__PORT"] = hospital.environment["IVR_AGI__PORT"]

    up, status = beside.ivr("up"), beside.ivr("status")

    assert up.returncode == 2
    assert f"agi.port: cannot listen on 127.0.0.1:{hospital.environment['IVR_AGI__PORT']}" in up.stderr
    assert "Traceback" not in up.stderr
    assert "perhaps another installation, listens" in status.stdout
    assert hospital.takes_calls()


def test_a_second_start_in_the_same_folder_is_refused_and_disturbs_nothing(hospital):
    running = hospital.asterisk_process()

    second = hospital.ivr("up")

    assert second.returncode == 2
    assert "already runs" in second.stderr
    assert hospital.asterisk_process() == running
    assert hospital.takes_calls()


def processes_of(hospital):
    return {
        "phone": hospital.phone_process,
        "listen": hospital.listen_process,
        "asterisk": hospital.asterisk_process,
    }


@pytest.mark.parametrize("part", ["phone", "listen", "asterisk"])
def test_a_part_that_is_killed_is_started_again(hospital, part):
    process = processes_of(hospital)[part]
    killed = process()

    os.kill(killed, signal.SIGKILL)

    hospital.until("started again", lambda: process() not in (0, killed))
    hospital.until("taking calls again", hospital.takes_calls)


@pytest.mark.parametrize("part", ["phone", "listen", "asterisk"])
def test_a_part_that_hangs_is_ended_and_started_again(hospital, part):
    process = processes_of(hospital)[part]
    hung = process()

    os.kill(hung, signal.SIGSTOP)

    hospital.until("started again", lambda: process() not in (0, hung), within=30)
    hospital.until("taking calls again", hospital.takes_calls)


def test_without_a_speech_model_calls_are_taken_and_served_by_keys(folder):
    deaf = Instance(folder / "deaf", SOUNDS)
    deaf.environment["IVR_LISTEN__MODEL"] = "none-here"
    assert deaf.ivr("setup").returncode == 0
    deaf.up()
    try:
        deaf.until_ready()
        check = json.loads(deaf.ivr("check", "--json").stdout)

        assert "By voice      keys only" in deaf.said()
        assert "served by keys" in deaf.said()
        assert deaf.takes_calls()
        assert not deaf.listen_process()
        (speech,) = [part for part in check if part["part"] == "speech"]
        assert speech["ok"]
        assert speech["text"].startswith("keys only: no speech model")
    finally:
        deaf.end()


@pytest.mark.parametrize("noted", [True, False])
def test_after_ivr_up_itself_is_killed_it_can_be_started_again(hospital, noted):
    hospital.die()
    if not noted:  # killed before it could write down whom it had started
        (hospital.folder / "var/asterisk/run/started.pid").unlink()

    hospital.up()
    hospital.until_ready()

    assert hospital.phone_process()
    assert hospital.asterisk_process()
    assert "starting it again" not in hospital.said()
    assert hospital.takes_calls()
