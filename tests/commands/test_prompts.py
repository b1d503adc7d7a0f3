"""`ivr prompts` and the words that `ivr check` looks at: those of this installation, and every fault is told."""

import asyncio
import shutil
import wave

import pytest
from typer.testing import CliRunner

from ivr.commands import check
from ivr.commands.probing import finding
from ivr.commands.prompts import prompts_app
from ivr.commands.status import look
from ivr.phone_config import phone_config_of
from ivr.settings import load_settings
from ivr.speech.wording import PROMPTS

FILES = ("phrases.ru.toml", "menus.ru.toml", "lexicon.toml", "specialities.toml")


@pytest.fixture
def prompts(tmp_path, monkeypatch):
    """A hospital's own folder of prompts, with other words in it."""
    folder = tmp_path / "prompts"
    folder.mkdir()
    for name in FILES:
        shutil.copy(PROMPTS / name, folder)
    reword(folder, "Здравствуйте", "Добро пожаловать")
    for name, place in {"PROMPTS": folder, "SOUNDS": tmp_path / "sounds", "VAR": tmp_path / "var"}.items():
        monkeypatch.setenv(f"IVR_FOLDERS__{name}", str(place))
    monkeypatch.setenv("IVR_VOICE__ENGINE", "espeak")
    monkeypatch.chdir(tmp_path)
    return folder


def reword(folder, old, new, file="phrases.ru.toml"):
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def run(*words):
    return CliRunner().invoke(prompts_app, words)


def found(part):
    settings = load_settings()
    probes = {
        "phrases": lambda: check.phrases(settings),
        "sounds": lambda: check.sounds(settings, phone_config_of(settings)),
    }
    return asyncio.run(finding(part, probes[part], within=60))


def test_the_lint_reads_the_words_of_the_settings_and_ends_with_one_where_they_are_wrong(prompts):
    assert run("lint").exit_code == 0

    reword(prompts, "Добро пожаловать", "Welcome")

    result = run("lint")
    assert result.exit_code == 1
    assert "'Welcome': write it in Russian words" in result.output
    assert "Welcome" in found("phrases").text


def test_the_script_for_a_speaker_has_the_words_of_the_settings(prompts):
    assert "Добро пожаловать" in run("script").output.replace("\u0301", "")


def test_a_phrase_is_spoken_into_a_file_that_any_player_plays(prompts):
    result = run("say", "greeting.hello")

    assert result.exit_code == 0, result.output
    assert "Добро пожаловать" in result.output
    with wave.open("greeting.hello.wav") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert 2 < file.getnframes() / 8000 < 10
        loudest = max(memoryview(file.readframes(80000)).cast("h"))
        assert 5000 < loudest < 32000


def test_menus_with_which_every_call_would_break_are_found(prompts):
    (prompts / "menus.ru.toml").write_text("")

    assert "missing menus" in found("phrases").text
    assert not found("phrases").ok


def test_a_recording_that_cannot_be_heard_is_found(prompts):
    (prompts / "recordings").mkdir()
    (prompts / "recordings" / "greeting.hello.wav").write_bytes(b"")

    assert "bad-take" in run("lint").output
    assert "greeting.hello" in found("phrases").text


@pytest.mark.parametrize("words", [("build",), ("say", "greeting.hello")], ids=" ".join)
def test_a_folder_in_which_no_sound_can_be_kept_is_told_in_one_line(prompts, tmp_path, words):
    (tmp_path / "sounds").write_text("")

    result = run(*words)

    assert result.exit_code == 1
    assert "sounds" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not found("sounds").ok
    assert not next(part for part in asyncio.run(look(load_settings())) if part.part == "sounds").ok


def test_sounds_that_nobody_has_made_are_found(prompts):
    assert "run `ivr prompts build`" in found("sounds").text
    assert not found("sounds").ok


def test_signs_that_colour_a_screen_are_nothing_but_signs(prompts):
    result = run("say", "[/foo]")

    assert result.exit_code == 1
    assert "no phrase '[/foo]'" in result.stderr


def test_days_that_are_over_cannot_be_spoken_beforehand(prompts):
    assert run("build", "--days", "-5").exit_code == 2
