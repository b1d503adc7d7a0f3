"""Calls that a nurse can read, played against the stories. `REFRESH=1 pytest …` writes what is heard now."""

import os
from pathlib import Path

import pytest

from ivr.dialogue.tape import key_of, read_tape

FOLDER = Path(__file__).parent / "transcripts"
TAPES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", TAPES, ids=lambda path: path.stem)
async def test_the_call_goes_as_written(path, new_world):
    tape = read_tape(path.read_text(encoding="utf-8"), name=path.name)

    with new_world(tape.setting("now")) as world:
        lines = await world.play(tape)

    if os.environ.get("REFRESH"):
        path.write_text(tape.written(lines), encoding="utf-8")
    else:
        assert [key_of(line) for line in lines] == [key_of(line) for line in tape.lines]


def test_there_are_enough_transcripts():
    assert len(TAPES) >= 60
