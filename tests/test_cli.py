"""The commands as a person types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from ivr.cli import app

PROJECT = Path(__file__).parents[1]
TAPE = PROJECT / "tests/dialogue/transcripts/booking_happy_path.txt"


def _paths(command, path=()):
    """Every command and group, as the words that name it."""
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from _paths(child, (*path, name))


@pytest.mark.parametrize("words", list(_paths(get_command(app))), ids=" ".join)
def test_every_command_says_what_it_does(words):
    told = CliRunner().invoke(app, [*words, "--help"])

    assert told.exit_code == 0
    assert len(told.output.split()) > 10
    assert "--install-completion" not in told.output


def ivr(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "IVR_FOLDERS__VAR": str(folder), "COLUMNS": "200"}
    command = [sys.executable, "-m", "ivr.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)


def test_a_tape_is_played_and_leaves_nothing_behind(tmp_path):
    done = ivr(tmp_path, "talk", "--play", str(TAPE))

    assert (done.returncode, done.stderr) == (0, "")
    assert "as written" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_tape_that_differs_is_shown_with_its_difference(tmp_path):
    tape = tmp_path / "tape.txt"
    tape.write_text(TAPE.read_text(encoding="utf-8").replace(">> talon.address", ">> talon.parking"), encoding="utf-8")

    done = ivr(tmp_path / "var", "talk", "--play", str(tape))

    assert done.returncode == 1
    assert "->> talon.parking" in done.stdout
    assert "+>> talon.address" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("talk", "--play", "no-such-file.txt"),
        ("talk", "--caller", "not a number"),
        ("talk", "--at", "0000-00-00 00:00"),
        ("talk", "--at", "0001-01-01 00:00"),
        ("--config", "no-such-file.toml", "status"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_told_in_words_without_a_traceback(tmp_path, words):
    done = ivr(tmp_path, *words)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_whatever_any_command_logs_is_masked(tmp_path):
    program = (
        "import logging; from ivr import cli;"
        "cli.app = lambda: logging.getLogger('x').error('policy 6256410854009015'); cli.main()"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT)

    assert "policy …15" in done.stderr
    assert "6256410854009015" not in done.stderr
