"""A transcript that cannot be played is refused with its file and line."""

import pytest

from ivr.bootstrap import STORIES
from ivr.dialogue import tape
from ivr.dialogue.tape import BadTape, read_tape

FAULTS = {
    "@ nwo 2026-11-24 10:00": "unknown setting nwo",
    "@ now tomorrow": "now: 'tomorrow'",
    "@ now 0001-01-01 00:00": "now: '0001-01-01 00:00'",
    "@ now 9999-12-31 10:00": "now: '9999-12-31 10:00'",
    "@ queue abc": "queue: 'abc'",
    "@ queue -1": "queue: '-1'",
    "@ story nostory": "story: 'nostory'",
    "@ caller abc": "caller: 'abc'",
    "@ given": "given: ''",
    "<< ABC": "no telephone has the key 'A'",
    "<< (поёт)": "no telephone has the key",
    "hello": "a line begins with",
}


@pytest.mark.parametrize(("line", "told"), FAULTS.items(), ids=FAULTS)
def test_a_line_that_cannot_be_played_is_named(line, told):
    with pytest.raises(BadTape) as problem:
        read_tape(f"Title\nof two lines.\n\n@ now 2026-11-24 10:00\n{line}\n", name="a.txt")

    assert str(problem.value).startswith(f"a.txt:5: {told}")


def test_what_a_caller_can_do_is_read():
    lines = ["<< 6256 4108#", "<< *", '<< "к терапевту"', "<< (молчит)", "<< (неясно)", "<< (кладёт трубку)"]

    assert len(read_tape("Title\n\n@ queue 3\n@ story callback\n" + "\n".join(lines)).keyed) == 6


def test_a_tape_knows_the_stories_that_can_be_told():
    assert set(tape.STORIES) == set(STORIES)
